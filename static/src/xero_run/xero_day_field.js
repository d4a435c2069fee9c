import { useEffect } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { DateTimeField, dateField } from "@web/views/fields/datetime/datetime_field";

/** A day that is typed and ended with Enter: Odoo's own field shows what was there before where the server is asked about the change. */
export class XeroDayField extends DateTimeField {
    setup() {
        super.setup();
        useEffect(
            () => {
                this.state.value = this.getRecordValue();
            },
            () => [this.getRecordValue()?.valueOf()]
        );
    }
}

registry.category("fields").add("xero_day", { ...dateField, component: XeroDayField });
