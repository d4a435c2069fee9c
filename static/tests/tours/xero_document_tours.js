import { addTour, beforeTheWorker, inClicks, nobodyHears, openRow, rememberPage, stillSamePage, waitForStatus } from "./tour_utils";

/** Post an invoice and see it get into Xero. */
addTour("xero_post", () => [
    openRow("Tour Customer"),
    rememberPage(),
    { content: "A draft says nothing of Xero", trigger: ".o_form_statusbar:not(:has(.o_xero_status))" },
    ...beforeTheWorker({ trigger: "button[name=action_post]", run: "click" }, waitForStatus("queued")),
    waitForStatus("synced"),
    { content: "The number in Xero", trigger: ".oe_stat_button[name=action_xero_open] [name=xero_number]:contains(INV/)" },
    { content: "Sync again is offered", trigger: "button[name=action_xero_sync]" },
    stillSamePage(),
]);

/** Post an invoice before the page is on the bus: the status is right within seconds all the same. */
addTour("xero_post_unheard", () => [
    nobodyHears(),
    openRow("Tour Customer"),
    rememberPage(),
    { trigger: "button[name=action_post]", run: "click" },
    waitForStatus("synced"),
    stillSamePage(),
]);

/** Edits that are not saved survive a change of the status. */
addTour("xero_dirty_form", () => [
    openRow("Tour Customer"),
    rememberPage(),
    ...beforeTheWorker(
        { trigger: "button[name=action_xero_sync]", run: "click" },
        waitForStatus("queued"),
        { trigger: ".o_notebook .nav-link:contains(Other Info)", run: "click" },
        { trigger: "[name=ref] input", run: "edit PO 4711" },
        { content: "The form has unsaved edits", trigger: ".o_form_button_save:visible" }
    ),
    waitForStatus("synced"),
    { content: "They are still there", trigger: "[name=ref] input:value(PO 4711)" },
    { trigger: ".o_form_button_save:visible", run: "click" },
    { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
    stillSamePage(),
]);

/** Many at once from the list, whose statuses change by themselves. */
addTour("xero_list", () => [
    rememberPage(),
    { trigger: "thead .o_list_record_selector input", run: "click" },
    ...beforeTheWorker(
        { trigger: "button[name=action_xero_sync_selected]", run: "click" },
        { content: "What was left out is said", trigger: ".o_notification:contains(is a draft)" },
        waitForStatus("queued", ".o_data_row:contains(First Customer)")
    ),
    waitForStatus("synced", ".o_data_row:contains(First Customer)"),
    waitForStatus("synced", ".o_data_row:contains(Second Customer)"),
    { content: "Nothing on the draft", trigger: ".o_data_row:contains(Draft Customer):not(:has(.o_xero_status))" },
    stillSamePage(),
    { trigger: ".o_searchview_dropdown_toggler", run: "click" },
    { trigger: ".o_group_by_menu .o_menu_item:contains(Xero Status)", run: "click" },
    { trigger: ".o_group_name:contains(In Xero (2))" },
    { trigger: ".o_group_name:contains(Not synced (1))" },
    { trigger: ".o_filter_menu .o_menu_item:contains(In Xero)", run: "click" },
    { content: "The filter finds the same", trigger: "tbody:not(:has(.o_group_name:contains(Not synced)))" },
    { trigger: ".o_group_name:contains(In Xero (2))" },
]);

/** A mapping is missing: the document leads to it, and goes on by itself once it is decided. */
addTour("xero_map", () => [
    openRow("Tour Customer"),
    rememberPage(),
    { trigger: "button[name=action_xero_sync]", run: "click" },
    waitForStatus("failed"),
    { content: "The reason, in words", trigger: "[name=xero_failed] [name=xero_sync_message]:contains(Tour Income)" },
    { trigger: "[name=xero_failed] button[name=action_xero_fix]", run: "click" },
    { trigger: ".modal [name=account_id]:contains(Tour Income)" },
    { trigger: ".modal [name=xero_account_id] input", run: "edit 200" },
    { trigger: ".o-autocomplete--dropdown-item a:contains(200)", run: "click" },
    { trigger: ".modal button[name=action_confirm]", run: "click" },
    { content: "Nobody has to try again", trigger: "body:not(:has(.modal))" },
    waitForStatus("synced"),
    { trigger: ".o_form_view:not(:has([name=xero_failed]))" },
    stillSamePage(),
]);

/** Who may decide takes what is suggested: the failed document is in Xero. */
addTour("xero_failed_mine", () => [
    ...inClicks(
        3,
        { trigger: "[name=xero_failed] button[name=action_xero_fix]:contains(Fix it)", run: "click" },
        { content: "What is suggested is seen", trigger: ".modal [name=xero_account_id] input:value(200)" },
        { trigger: ".modal button[name=action_confirm]", run: "click" }
    ),
    waitForStatus("synced"),
]);

/** Who may not decide asks an accountant. */
addTour("xero_failed_ask", () => [
    ...inClicks(
        3,
        { trigger: "[name=xero_failed] button[name=action_xero_fix]:contains(Ask)", run: "click" },
        { trigger: ".modal button[name=action_ask]", run: "click" }
    ),
    { content: "Who was asked", trigger: ".o_notification:contains(was asked)" },
]);

/** The accountant who was asked decides from the to-do. */
addTour("xero_failed_asked", () => [
    ...inClicks(
        3,
        { trigger: ".o-mail-Activity a[href*='xero.mapping.account']", run: "click" },
        { content: "What is suggested is seen", trigger: "[name=xero_account_id] input:value(200)" },
        { trigger: ".o_xero_page_only[name=action_confirm]", run: "click" }
    ),
    { trigger: "[name=state]:contains(Confirmed)" },
]);

/** Xero refuses: its words are shown, the document is corrected and tried again. */
addTour("xero_retry", () => [
    openRow("Tour Customer"),
    rememberPage(),
    { trigger: "button[name=action_xero_sync]", run: "click" },
    waitForStatus("failed"),
    { trigger: "[name=xero_failed] [name=xero_sync_message]:contains(The tour is refused)" },
    { content: "What happened is kept", trigger: ".oe_stat_button[name=action_xero_history]", run: "click" },
    { trigger: ".o_data_row:contains(Not sent to Xero: ):contains(The tour is refused) td[name=summary]", run: "click" },
    { trigger: ".o_form_view [name=job_ids] .o_data_row" },
    { trigger: ".o_back_button", run: "click" },
    { trigger: ".o_list_view .o_data_row:contains(The tour is refused)" },
    { trigger: ".o_back_button:contains(INV/)", run: "click" },
    { trigger: "[name=xero_failed] button[name=action_xero_sync]", run: "click" },
    waitForStatus("synced"),
    stillSamePage(),
]);

/** A contact is sent by its button. */
addTour("xero_contact", () => [
    rememberPage(),
    ...beforeTheWorker(
        { trigger: "[name=xero] button[name=action_xero_sync]", run: "click" },
        waitForStatus("queued", "[name=xero]")
    ),
    waitForStatus("synced", "[name=xero]"),
    { trigger: ".oe_stat_button[name=action_xero_open]" },
    stillSamePage(),
]);

/** Jobs: many are tried again at once, and their states change by themselves. */
addTour("xero_jobs", () => [
    rememberPage(),
    { trigger: ".o_data_row .o_xero_status[data-value=failed]" },
    { trigger: "thead .o_list_record_selector input", run: "click" },
    ...beforeTheWorker(
        { trigger: ".o_control_panel button[name=action_retry]", run: "click" },
        waitForStatus("pending", ".o_data_row")
    ),
    waitForStatus("done", ".o_data_row"),
    stillSamePage(),
]);
