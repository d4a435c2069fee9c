import { Component, onMounted, onWillDestroy, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDate, deserializeDateTime, formatDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { XeroHealthChart } from "./xero_health_chart";

const { DateTime } = luxon;
const NOTIFICATION = "xero_connector.status";
/** Notifications of a running drain come one after the other: read once for many. */
const BURST_MS = 3_000;
/** Pauses, polls and time itself are announced by nobody. */
const TICK_MS = 60_000;

/** Never the colour alone: each level has a sign and a word, too. */
const LOOKS = {
    ok: { icon: "fa-check-circle", text: "text-success", badge: "text-bg-success" },
    attention: { icon: "fa-exclamation-triangle", text: "text-warning", badge: "text-bg-warning" },
    broken: { icon: "fa-times-circle", text: "text-danger", badge: "text-bg-danger" },
};
const FLOW_ICONS = { out: "fa-arrow-up", in: "fa-arrow-down" };

export class XeroHealth extends Component {
    static template = "xero_connector.XeroHealth";
    static components = { Layout, XeroHealthChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.ui = useService("ui");
        this.bus = useService("bus_service");
        this.state = useState({ connections: [], levels: {}, flows: {}, isManager: false, readAt: undefined, busy: false });
        this.reading = 0;
        this.onNotification = () => this.readSoon();
        this.bus.subscribe(NOTIFICATION, this.onNotification);
        this.bus.start();
        this.tick = browser.setInterval(() => this.readQuietly(), TICK_MS);
        onMounted(() => this.read());
        useBus(this.env.bus, "ACTION_MANAGER:UI-UPDATED", () => this.readSoon(200));
        onWillDestroy(() => {
            this.bus.unsubscribe(NOTIFICATION, this.onNotification);
            browser.clearInterval(this.tick);
            browser.clearTimeout(this.burst);
        });
    }

    // === READING === //

    async read(orm = this.orm) {
        const reading = ++this.reading;
        const health = await orm.call("xero.health", "get_page", []);
        if (reading !== this.reading) {
            return; // A later one was begun meanwhile and says more.
        }
        Object.assign(this.state, {
            connections: health.connections,
            levels: health.levels,
            flows: health.flows,
            isManager: health.is_manager,
            readAt: DateTime.now(),
        });
    }

    /** What is on the screen stays when the server cannot be reached; the next tick tries again. */
    async readQuietly() {
        if (document.hidden) {
            return;
        }
        try {
            await this.read(this.orm.silent);
        } catch {
            return;
        }
    }

    readSoon(delay = BURST_MS) {
        if (!this.burst) {
            this.burst = browser.setTimeout(() => {
                this.burst = undefined;
                this.readQuietly();
            }, delay);
        }
    }

    // === ACTING === //

    /** Show a list of the connection's, or have the server do it; args go after the connections' ids. */
    async run(connection, { window, model, method }, args = []) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            const result = window || (await this.orm.call(model, method, [[connection.id], ...args]));
            if (result && typeof result !== "boolean") {
                await this.action.doAction(result, {
                    additionalContext: window ? { search_default_connection_id: connection.id } : {},
                    onClose: () => this.readQuietly(),
                });
            }
            this.readQuietly();
        } finally {
            this.state.busy = false;
        }
    }

    openConnection(connection) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "xero.connection",
            res_id: connection.id,
            views: [[false, "form"]],
        });
    }

    openSetup() {
        return this.action.doAction("xero_connector.action_xero_setup_wizard");
    }

    openLog(connection) {
        return this.action.doAction("xero_connector.action_xero_log", {
            viewType: "graph",
            additionalContext: { search_default_connection_id: connection.id },
        });
    }

    // === SHOWING === //

    look(level) {
        return LOOKS[level];
    }

    levelName(level) {
        return this.state.levels[level];
    }

    troubles(connection) {
        const of = (level) => connection.checks.filter((check) => check.level === level);
        return [...of("broken"), ...of("attention")];
    }

    quiet(connection) {
        return connection.checks.filter((check) => check.level === "ok");
    }

    /** Of the last reconciliation; its own words say the rest. */
    bookLook(books) {
        return this.look({ agree: "ok", waiting: "attention" }[books.verdict] || "broken");
    }

    flowIcon(flow) {
        return FLOW_ICONS[flow.name.endsWith("_out") ? "out" : "in"];
    }

    ago(value) {
        return value ? deserializeDateTime(value).toRelative() : _t("Never");
    }

    exact(value) {
        return value ? formatDateTime(deserializeDateTime(value)) : "";
    }

    moment(value) {
        return value ? toLocaleDateTimeString(deserializeDateTime(value)) : "";
    }

    usedPercent(usage) {
        return Math.round((100 * usage.used) / usage.limit);
    }

    expectedPercent(usage) {
        return Math.max(0, Math.round((100 * usage.expected) / usage.limit) - this.usedPercent(usage));
    }

    callSeries({ calls }) {
        const limit = { name: _t("An even share of the day's limit"), values: calls.values.map(() => calls.limit), isLimit: true };
        return [{ name: _t("Calls"), values: calls.values }, ...(calls.limit ? [limit] : [])];
    }

    queueSeries({ queue }) {
        return [{ name: _t("Waiting or failed"), values: queue.values }];
    }

    documentSeries({ documents }) {
        return Object.entries(documents.series).map(([flow, values]) => ({ name: this.state.flows[flow], values }));
    }

    dayLabels({ documents }) {
        return documents.labels.map((day) => deserializeDate(day).toLocaleString({ day: "numeric", month: "short" }));
    }

    failureSeries(connection) {
        return [{ name: _t("Failed jobs"), values: connection.failures.map((failure) => failure.count) }];
    }

    failureLabels(connection) {
        return connection.failures.map((failure) => failure.label);
    }
}

registry.category("actions").add("xero_connector.health", XeroHealth);
