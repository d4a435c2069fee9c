import { addTour, expected } from "./tour_utils";

const problem = (reason, text = "") => `[name=problem_ids] .o_data_row:contains(${reason}):contains(${text})`;
const told = (reason, count, text = "") => ({
    content: `${reason}: ${count}`,
    trigger: `${problem(reason, text)} td[name=count]:contains(${count})`,
});

/** From the list of invoices to a preview that tells each reason once, to a fix, and on to Xero. */
addTour("xero_preview", () => {
    const { account, tax, locked, currency } = expected();
    return [
        { content: "The list goes over several pages", trigger: ".o_pager_next:not(:disabled)" },
        { content: "Choose the page", trigger: "thead .o_list_record_selector input", run: "click" },
        { content: "Choose all pages", trigger: ".o_select_domain", run: "click" },
        { trigger: "button[name=action_xero_preview]", run: "click" },
        { content: "Totals of each kind", trigger: "[name=totals] tr:contains(Customer Invoice):contains(Create)" },
        { content: "What was matched is left alone", trigger: "[name=totals] tr:contains(Customer Invoice):contains(as it is), [name=totals] tr.text-muted:contains(Customer Invoice)" },
        told("Missing mapping", account, "Barter Income"),
        told("Missing mapping", tax, "Fire levy"),
        told("Locked period", locked),
        told("Text too long", ""),
        told("Currency not in Xero", currency),
        { content: "Contacts go first", trigger: "button[name=action_open_lines]:contains(Contacts)" },
        { content: "Mend it", trigger: `${problem("Missing mapping", "Barter Income")} button[name=action_fix]`, run: "click" },
        { trigger: ".modal [name=account_id]:contains(Barter Income)" },
        { trigger: ".modal [name=xero_account_id] input", run: "edit 200" },
        { trigger: ".o-autocomplete--dropdown-item a:contains(200)", run: "click" },
        { trigger: ".modal button[name=action_confirm]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: "button[name=action_again]", run: "click" },
        { content: "That problem is gone", trigger: "[name=problem_ids]:not(:has(.o_data_row:contains(Barter Income)))" },
        told("Missing mapping", tax, "Fire levy"),
        { content: "Look at what is wrong with some", trigger: `${problem("Locked period")} button[name=action_open_lines]`, run: "click" },
        { trigger: `.o_pager_limit:contains(${locked})` },
        { trigger: ".o_data_row:contains(INV/) td[name=number]", run: "click" },
        { content: "The reason, and the document as Xero shows it", trigger: ".o_xero_card:contains(Subtotal):contains(locked)" },
        { trigger: ".o_back_button", run: "click" },
        { trigger: ".o_list_view" },
        { trigger: ".o_back_button", run: "click" },
        { trigger: "button[name=action_send]", run: "click" },
        { trigger: ".o_notification:contains(queued for Xero)" },
        { content: "It says that it was sent, and by whom", trigger: ".o_xero_status[data-value=sent]" },
        { trigger: "[name=summary]:contains(Sent by)" },
        { content: "It cannot be sent again", trigger: "body:not(:has(button[name=action_send]))" },
        { trigger: "button[name=action_open_run]", run: "click" },
        { content: "What is sent can be followed", trigger: ".o_form_view [name=documents_text]:contains(finished)" },
    ];
});

/** A history from its forecast to its end, and taken back. */
addTour("xero_history", () => [
    { trigger: ".o_list_button_add", run: "click" },
    { trigger: "[name=date_from] input, button[data-field=date_from]", run: "click" },
    { trigger: "[name=date_from] input", run: "edit 02/20/2026 && press Enter" },
    { content: "The forecast", trigger: `[name=forecast_documents]:contains(${expected().documents})` },
    {
        content: "What was typed is on the screen",
        trigger: "[name=date_from]",
        run: () => {
            const input = document.querySelector("[name=date_from] input");
            if (input && !input.value) {
                throw new Error("The day that was typed is gone");
            }
        },
    },
    { trigger: "button[name=action_start]", run: "click" },
    { trigger: ".modal .btn-primary", run: "click" },
    { content: "It ends by itself", trigger: ".o_xero_status[data-value=done]" },
    { trigger: "button[name=action_undo]", run: "click" },
    { content: "What undoing does", trigger: "[name=totals] tr:contains(Void)" },
    { trigger: "button[name=action_undo]:contains(Undo Now)", run: "click" },
    { trigger: ".modal .btn-primary", run: "click" },
    { content: "It is undone", trigger: ".o_xero_status[data-value=undone]" },
]);
