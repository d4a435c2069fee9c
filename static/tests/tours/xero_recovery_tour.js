import { addTour } from "./tour_utils";

const confirm = () => ({ content: "Confirm", trigger: ".modal .modal-footer .btn-primary", run: "click" });

/** From a restored backup back to work: the question, what Xero has and Odoo lost, carried out, let go. */
addTour("xero_recovery", () => [
    { content: "Nothing is sent meanwhile", trigger: ".alert-danger:contains(Nothing is sent to Xero)" },
    { trigger: "[name=answer] label:contains(The real one)", run: "click" },
    { trigger: "[name=other] label:contains(switched off)", run: "click" },
    { trigger: "button[name=action_answer]:contains(Continue)", run: "click" },
    confirm(),
    { content: "It is read, and the page goes on by itself", trigger: ".o_arrow_button_current:contains(Decide)" },
    { content: "What was lost is listed", trigger: ".o_data_row:contains(Lost):contains(Lost Ltd)" },
    { content: "What to do with it", trigger: ".o_form_sheet p:contains(Change the decision where you disagree):visible" },
    { content: "Ids were moved on, and why", trigger: ".alert-info:contains(internal ids):contains(new ones begin behind)" },
    { trigger: "button[name=action_apply]", run: "click" },
    confirm(),
    { content: "It is done, and the page goes on by itself", trigger: ".alert-success:contains(open any more)" },
    { trigger: "button[name=action_release]", run: "click" },
    confirm(),
    { content: "The queue goes on", trigger: ".o_arrow_button_current:contains(Released)" },
    { content: "Nothing is held any more", trigger: ".o_form_view:not(:has(.alert-danger:visible))" },
]);
