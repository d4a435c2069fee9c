import { addTour } from "./tour_utils";

/** From the settings, through the guide and Xero's consent page, to a connected organisation. */
addTour("xero_connect", () => [
    { content: "The settings of Xero", trigger: ".settings_tab .tab[data-key=xero_connector]", run: "click" },
    { trigger: "button[name=action_xero_setup]:contains(Connect to Xero)", run: "click" },
    {
        content: "The address to register at Xero can be copied",
        trigger: ".modal [name=redirect_uri]:contains(/xero/oauth/callback)",
    },
    { trigger: ".modal [name=redirect_uri] .o_clipboard_button" },
    {
        content: "The client id that Xero shows",
        trigger: ".modal [name=client_id] input",
        run: "edit TOUR-APP",
    },
    { trigger: ".modal [name=client_secret] input[type=password]", run: "edit tour-app-secret" },
    {
        content: "Go to Xero. A person allows access there and comes back.",
        trigger: ".modal button[name=action_connect]",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "Two organisations: choose by name, country and currency",
        trigger: ".o_data_row:contains(Rimu Limited):contains(United States):contains(USD)",
    },
    {
        trigger: ".o_data_row:contains(Kauri Trading) button[name=action_choose]",
        run: "click",
    },
    { content: "The guide opens by itself", trigger: ".o_arrow_button_current:contains(Organisation)" },
    { trigger: ".o_form_view h1:contains(Kauri Trading)" },
    { trigger: "[name=currency_code]:contains(USD)" },
    {
        content: "The worker has counted: there is nothing to match",
        trigger: "button[name=action_start].btn-primary",
    },
    {
        content: "What is not sure is on the same page: a tax is decided by one click",
        trigger: "[name=open_taxes] .o_data_row:contains(Likely) button[name=action_confirm]",
        run(helpers) {
            this.anchor.closest(".o_data_row").dataset.decided = "here";
            return helpers.click();
        },
    },
    { content: "It is not open any more", trigger: ".o_form_view:not(:has([data-decided=here]))" },
    { trigger: "button[name=action_start]", run: "click" },
    { trigger: ".o_arrow_button_current:contains(Done)" },
    { trigger: "button[name=action_open_connection]", run: "click" },
    { trigger: ".o_arrow_button_current:contains(Connected)" },
    { trigger: ".o_form_view h1:contains(Kauri Trading)" },
]);
