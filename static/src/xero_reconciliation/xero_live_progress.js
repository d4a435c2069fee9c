import { Component, onMounted, onWillUnmount } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const NOTIFICATION = "xero_connector.status";
/** Notifications of one piece of work arrive together. */
const BURST_MS = 400;
/** Without a websocket the server is asked now and then. */
const LOOK_MS = 15_000;

/** The progress, in percent, of something that a worker makes: the record is read anew as it goes on, and at its end. */
export class XeroLiveProgress extends Component {
    static template = "xero_connector.XeroLiveProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.bus = useService("bus_service");
        const onNotification = ({ model, ids }) => {
            const { record } = this.props;
            if (record.resModel === model && ids.includes(record.resId)) {
                this.reloadSoon(BURST_MS);
            }
        };
        onMounted(() => {
            this.bus.subscribe(NOTIFICATION, onNotification);
            this.bus.start();
            this.look = browser.setInterval(() => this.isUnderWay && this.reloadSoon(0), LOOK_MS);
        });
        onWillUnmount(() => {
            this.bus.unsubscribe(NOTIFICATION, onNotification);
            browser.clearTimeout(this.burst);
            browser.clearInterval(this.look);
        });
    }

    reloadSoon(delay) {
        this.burst ??= browser.setTimeout(async () => {
            this.burst = undefined;
            await this.props.record.load();
        }, delay);
    }

    get percent() {
        return Math.round(this.props.record.data[this.props.name] || 0);
    }

    get isUnderWay() {
        return this.percent < 100;
    }
}

registry.category("fields").add("xero_live_progress", {
    component: XeroLiveProgress,
    displayName: _t("Progress of a Worker"),
    supportedTypes: ["float", "integer"],
});
