import { registry } from "@web/core/registry";
import { XeroStatusField, xeroStatusField } from "../xero_status/xero_status_field";

const LOOKS = {
    reading: { color: "text-bg-info", icon: "fa-refresh fa-spin" },
    failed: { color: "text-bg-danger", icon: "fa-exclamation-triangle" },
};

/**
 * Whether the worker still reads from Xero. What the guide has found changes with it; its step and what is chosen in it
 * belong to the person: turned by a notification while a button is at work, the page would take edits that the button's
 * own reload then throws away.
 */
export class XeroSetupReadingField extends XeroStatusField {
    makeWatcher(record) {
        return {
            ...super.makeWatcher(record),
            shows: (name) => record.fields[name].readonly,
            isUnderWay: () => this.value === "reading",
        };
    }

    get look() {
        return LOOKS[this.value];
    }

    get title() {
        return this.props.record.data.reading_reason || this.label;
    }
}

registry.category("fields").add("xero_setup_reading", {
    ...xeroStatusField,
    component: XeroSetupReadingField,
    fieldDependencies: [{ name: "reading_reason", type: "text" }],
});
