import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { XeroStatusField, xeroStatusField } from "../xero_status/xero_status_field";

const GOES = { color: "text-bg-info", icon: "fa-refresh fa-spin" };
const DONE = { color: "text-bg-success", icon: "fa-check" };
const QUIET = { color: "text-bg-light border", icon: "fa-minus-circle" };

const LOOKS = {
    draft: { color: "text-bg-light border", icon: "fa-circle-o" },
    planning: GOES,
    running: GOES,
    undoing: GOES,
    paused: { color: "text-bg-warning", icon: "fa-pause" },
    ready: DONE,
    done: DONE,
    sent: DONE,
    undone: { color: "text-bg-secondary", icon: "fa-undo" },
    cancelled: QUIET,
    stopped: QUIET,
};
const UNDER_WAY = ["planning", "running", "undoing"];

/** How far a run or a preview is. The whole form changes with it. */
export class XeroRunStateField extends XeroStatusField {
    makeWatcher(record) {
        return {
            ...super.makeWatcher(record),
            shows: () => true,
            isUnderWay: () => UNDER_WAY.includes(this.value),
        };
    }

    get isNoise() {
        return false;
    }

    get look() {
        return LOOKS[this.value];
    }

    get title() {
        return this.label;
    }
}

registry.category("fields").add("xero_run_state", {
    ...xeroStatusField,
    component: XeroRunStateField,
    displayName: _t("Xero Run State"),
    fieldDependencies: [],
});
