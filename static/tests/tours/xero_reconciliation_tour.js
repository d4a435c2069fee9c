import { registry } from "@web/core/registry";
import { rememberPage, stillSamePage } from "./tour_utils";

const DONE_MS = 20_000;

/** Reconcile, see the differences, take over one, accept another, and see the books agree. */
registry.category("web_tour.tours").add("xero_reconcile", {
    steps: () => [
        rememberPage(),
        { content: "Ask for a report", trigger: "button[name=action_reconcile]", run: "click" },
        { content: "It is made in the background", trigger: "div[name=running]:contains(Under way)" },
        { content: "It differs", trigger: "div[name=differ]:contains(2 differences)", timeout: DONE_MS },
        { trigger: ".oe_stat_button[name=action_open_differences]:contains(To Mend):contains(2)", run: "click" },
        { trigger: ".o_group_name:contains(Reference differs)", run: "click" },
        { trigger: ".o_data_row td[name=xero_value]:contains(Changed in Xero)", run: "click" },
        { content: "What it means", trigger: ".o_form_view:contains(The customer's reference is another)" },
        { trigger: "button[name=action_fetch]", run: "click" },
        { content: "The repair is queued", trigger: ".o_statusbar_status .o_arrow_button_current:contains(Repair Queued)" },
        { trigger: ".o_back_button", run: "click" },
        { trigger: ".o_group_name:contains(Missing in Odoo)", run: "click" },
        { trigger: ".o_data_row:contains(NATIVE-1) .o_list_record_selector input", run: "click" },
        { trigger: "button[name=action_ignore]", run: "click" },
        { trigger: ".modal [name=reason] input", run: "edit Entered by the auditor" },
        { trigger: ".modal button[name=action_ignore]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_back_button", run: "click" },
        { trigger: "button[name=action_again]", run: "click" },
        { content: "They agree", trigger: "div[name=agree]:contains(The books agree)", timeout: DONE_MS },
        { trigger: ".nav-link:contains(Counts and Totals)", run: "click" },
        { trigger: "[name=document_total_ids] .o_data_row:contains(Invoices)" },
        stillSamePage(),
    ],
});
