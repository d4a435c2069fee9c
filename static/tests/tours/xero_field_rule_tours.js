import { addTour, expected } from "./tour_utils";

/** From the empty list to a rule in use: an example, tried on a real invoice. */
addTour("xero_field_rule", () => [
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
]);

/** On books in use: tried on a document it is for and on one it is not for, then applied to what Xero has. */
addTour("xero_field_rule_apply", () => {
    const { empty, filled, seller, sent } = expected();
    const tryOn = (number, button) => [
        { trigger: "[name=trial_move_id] input", run: `edit ${number}` },
        { trigger: `.o-autocomplete--dropdown-item a:contains(${number})`, run: "click" },
        { trigger: `.o_form_statusbar button[name=action_try]:contains(${button})`, run: "click" },
    ];
    return [
        { trigger: ".o_view_nocontent a:contains(Salesperson as reference)", run: "click" },
        { trigger: "[name=only_empty] input", run: "click" },
        ...tryOn(filled, "Try"),
        { content: "Not for this one", trigger: ".alert-danger:contains(filled already)" },
        ...tryOn(empty, "Try"),
        { content: "For this one", trigger: `[name=trial_after]:contains(${seller})` },
        { trigger: "button[name=action_use]", run: "click" },
        { content: "What Xero has keeps it for now", trigger: `.alert-info [name=sent_count]:contains(${sent})` },
        { trigger: "button[name=action_apply]", run: "click" },
        { content: "What will happen", trigger: ".modal:contains(each as a whole) .btn-primary", run: "click" },
        { content: "A run to follow", trigger: ".o_xero_status[data-value=done]" },
    ];
});
