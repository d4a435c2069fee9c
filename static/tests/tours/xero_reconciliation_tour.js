import { addTour, beforeTheWorker, expected, rememberPage, stillSamePage } from "./tour_utils";

const group = (kind) => `.o_group_name:contains(${kind})`;

/** Reconcile, see the differences by kind, take over one, accept another, and see that they are gone. */
addTour("xero_reconcile", () => [
    rememberPage(),
    ...beforeTheWorker(
        { content: "Ask for a report", trigger: "button[name=action_reconcile]", run: "click" },
        { content: "It is made in the background", trigger: "div[name=running]:contains(Under way)" }
    ),
    { content: "It differs", trigger: "div[name=differ]:contains(differences)" },
    { trigger: ".oe_stat_button[name=action_open_differences]:contains(To Fix)", run: "click" },
    { content: "What two hands have typed differently", trigger: group("Name differs") },
    { trigger: group("Tax number differs") },
    { trigger: group("Archived on one side") },
    { trigger: group("Missing in Odoo") },
    { trigger: group("Reference differs (1)"), run: "click" },
    { trigger: `.o_data_row:contains(${expected().number}) td[name=xero_value]:contains(Changed in Xero)`, run: "click" },
    { content: "What it means", trigger: ".o_form_view:contains(The customer's reference is another)" },
    ...beforeTheWorker(
        { trigger: "button[name=action_fetch]", run: "click" },
        { content: "The repair is queued", trigger: ".o_statusbar_status .o_arrow_button_current:contains(Fix Queued)" }
    ),
    { trigger: ".o_back_button", run: "click" },
    { trigger: group("Archived on one side"), run: "click" },
    { trigger: ".o_data_row:contains(Archived) .o_list_record_selector input", run: "click" },
    { trigger: "button[name=action_ignore]", run: "click" },
    { trigger: ".modal [name=reason] input", run: "edit Closed down" },
    { trigger: ".modal button[name=action_ignore]", run: "click" },
    { trigger: "body:not(:has(.modal))" },
    { trigger: ".o_back_button", run: "click" },
    ...beforeTheWorker({ trigger: "button[name=action_again]", run: "click" }, { trigger: "div[name=running]" }),
    { content: "The new report", trigger: "div[name=differ]:contains(differences)" },
    { trigger: ".nav-link:contains(Counts and Totals)", run: "click" },
    { trigger: "[name=document_total_ids] .o_data_row:contains(Invoices)" },
    { trigger: ".oe_stat_button[name=action_open_differences]:contains(To Fix)", run: "click" },
    { content: "What was mended is not told again", trigger: `.o_list_view:has(${group("Name differs")}):not(:has(${group("Reference differs")}))` },
    stillSamePage(),
]);
