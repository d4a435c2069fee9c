import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** From the list of invoices to a preview with a problem, to its fix, and on to Xero. */
tours.add("xero_preview", {
    steps: () => [
        { content: "Choose all", trigger: "thead .o_list_record_selector input", run: "click" },
        { trigger: "button[name=action_xero_preview]", run: "click" },
        { content: "What is wrong is told once", trigger: "[name=problem_ids] .o_data_row:contains(Missing mapping):contains(Tour Income)" },
        { content: "Totals of each kind", trigger: "[name=totals] tr:contains(Customer Invoice):contains(Create)" },
        { content: "Contacts go first", trigger: "button[name=action_open_lines]:contains(Needed First)" },
        { content: "Mend it", trigger: "[name=problem_ids] .o_data_row:contains(Tour Income) button[name=action_fix]", run: "click" },
        { trigger: ".modal [name=account_id]:contains(Tour Income)" },
        { trigger: ".modal [name=xero_account_id] input", run: "edit 200" },
        { trigger: ".o-autocomplete--dropdown-item a:contains(200)", run: "click" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: "button[name=action_again]", run: "click" },
        { content: "The problem is gone", trigger: "[name=summary]:contains(No problem)" },
        { content: "Look at one as Xero shows it", trigger: "[name=line_ids] .o_data_row:contains(Customer Invoice):contains(First Customer) [name=number]", run: "click" },
        { trigger: ".o_xero_card:contains(Line 1):contains(Subtotal)" },
        { trigger: ".modal .btn-close", run: "click" },
        { trigger: "button[name=action_send]", run: "click" },
        { trigger: ".o_notification:contains(queued for Xero)" },
    ],
});

/** A history from its forecast to its end, and taken back. */
tours.add("xero_history", {
    steps: () => [
        { trigger: ".o_list_button_add", run: "click" },
        { trigger: "[name=date_from] input, button[data-field=date_from]", run: "click" },
        { trigger: "[name=date_from] input", run: "edit 01/01/2024 && press Tab" },
        { content: "The forecast", trigger: "[name=forecast_documents]:contains(2)" },
        { trigger: "button[name=action_start]", run: "click" },
        { trigger: ".modal .btn-primary", run: "click" },
        { content: "It ends by itself", trigger: ".o_xero_status[data-value=done]", timeout: 20000 },
        { trigger: "button[name=action_undo]", run: "click" },
        { content: "What undoing does", trigger: "[name=totals] tr:contains(Void)" },
        { trigger: "button[name=action_undo]:contains(Undo Now)", run: "click" },
        { trigger: ".modal .btn-primary", run: "click" },
        { content: "It is undone", trigger: ".o_xero_status[data-value=undone]", timeout: 20000 },
    ],
});
