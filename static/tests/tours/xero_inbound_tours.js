import { registry } from "@web/core/registry";
import { openRow, OPEN_MOVE_MS, rememberPage, stillSamePage, waitForStatus } from "./tour_utils";

const tours = registry.category("web_tour.tours");

function waitFor(content, trigger) {
    return { content, trigger, timeout: OPEN_MOVE_MS };
}

/** Somebody pays in Xero while the invoice is open here. */
tours.add("xero_paid_in_xero", {
    steps: () => [
        openRow("Tour Customer"),
        rememberPage(),
        waitForStatus("synced"),
        { content: "Nothing is paid yet", trigger: ".o_form_view:not(:has(.ribbon:visible))" },
        waitFor("The ribbon comes by itself", ".o_form_view .ribbon:contains(Paid)"),
        waitFor("So does the payment", "[name=invoice_payments_widget]:contains(Paid on)"),
        { content: "Nothing is left to be paid", trigger: ".o_form_view:not(:has(button[name=action_register_payment]:visible))" },
        waitForStatus("synced"),
        stillSamePage(),
    ],
});

/** The same while the invoice is being edited. */
tours.add("xero_paid_while_editing", {
    steps: () => [
        openRow("Tour Customer"),
        rememberPage(),
        { trigger: ".o_notebook .nav-link:contains(Other Info)", run: "click" },
        { trigger: "[name=ref] input", run: "edit PO 4711" },
        { content: "The form has unsaved edits", trigger: ".o_form_button_save:visible" },
        waitFor("The ribbon comes by itself", ".o_form_view .ribbon:contains(Paid)"),
        { content: "The edits are still there", trigger: "[name=ref] input:value(PO 4711)" },
        { trigger: ".o_form_button_save:visible", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
        stillSamePage(),
    ],
});

/** Lines that change in Xero change on the open form too. */
tours.add("xero_edited_in_xero", {
    steps: () => [
        openRow("Tour Customer"),
        rememberPage(),
        waitForStatus("synced"),
        waitFor("The line is Xero's", "[name=invoice_line_ids] .o_data_row:contains(Renamed in Xero)"),
        { content: "So is the total", trigger: "[name=tax_totals]:contains(150.00)" },
        stillSamePage(),
    ],
});

/** From the document to the review, field by field, and back. */
tours.add("xero_conflict", {
    steps: () => [
        waitForStatus("conflict"),
        { trigger: "[name=xero_conflict] button[name=action_xero_conflict]", run: "click" },
        { content: "The reason, in words", trigger: ".alert:contains(changed in Odoo and in Xero)" },
        {
            content: "What was agreed and what each side holds",
            trigger: ".o_data_row:contains(Reference):contains(Agreed):contains(Of Odoo):contains(Of Xero)",
        },
        {
            content: "What only Xero changed is to be taken over",
            trigger: ".o_data_row:contains(Due date) button[name=action_choose_xero]:disabled",
        },
        { trigger: ".o_data_row:contains(Reference) button[name=action_choose_xero]", run: "click" },
        { content: "The preview follows", trigger: "[name=preview]:contains(Changed in Odoo: Due date, Reference)" },
        { trigger: ".o_data_row:contains(Reference) button[name=action_choose_odoo]", run: "click" },
        { content: "The preview follows", trigger: "[name=preview]:contains(Sent to Xero: Reference)" },
        { trigger: "button[name=action_settle]", run: "click" },
        { content: "It is settled, and by whom", trigger: ".o_arrow_button_current:contains(Settled)" },
        { trigger: "[name=settled_by_id]:contains(xero_accountant)" },
        { trigger: "button[name=action_open_record]", run: "click" },
        waitForStatus("synced"),
        { trigger: ".o_form_view:not(:has([name=xero_conflict]))" },
    ],
});
