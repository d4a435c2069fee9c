import { addTour, anotherRecord, beforeTheWorker, expected, rememberRecord } from "./tour_utils";

const verdict = (name, count) => `button[name=action_open_verdict]:contains(${name}):contains(${count})`;

/** Counts on the tiles, sure ones at once, a doubtful one side by side, and the documents; nothing is sent. */
addTour("xero_match", () => {
    const { sure, likely, doubtful } = expected();
    return [
        ...beforeTheWorker(
            { content: "Begin on the connection", trigger: "button[name=action_match]", run: "click" },
            { content: "Xero is read", trigger: ".o_form_view:contains(Xero is being read)" }
        ),
        {
            content: "The page shows by itself that both sides are compared",
            trigger: "button[name=action_confirm_sure]",
        },
        { trigger: ".o_form_view:contains(Step 1 of 2)" },
        { trigger: verdict("Likely", likely) },
        { trigger: verdict("Doubtful", doubtful) },
        { content: "Look at the sure ones", trigger: verdict("Sure", sure), run: "click" },
        { content: "All of them, and why", trigger: `.o_pager_limit:contains(${sure})` },
        { trigger: ".o_data_row td[name=reason_text]:contains(tax number)" },
        { content: "Back", trigger: ".o_back_button", run: "click" },
        { content: "Link them", trigger: "button[name=action_confirm_sure]", run: "click" },
        {
            content: "The count rises by itself",
            trigger: `.oe_stat_button[name=action_open_linked]:contains(${sure})`,
        },
        { content: "The doubtful ones", trigger: verdict("Doubtful", doubtful), run: "click" },
        { trigger: ".o_data_row td[name=reason_text]:contains(Others fit as well)", run: "click" },
        { content: "Side by side", trigger: ".o_xero_match_table tr:contains(Name)" },
        { content: "And why", trigger: "[name=reason_list]:contains(Others fit as well)" },
        { content: "Who else it may be", trigger: "button[name=action_search]", run: "click" },
        { trigger: ".modal .o_data_row button[name=action_match_choose]" },
        { trigger: ".modal .btn-close", run: "click" },
        rememberRecord(),
        { content: "It is the one", trigger: "body:not(:has(.modal)) button[name=action_link]", run: "click" },
        anotherRecord(),
        {
            content: "Back to the matching",
            trigger: ".o_back_button",
            async run() {
                while (!document.querySelector(".oe_stat_button[name=action_open_linked]")) {
                    document.querySelector(".o_back_button")?.click();
                    await new Promise((resolve) => setTimeout(resolve, 1000));
                }
            },
        },
        {
            trigger: `.oe_stat_button[name=action_open_linked]:contains(${sure + 1})`,
        },
        { content: "On to the documents", trigger: "button[name=action_next]", run: "click" },
        { trigger: ".o_form_view:contains(Step 2 of 2) button[name=action_confirm_sure]" },
        { trigger: "button[name=action_confirm_sure]", run: "click" },
        { content: "None is left that is sure", trigger: "button[name=action_done].btn-primary" },
        { content: "All are linked", trigger: ".o_form_view:not(:contains(are being linked))" },
        { content: "Finish", trigger: "button[name=action_done]", run: "click" },
        { trigger: ".modal .modal-footer .btn-primary", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Done)" },
    ];
});
