/** Steps that several tours share. */

import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { looks } from "@xero_connector/xero_status/xero_status_service";

/** A machine with other work takes its time. A step that holds waits no longer than it must. */
const STEP_MS = 60_000;

// What changes on the screen changes because the server told it: nothing is looked up while a tour runs.
looks.first = looks.rarest = 3_600_000;
looks.soon = [];

/**
 * @param {string} name
 * @param {() => Object[]} steps
 */
export function addTour(name, steps) {
    registry.category("web_tour.tours").add(name, {
        steps: () => steps().map((step) => ({ timeout: STEP_MS, ...step })),
    });
}

/** Tell the Python side of the test; see `Browser` in ui_common.py. */
function tell(word) {
    return { content: `Tell the test: ${word}`, trigger: "body", run: () => console.info(`xero test: ${word}`) };
}

/** What is seen only until a worker comes: it comes after these steps. */
export function beforeTheWorker(...steps) {
    return [
        tell("hold the worker"),
        { content: "The worker is held", trigger: "body[data-xero-worker=held]" },
        ...steps,
        tell("let the worker go on"),
    ];
}

/** The person who looks at the books in Xero does what the test has for them. */
export function somebodyActsInXero() {
    return tell("act in Xero");
}

/** What the test that started the tour knows of its books: numbers and names to find on the screen. */
export function expected() {
    return JSON.parse(decodeURIComponent(cookie.get("xero_expected") || "{}"));
}

/** The status badge of the open form, which no more than a notification of the server changes. */
export function waitForStatus(value, where = ".o_form_statusbar") {
    return {
        content: `The status becomes ${value} by itself`,
        trigger: `${where} .o_xero_status[data-value=${value}]`,
    };
}

/** What the server told before the page had its place on the bus: it is looked up. */
export function nobodyHears() {
    return { content: "Look soon", trigger: "body", run: () => void (looks.soon = [2_000, 5_000, 10_000]) };
}

/** From here on, a page that loads anew is found out by `stillSamePage`. */
export function rememberPage() {
    return {
        content: "Remember the page",
        trigger: "body",
        run: () => document.body.classList.add("o_xero_same_page"),
    };
}

export function stillSamePage() {
    return { content: "The page was not loaded anew", trigger: "body.o_xero_same_page" };
}

export function openRow(text) {
    return { content: `Open ${text}`, trigger: `.o_data_row td:contains(${text})`, run: "click" };
}

/** Remember which record is shown; `anotherRecord` waits for the next one. */
export function rememberRecord() {
    return {
        content: "Remember the record",
        trigger: ".o_form_view h1",
        run() {
            document.body.dataset.xeroRecord = this.anchor.textContent;
        },
    };
}

export function anotherRecord() {
    const isAnother = () => {
        const title = document.querySelector(".o_form_view h1");
        return title && title.textContent !== document.body.dataset.xeroRecord;
    };
    return {
        content: "The next one comes by itself",
        trigger: ".o_form_view h1",
        async run() {
            while (!isAnother()) {
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
        },
    };
}

/** So many clicks are enough for what these steps do, and no text is typed. */
export function inClicks(most, ...steps) {
    const acts = steps.filter((step) => step.run);
    if (acts.length > most || acts.some((step) => step.run !== "click")) {
        throw new Error(`More than ${most} clicks`);
    }
    return steps;
}
