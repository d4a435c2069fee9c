/**
 * Goes through screens one after the other and tells what is wrong with each. Tests load it by its module's name;
 * see the Python class of the same purpose.
 */

import { localization } from "@web/core/l10n/localization";

const PATIENCE_MS = 60_000;
const DRAWN_MS = 50;
const SETTLED_MS = 3_000;
const OWN = "[class*=o_xero]";

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const env = () => odoo.__WOWL_DEBUG__.root.env;

async function until(condition, what) {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(30)) {
        if (condition()) {
            return;
        }
    }
    throw new Error(`Waited in vain for ${what}`);
}

function describe(element) {
    const name = element.closest("[name]")?.getAttribute("name");
    return `${element.tagName}.${element.className}${name ? ` [${name}]` : ""}`.slice(0, 120);
}

const sticksOut = ({ left, right, width }) => width && (right > innerWidth + 1 || left < -1);

/** Rows of tabs and of attachments are Odoo's, and are moved by a finger. */
function isMovable(element) {
    const holder = element.closest(".o_notebook_headers, .o-mail-Chatter, .o_list_renderer, .o_statusbar_buttons, .table-responsive");
    return holder && holder.scrollWidth > holder.clientWidth && !holder.matches(".o_list_renderer");
}

function* widthTroubles() {
    if (document.documentElement.scrollWidth > innerWidth) {
        yield "the page is wider than the window";
    }
    for (const place of document.querySelectorAll(".o_content, .o_form_view_container, .o_form_sheet_bg")) {
        if (place.scrollWidth > place.clientWidth + 1 && !place.querySelector(".o_pivot, .o_graph_view")) {
            const culprit = [...place.querySelectorAll("*")].findLast((one) => sticksOut(one.getBoundingClientRect()));
            yield `${describe(place)} is ${place.scrollWidth} wide in ${place.clientWidth}: ${culprit && describe(culprit)}`;
        }
    }
    for (const element of document.querySelectorAll(`.o_action_manager ${OWN}, .o_action_manager ${OWN} *`)) {
        if (sticksOut(element.getBoundingClientRect()) && !isMovable(element)) {
            yield `${describe(element)} sticks out`;
        }
    }
}

/** Of a column nobody knows who reads half of its name; the arrow of the sorted one may cover some. */
function* headTroubles() {
    for (const head of document.querySelectorAll(".o_action_manager .o_list_renderer th[data-name] .text-truncate")) {
        if (head.scrollWidth > head.clientWidth + 1) {
            yield `the head “${head.textContent.trim()}” is cut off`;
        }
    }
}

/** On a phone, what is a list elsewhere is a row of cards. */
function* phoneTroubles() {
    for (const list of document.querySelectorAll(".o_action_manager .o_list_renderer")) {
        if (list.scrollWidth > list.clientWidth + 1) {
            yield `a list is cut off: ${describe(list)} shows ${list.clientWidth} of ${list.scrollWidth}`;
        }
    }
}

function* nameTroubles() {
    for (const button of document.querySelectorAll(`.o_action_manager ${OWN} button, .o_action_manager ${OWN} a[href]`)) {
        const name = button.textContent.trim() || button.getAttribute("aria-label") || button.title;
        if (!name && button.offsetParent) {
            yield `${describe(button)} has no name for those who cannot see it`;
        }
    }
}

/** A rule of ours that a mirrored style sheet turns round. */
function isMirrored() {
    const sheets = [...document.styleSheets].filter((sheet) => sheet.href?.includes("web.assets_web"));
    const rules = sheets.flatMap((sheet) => [...sheet.cssRules]);
    return rules.some((rule) => rule.selectorText?.includes(".o_xero_card") && rule.style.textAlign === "right");
}

async function look(screen) {
    await env().services.action.doAction(screen.action, { clearBreadcrumbs: true });
    await until(() => env().services.action.currentController, screen.name);
    await until(() => !document.querySelector(".o_loading_indicator, .o_blockUI"), `${screen.name} to be loaded`);
    await sleep(DRAWN_MS);
    // What is drawn may still move on a busy machine; what is wrong stays.
    let troubles = allTroubles();
    for (const end = Date.now() + SETTLED_MS; troubles.length && Date.now() < end; troubles = allTroubles()) {
        await sleep(DRAWN_MS);
    }
    return troubles;
}

function allTroubles() {
    return [...widthTroubles(), ...nameTroubles(), ...(env().isSmall ? phoneTroubles() : headTroubles())];
}

/**
 * @param {{name: string, action: object | string}[]} screens
 * @returns {Promise<string[]>} what is wrong
 */
export async function walk(screens) {
    const troubles = [];
    if (localization.direction === "rtl") {
        if (getComputedStyle(document.body).direction !== "rtl") {
            troubles.push("The page does not read from right to left");
        }
        if (!isMirrored()) {
            troubles.push("The style sheet is not mirrored");
        }
    }
    for (const screen of screens) {
        for (const trouble of (await look(screen)).slice(0, 3)) {
            troubles.push(`${screen.name}: ${trouble}`);
        }
    }
    return troubles;
}
