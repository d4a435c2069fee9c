import { registry } from "@web/core/registry";
import { openRow } from "./tour_utils";

const WORK_MS = 30_000;

/** A matching on messy books: sure ones at once, a doubtful one side by side, another one chosen from what Xero has. */
registry.category("web_tour.tours").add("xero_match", {
    steps: () => [
        { content: "Begin on the connection", trigger: "button[name=action_match]", run: "click" },
        { content: "Xero is read", trigger: ".o_form_view:contains(Xero is being read)" },
        {
            content: "The page shows by itself that both sides are compared",
            trigger: "button[name=action_confirm_sure]",
            timeout: WORK_MS,
        },
        { trigger: ".o_form_view:contains(Step 1 of 2)" },
        { content: "Look at the sure ones", trigger: "button[name=action_open_verdict]:contains(Sure)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Alpine Timber)" },
        { content: "Back", trigger: ".o_back_button", run: "click" },
        { content: "Link them", trigger: "button[name=action_confirm_sure]", run: "click" },
        {
            content: "The count rises by itself",
            trigger: ".oe_stat_button[name=action_open_linked]:contains(2)",
            timeout: WORK_MS,
        },
        { content: "The doubtful ones", trigger: "button[name=action_open_verdict]:contains(Doubtful)", run: "click" },
        openRow("Harbour Foods"),
        { content: "Side by side", trigger: ".o_xero_match_table tr.table-warning:contains(Tax number)" },
        { content: "And why", trigger: "[name=reason_list]:contains(The tax numbers differ)" },
        { content: "They are not the same", trigger: "button[name=action_search]", run: "click" },
        { trigger: ".modal .o_data_row:contains(Harbour Seafoods)" },
        {
            content: "The other one is it",
            trigger: ".modal .o_data_row:contains(Harbour Seafoods) button[name=action_match_choose]",
            run: "click",
        },
        { trigger: ".o_form_view:not(:has(.modal)) .o_xero_match_table:contains(Harbour Seafoods)" },
        { trigger: "button[name=action_link]", run: "click" },
        {
            content: "Nothing doubtful is left: back on the matching",
            trigger: ".oe_stat_button[name=action_open_linked]:contains(3)",
            timeout: WORK_MS,
        },
        { content: "On to the documents", trigger: "button[name=action_next]", run: "click" },
        { trigger: ".o_form_view:contains(Step 2 of 2) button[name=action_confirm_sure]", timeout: WORK_MS },
        { trigger: "button[name=action_confirm_sure]", run: "click" },
        { trigger: ".oe_stat_button[name=action_open_linked]:contains(4)", timeout: WORK_MS },
        { content: "Finish", trigger: "button[name=action_done]", run: "click" },
        { trigger: ".modal .modal-footer .btn-primary", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Done)" },
    ],
});
