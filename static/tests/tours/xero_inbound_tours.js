import { addTour, openRow, rememberPage, somebodyActsInXero, stillSamePage, waitForStatus } from "./tour_utils";

/** Somebody pays in Xero while the invoice is open here. */
addTour("xero_paid_in_xero", () => [
    openRow("Tour Customer"),
    rememberPage(),
    waitForStatus("synced"),
    { content: "Nothing is paid yet", trigger: ".o_form_view:not(:has(.ribbon:visible))" },
    somebodyActsInXero(),
    { content: "The ribbon comes by itself", trigger: ".o_form_view .ribbon:contains(Paid)" },
    { content: "So does the payment", trigger: "[name=invoice_payments_widget]:contains(Paid on)" },
    { content: "Nothing is left to be paid", trigger: ".o_form_view:not(:has(button[name=action_register_payment]:visible))" },
    waitForStatus("synced"),
    stillSamePage(),
]);

/** The same while the invoice is being edited. */
addTour("xero_paid_while_editing", () => [
    openRow("Tour Customer"),
    rememberPage(),
    { trigger: ".o_notebook .nav-link:contains(Other Info)", run: "click" },
    { trigger: "[name=ref] input", run: "edit PO 4711" },
    { content: "The form has unsaved edits", trigger: ".o_form_button_save:visible" },
    somebodyActsInXero(),
    { content: "The ribbon comes by itself", trigger: ".o_form_view .ribbon:contains(Paid)" },
    { content: "The edits are still there", trigger: "[name=ref] input:value(PO 4711)" },
    { trigger: ".o_form_button_save:visible", run: "click" },
    { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
    stillSamePage(),
]);

/** Lines that change in Xero change on the open form too. */
addTour("xero_edited_in_xero", () => [
    openRow("Tour Customer"),
    rememberPage(),
    waitForStatus("synced"),
    somebodyActsInXero(),
    { content: "The line is Xero's", trigger: "[name=invoice_line_ids] .o_data_row:contains(Renamed in Xero)" },
    { content: "So is the total", trigger: "[name=tax_totals]:contains(150.00)" },
    stillSamePage(),
]);

/** From the document to the review, field by field, and back. */
addTour("xero_conflict", () => [
    waitForStatus("conflict"),
    { trigger: "[name=xero_conflict] button[name=action_xero_conflict]", run: "click" },
    { content: "The reason, in words", trigger: ".alert:contains(changed in Odoo and in Xero)" },
    {
        content: "What was agreed and what each side holds",
        trigger: ".o_data_row:contains(Reference):contains(Agreed):contains(Of Odoo):contains(Of Xero)",
    },
    {
        content: "What only Xero changed is to be imported",
        trigger: ".o_data_row:contains(Due date) button[name=action_choose_xero].btn-primary",
    },
    { trigger: ".o_data_row:contains(Reference) button[name=action_choose_xero]", run: "click" },
    { content: "The preview follows", trigger: "[name=preview]:contains(Changed in Odoo: Due date, Reference)" },
    { trigger: ".o_data_row:contains(Reference) button[name=action_choose_odoo]", run: "click" },
    { content: "The preview follows", trigger: "[name=preview]:contains(Sent to Xero: Reference)" },
    { trigger: "button[name=action_settle]", run: "click" },
    { content: "It is settled, and by whom", trigger: ".o_arrow_button_current:contains(Resolved)" },
    { trigger: "[name=settled_by_id]:contains(xero_accountant)" },
    { trigger: "button[name=action_open_record]", run: "click" },
    waitForStatus("synced"),
    { trigger: ".o_form_view:not(:has([name=xero_conflict]))" },
]);
