import { addTour, expected, rememberPage, stillSamePage } from "./tour_utils";

const trouble = (topic, level) => `.o_xero_health [data-topic=${topic}][data-level=${level}]`;

/** A troubled connection: what is wrong is read, opened, mended, and gone without loading the page anew. */
addTour("xero_health", () => [
    rememberPage(),
    { content: "The worst is said first", trigger: ".o_xero_health header [data-level=broken]:contains(Broken)" },
    { trigger: `.o_xero_health [data-topic=failures]:contains(Failed jobs that wait for a person: ${expected().failed}.)` },
    { trigger: `${trouble("connection", "attention")}:contains(Paused until)` },
    { trigger: `${trouble("scopes", "broken")}:contains(payments and credits)` },
    { content: "Each flow against its schedule", trigger: ".o_xero_health [data-flow=contacts_in][data-level=broken]" },
    { content: "Charts are drawn", trigger: ".o_xero_health [name=usage] canvas" },
    { content: "and can be read", trigger: ".o_xero_health [name=documents] summary:contains(As a table)", run: "click" },
    { trigger: ".o_xero_health [name=documents] th:contains(Documents to Xero)" },
    { content: "The pause is lifted", trigger: `${trouble("connection", "attention")} button[name=resume]`, run: "click" },
    { trigger: ".o_xero_health:not(:has([data-topic=connection][data-level=attention]))" },
    { content: "A reason leads to its jobs", trigger: ".o_xero_health [data-reason=mapping] button[name=open_reason]", run: "click" },
    { trigger: ".o_list_view .o_data_row:nth-child(2)" },
    { content: "only to those", trigger: `.o_pager_limit:contains(${expected().mapping})` },
    { trigger: ".o_back_button", run: "click" },
    { content: "Retry all of a reason", trigger: ".o_xero_health [data-reason=mapping] button[name=retry_reason]", run: "click" },
    { trigger: `.o_notification:contains(${expected().mapping} jobs are tried again)` },
    { content: "The worker reads", trigger: `${trouble("silence", "broken")} button[name=read]`, run: "click" },
    { trigger: ".o_notification:contains(Xero is being read)" },
    stillSamePage(),
]);

/** Nothing is connected: the page leads to the guide. */
addTour("xero_health_empty", () => [
    { trigger: ".o_xero_health .o_view_nocontent_smiling_face:contains(No company is connected)" },
    { trigger: ".o_xero_health button[name=setup]", run: "click" },
    { trigger: ".modal [name=client_id] input" },
]);
