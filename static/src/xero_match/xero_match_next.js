import { registry } from "@web/core/registry";

/** Shows the next pair in the place of the one that was decided: the way back stays as short as it was. */
registry.category("actions").add("xero_connector.match_next", (env, { params }) =>
    env.services.action.doAction(params.action, { stackPosition: "replaceCurrentAction" })
);
