import { registry } from "@web/core/registry";
import { StatusBarField, statusBarField } from "@web/views/fields/statusbar/statusbar_field";

/** The steps of the guide, with a tick before those that need nobody any more. */
export class XeroSetupStepsField extends StatusBarField {
    getAllItems() {
        const finished = this.props.record.data.finished_steps || [];
        return super
            .getAllItems()
            .map((item) => (finished.includes(item.value) ? { ...item, label: `✓ ${item.label}` } : item));
    }
}

registry.category("fields").add("xero_setup_steps", {
    ...statusBarField,
    component: XeroSetupStepsField,
    fieldDependencies: [{ name: "finished_steps", type: "json" }],
});
