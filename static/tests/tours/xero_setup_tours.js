import { rpc } from "@web/core/network/rpc";
import { addTour, expected, rememberPage, stillSamePage } from "./tour_utils";

function isAt(step) {
    return { content: `The guide is at ${step}`, trigger: `.o_arrow_button_current:contains(${step})` };
}

function next() {
    return { trigger: "[name=navigation] button[name=action_next]", run: "click" };
}

function call(method, args, kwargs = {}) {
    return rpc(`/web/dataset/call_kw/xero.setup/${method}`, { model: "xero.setup", method, args, kwargs });
}

/** Another person turns the page and sends what waits; the worker's notification brings the news here. */
async function actElsewhere() {
    const ids = await call("search", [[["step", "=", "scope"]]]);
    await call("write", [ids, { step: "mapping", sync_refunds: false }]);
    await call("action_release", [ids]);
    await call("action_read_again", [ids]);
}

/** Every step of the guide on seeded books, with a decision in each; left once and taken up again. */
addTour("xero_guide", () => [
    isAt("Organisation"),
    rememberPage(),
    {
        content: "What the worker found out shows by itself",
        trigger: "[name=multi_currency]:contains(Allowed)",
    },
    {
        content: "Xero holds something: matching comes first",
        trigger: `[name=filled]:contains(${expected().contacts} contacts):contains(${expected().documents} invoices)`,
    },
    { trigger: "button[name=action_hold].btn-primary" },
    { content: "Facts in words", trigger: "[name=timezone_name]:contains(New Zealand Time)" },
    { trigger: "button[name=action_next]:contains(Go Step by Step)", run: "click" },
    isAt("Chart of Accounts"),
    { trigger: "button[name=action_read_again]", run: "click" },
    { content: "The worker has read", trigger: "button[name=action_read_again]" },
    next(),
    isAt("Mapping"),
    { content: "How certain they are", trigger: "[name=account_summary]:contains(Doubtful)" },
    { trigger: "button[name=action_open_account]:contains(Decide)", run: "click" },
    { content: "By how certain they are, and open", trigger: ".o_group_name:contains(Doubtful)" },
    { trigger: ".o_data_row:contains(Barter):contains(260) button[name=action_confirm]", run: "click" },
    { content: "It waits no more", trigger: ".o_list_view:not(:has(.o_data_row:contains(Barter)))" },
    { trigger: ".o_back_button", run: "click" },
    isAt("Mapping"),
    { content: "Or as a spreadsheet", trigger: "button[name=action_import]:first", run: "click" },
    { trigger: ".o_import_action a[href^='/web/export/xlsx']:contains(present mappings)" },
    { trigger: ".o_control_panel button:contains(Cancel)", run: "click" },
    isAt("Mapping"),
    next(),
    isAt("Payments"),
    { trigger: "[name=journal_mapping_ids] .o_data_row td[name=direction]", run: "click" },
    {
        trigger: "[name=journal_mapping_ids] .o_selected_row [name=direction] input, [name=journal_mapping_ids] .o_selected_row [name=direction] select",
        run() {
            this.anchor.tagName === "SELECT"
                ? ((this.anchor.value = '"none"'), this.anchor.dispatchEvent(new Event("change", { bubbles: true })))
                : this.anchor.click();
        },
    },
    next(),
    isAt("What to Sync"),
    { trigger: "[name=sync_bills] input:checked", run: "click" },
    { content: "It stays as it was set", trigger: "[name=sync_bills] input:not(:checked)" },
    { content: "Begun step by step, documents wait", trigger: "[name=hold]:contains(Documents wait)", run: actElsewhere },
    { content: "What was found arrives", trigger: ".o_form_view:not(:has([name=hold]))" },
    { content: "Nobody else turns the page", trigger: ".o_arrow_button_current:contains(What to Sync)" },
    { content: "Nor undoes a choice", trigger: "[name=sync_refunds] input:checked" },
    { trigger: "[name=sync_bills] input:not(:checked)", run: () => call("search", [[]]).then((ids) => call("write", [ids, { step: "scope", sync_refunds: true }])) },
    next(),
    isAt("Match"),
    { trigger: `[name=match] [name=xero_contact_count]:contains(${expected().contacts})` },
    { trigger: "[name=navigation] button[name=action_back]", run: "click" },
    isAt("What to Sync"),
    { content: "A step can be jumped to", trigger: ".o_arrow_button:contains(Alerts)", run: "click" },
    isAt("Alerts"),
    next(),
    isAt("Instant Updates"),
    { content: "How soon changes arrive without it", trigger: "[name=arrival_text]:contains(within 30 minutes)" },
    { trigger: "[name=webhook_url] .o_clipboard_button" },
    { trigger: "[name=webhook_key] input[type=password]", run: "edit the key that Xero shows" },
    { trigger: "button[name=action_store_webhook_key]", run: "click" },
    { content: "What to do next", trigger: "[name=webhook_text]:contains(Intent to receive)" },
    next(),
    isAt("Done"),
    { content: "What is behind one is ticked", trigger: ".o_arrow_button:contains(✓ Payments)" },
    { trigger: "button[name=action_finish]", run: "click" },
    { trigger: "button[name=action_new_invoice]" },
    stillSamePage(),
]);

/** Two books in use: documents wait, the guide is left, and the person sends them after all. */
addTour("xero_guide_hold", () => [
    { trigger: "button[name=action_hold]", run: "click" },
    isAt("Match"),
    { trigger: "[name=hold]:contains(Documents wait)" },
    { trigger: ".o_navbar_apps_menu button", run: "click" },
    { trigger: ".o_app[data-menu-xmlid='xero_connector.menu_xero']", run: "click" },
    { trigger: "button[data-menu-xmlid='xero_connector.menu_xero_configuration']", run: "click" },
    { trigger: ".dropdown-item[data-menu-xmlid='xero_connector.menu_xero_setup']", run: "click" },
    isAt("Match"),
    { content: "To the end", trigger: ".o_arrow_button:contains(Done)", run: "click" },
    { content: "Sending unmatched is a decision", trigger: "[name=asks_to_send]" },
    { trigger: "button[name=action_finish]:contains(Finish and Send)" },
    { trigger: "button[name=action_finish_waiting]", run: "click" },
    { content: "Finished, and still waiting", trigger: "[name=done] li:contains(What you post waits)" },
    { trigger: "[name=hold] button[name=action_release]", run: "click" },
    { trigger: ".modal button:contains(Ok)", run: "click" },
    { trigger: ".o_form_view:not(:has([name=hold]))" },
]);
