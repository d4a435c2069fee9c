import { registry } from "@web/core/registry";

/** From the empty list to a rule in use: an example, tried on a real invoice. */
registry.category("web_tour.tours").add("xero_field_rule", {
    steps: () => [
        { content: "Examples to start with", trigger: ".o_view_nocontent a:contains(Salesperson as reference)", run: "click" },
        { content: "It says in words what it does", trigger: "[name=summary]:contains(Salesperson › Name)" },
        { content: "It does nothing yet", trigger: ".alert-warning:contains(does nothing yet)" },
        { trigger: "[name=trial_move_id] input", run: "edit INV" },
        { trigger: ".o-autocomplete--dropdown-item a:contains(INV)", run: "click" },
        { trigger: "button[name=action_try]", run: "click" },
        { content: "Before", trigger: "[name=trial_before]:contains(PO 4711)" },
        { content: "After", trigger: "[name=trial_after]:contains(Sam Seller)" },
        { trigger: "button[name=action_use]", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(In use)" },
        { content: "A change of what it does takes it out of use", trigger: "[name=only_empty] input", run: "click" },
        { trigger: ".o_form_button_save:visible", run: "click" },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Not tried)" },
        { trigger: "button[name=action_try]", run: "click" },
        { content: "Why it does nothing here", trigger: ".alert-danger:contains(filled already)" },
    ],
});
