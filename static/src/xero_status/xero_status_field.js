import { Component, toRaw, useEffect } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const WAITS = { color: "text-bg-info", icon: "fa-clock-o" };
const GOES = { color: "text-bg-info", icon: "fa-refresh fa-spin" };
const FAILED = { color: "text-bg-danger", icon: "fa-exclamation-triangle" };
const QUIET = { color: "text-bg-light border", icon: "fa-minus-circle" };

/** How each status of a record, of a job and of a link looks. */
const LOOKS = {
    not_synced: { color: "text-bg-light border", icon: "fa-circle-o" },
    queued: WAITS,
    to_sync: WAITS,
    pending: WAITS,
    sending: GOES,
    running: GOES,
    synced: { color: "text-bg-success", icon: "fa-check" },
    done: { color: "text-bg-success", icon: "fa-check" },
    failed: FAILED,
    error: FAILED,
    dead: { color: "text-bg-danger", icon: "fa-ban" },
    draft: { color: "text-bg-warning", icon: "fa-pencil" },
    left_open: { color: "text-bg-warning", icon: "fa-adjust" },
    conflict: { color: "text-bg-warning", icon: "fa-code-fork" },
    blocked: { color: "text-bg-warning", icon: "fa-hourglass-half" },
    gone: { color: "text-bg-light border", icon: "fa-ban" },
    cancelled: QUIET,
    ignored: QUIET,
};
/** What happens in Xero changes these too; they are shown even under edits. */
const MOVED_BY_XERO = ["state", "payment_state", "status_in_payment", "amount_residual", "invoice_payments_widget"];
const UNDER_WAY = ["queued", "sending", "pending", "running", "blocked"];

/** The Xero status as a badge that changes by itself. */
export class XeroStatusField extends Component {
    static template = "xero_connector.XeroStatusField";
    static props = { ...standardFieldProps };

    setup() {
        this.xeroStatus = useService("xero_status");
        useEffect(
            (record) => (record.resId ? this.xeroStatus.watch(this.makeWatcher(record)) : undefined),
            // What a person has just set going is watched anew.
            () => [this.props.record, this.value]
        );
    }

    makeWatcher(record) {
        return {
            record,
            subject: () => ({ model: record.resModel, id: record.resId }),
            shows: (name) => name.startsWith("xero_") || MOVED_BY_XERO.includes(name),
            isUnderWay: () => UNDER_WAY.includes(record.data[this.props.name]),
        };
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get look() {
        return this.isNoise ? undefined : LOOKS[this.value];
    }

    /** A draft, or a document that is not to be synced: saying "Not synced" would only disturb. */
    get isNoise() {
        return this.value === "not_synced" && !this.props.record.data.xero_can_sync;
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        return Object.fromEntries(selection)[this.value];
    }

    get title() {
        return this.props.record.data.xero_sync_message || this.label;
    }

    /** Told to screen readers as it changes, but not from every row of a list. */
    get role() {
        const { record } = this.props;
        return toRaw(record.model.root) === toRaw(record) ? "status" : undefined;
    }
}

export const xeroStatusField = {
    component: XeroStatusField,
    displayName: _t("Xero Status"),
    supportedTypes: ["selection"],
    fieldDependencies: [
        { name: "xero_can_sync", type: "boolean" },
        { name: "xero_sync_message", type: "text" },
    ],
};

registry.category("fields").add("xero_status", xeroStatusField);

/** The state of a job: it changes with the record that the job is about, so the view must hold `res_id`. */
export class XeroJobStateField extends XeroStatusField {
    makeWatcher(record) {
        return {
            ...super.makeWatcher(record),
            subject: () => ({ model: record.data.res_model, id: this.subjectId(record.data.res_id) }),
            shows: () => true,
        };
    }

    subjectId(reference) {
        return reference?.resId ?? reference;
    }

    get isNoise() {
        return false;
    }

    get title() {
        return this.props.record.data.failure_detail || this.label;
    }
}

registry.category("fields").add("xero_job_state", {
    ...xeroStatusField,
    component: XeroJobStateField,
    displayName: _t("Xero Job State"),
    fieldDependencies: [
        { name: "res_model", type: "char" },
        { name: "failure_detail", type: "text" },
    ],
});
