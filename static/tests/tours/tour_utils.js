/** Steps that several tours share. */

import { cookie } from "@web/core/browser/cookie";

export const OPEN_MOVE_MS = 10_000;

/** What the test that started the tour knows of its books: numbers and names to find on the screen. */
export function expected() {
    return JSON.parse(decodeURIComponent(cookie.get("xero_expected") || "{}"));
}

/** The status badge of the open form. A look-up without notification comes after 20 seconds only: too late for this. */
export function waitForStatus(value, where = ".o_form_statusbar") {
    return {
        content: `The status becomes ${value} by itself`,
        trigger: `${where} .o_xero_status[data-value=${value}]`,
        timeout: OPEN_MOVE_MS,
    };
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
