/* global Chart */

import { Component, onWillStart, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, hexToRGBA } from "@web/core/colors/colors";
import { localization } from "@web/core/l10n/localization";

/** Blue, orange, purple: told apart by people who see few colours, too. The legend and the table name each. */
const SERIES_COLORS = [0, 3, 4];

/**
 * A small chart of Odoo's own Chart.js, with the same numbers as a table for those who cannot or will not look.
 */
export class XeroHealthChart extends Component {
    static template = "xero_connector.XeroHealthChart";
    static props = {
        title: String,
        labels: { type: Array, element: String },
        /** Each: name, values, and whether it is a dashed line above the bars. */
        series: { type: Array, element: Object },
        type: { type: String, optional: true },
        horizontal: { type: Boolean, optional: true },
    };
    static defaultProps = { type: "bar", horizontal: false };

    setup() {
        this.canvasRef = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [JSON.stringify([this.props.labels, this.props.series])]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get isEmpty() {
        return !this.props.series.some((series) => !series.isLimit && series.values.some(Boolean));
    }

    get columns() {
        return this.props.series.map((series) => series.name);
    }

    get summary() {
        const main = this.props.series.find((series) => !series.isLimit);
        return `${this.props.title}: ${main.name} ${main.values.at(-1) ?? 0}`;
    }

    draw() {
        this.chart?.destroy();
        this.chart = undefined;
        if (this.canvasRef.el) {
            this.chart = new Chart(this.canvasRef.el, this.config);
        }
    }

    get config() {
        const scheme = cookie.get("color_scheme");
        // As the page really is: the cookie asks for dark colours even where the web client has none.
        const text = getComputedStyle(this.canvasRef.el).color;
        const grid = text.replace(/^rgb\((.*)\)$/, "rgba($1, .12)");
        const isRtl = localization.direction === "rtl";
        const [values, words] = this.props.horizontal ? ["x", "y"] : ["y", "x"];
        const stacked = this.props.type === "bar";
        return {
            type: this.props.type,
            data: {
                labels: this.props.labels,
                datasets: this.props.series.map((series, index) => this.dataset(series, index, scheme, text)),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                indexAxis: words,
                interaction: { mode: "index", intersect: false, axis: words },
                plugins: {
                    legend: {
                        display: this.props.series.length > 1,
                        position: "bottom",
                        rtl: isRtl,
                        labels: { color: text, boxWidth: 12 },
                    },
                    tooltip: { rtl: isRtl },
                },
                scales: {
                    [values]: {
                        stacked,
                        beginAtZero: true,
                        reverse: isRtl && this.props.horizontal,
                        position: !this.props.horizontal && isRtl ? "right" : undefined,
                        ticks: { color: text, precision: 0, maxTicksLimit: 5 },
                        grid: { color: grid },
                    },
                    [words]: {
                        stacked,
                        reverse: isRtl && !this.props.horizontal,
                        position: this.props.horizontal && isRtl ? "right" : undefined,
                        ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 },
                        grid: { display: false },
                    },
                },
            },
        };
    }

    dataset(series, index, scheme, text) {
        if (series.isLimit) {
            return {
                type: "line",
                label: series.name,
                data: series.values,
                borderColor: text,
                borderDash: [6, 4],
                borderWidth: 1.5,
                pointRadius: 0,
            };
        }
        const color = getColor(SERIES_COLORS[index % SERIES_COLORS.length], scheme, "sm");
        return {
            label: series.name,
            data: series.values,
            backgroundColor: this.props.type === "line" ? hexToRGBA(color, 0.25) : color,
            borderColor: color,
            borderWidth: this.props.type === "line" ? 2 : 0,
            fill: this.props.type === "line",
            pointRadius: 0,
            tension: 0.2,
            maxBarThickness: 28,
        };
    }
}
