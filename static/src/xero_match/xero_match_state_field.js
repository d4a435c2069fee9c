import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { XeroStatusField } from "../xero_status/xero_status_field";

const UNDER_WAY = ["reading", "scoring", "undoing"];

/** Shows nothing: it reads the matching anew when the worker has got further. */
export class XeroMatchStateField extends XeroStatusField {
    makeWatcher(record) {
        return {
            ...super.makeWatcher(record),
            shows: (name) => name !== "differences",
            isUnderWay: () => UNDER_WAY.includes(record.data[this.props.name]) || record.data.waiting_count > 0,
        };
    }

    get isNoise() {
        return true;
    }
}

registry.category("fields").add("xero_match_state", {
    component: XeroMatchStateField,
    displayName: _t("Progress of a Xero Matching"),
    supportedTypes: ["selection"],
    fieldDependencies: [{ name: "waiting_count", type: "integer" }],
});
