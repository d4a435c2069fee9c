import { toRaw } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { getFieldsSpec } from "@web/model/relational_model/utils";

const NOTIFICATION = "xero_connector.status";
/** Notifications of one batch of documents arrive together: read once for all of them. */
const BURST_MS = 200;
/**
 * What is under way is looked up, ever more rarely: milliseconds. Soon at first, because what happens before the page
 * has its place on the bus is heard by nobody; later for the sake of those whose proxy blocks the websocket.
 */
export const looks = { soon: [2_000, 5_000, 10_000], first: 20_000, rarest: 300_000 };
const TO_MANY = ["one2many", "many2many"];

/**
 * @typedef {Object} Watcher
 * @property {import("@web/model/relational_model/record").Record} record the record on the screen
 * @property {() => {model: string, id: number}} subject what notifications name: the synced record
 * @property {(name: string) => boolean} shows which of the record's fields tell the status
 * @property {() => boolean} isUnderWay whether the status shown will change by itself
 * @property {boolean} [stale] whether the record itself was changed by what happened in Xero
 */

/**
 * Keeps the Xero status of every record on the screen up to date.
 *
 * Only the fields of the status are read again and put under the user's edits, so that a form that is being edited, a
 * selection in a list or the place one has scrolled to is never lost. A form without edits whose record was changed by
 * what happened in Xero is read anew as a whole, lines included.
 */
export const xeroStatusService = {
    dependencies: ["bus_service", "orm"],

    start(env, { bus_service: bus, orm }) {
        const watchers = new Set();
        const concerned = new Set();
        let burst, look;
        let looked = 0;

        function onNotification({ model, ids, changed }) {
            // The bus works: no hurry.
            looked = looks.soon.length;
            for (const watcher of watchers) {
                const subject = watcher.subject();
                if (subject.model === model && ids.includes(subject.id)) {
                    watcher.stale ||= changed;
                    concerned.add(watcher);
                }
            }
            if (concerned.size && !burst) {
                burst = browser.setTimeout(refreshConcerned, BURST_MS);
            }
        }

        async function refreshConcerned() {
            burst = undefined;
            const here = [...concerned];
            concerned.clear();
            const reloaded = await Promise.all(here.map(reload));
            // Records of one view share what they read.
            const rest = here.filter((_watcher, index) => !reloaded[index]);
            await Promise.all([...Map.groupBy(rest, (watcher) => watcher.record.activeFields).values()].map(refresh));
            lookLater();
        }

        /** Read a stale form anew; false where there is no form, or it holds edits. */
        async function reload(watcher) {
            const { record, stale } = watcher;
            watcher.stale = false;
            if (!stale || !isRoot(record) || (await record.isDirty()) || !watchers.has(watcher)) {
                return false;
            }
            try {
                await record.load();
            } catch {
                return false; // Gone, or the server is.
            }
            reloadThread(record);
            return true;
        }

        function isRoot(record) {
            return toRaw(record.model.root) === toRaw(record);
        }

        function reloadThread(record) {
            env.bus.trigger("MAIL:RELOAD-THREAD", { model: record.resModel, id: record.resId });
        }

        async function refresh(group) {
            const { record, shows } = group[0];
            const names = Object.keys(record.activeFields).filter(
                (name) => shows(name) && !TO_MANY.includes(record.fields[name].type)
            );
            const activeFields = Object.fromEntries(names.map((name) => [name, record.activeFields[name]]));
            const ids = [...new Set(group.map((watcher) => watcher.record.resId))];
            let rows;
            try {
                rows = await orm.silent.webRead(record.resModel, ids, {
                    context: record.context,
                    specification: getFieldsSpec(activeFields, record.fields, record.evalContext),
                });
            } catch {
                return; // Gone, or the server is: the next notification or look finds out.
            }
            const valuesOf = new Map(rows.map((row) => [row.id, row]));
            await record.model.mutex.exec(() => group.forEach((watcher) => put(watcher, valuesOf)));
        }

        function put(watcher, valuesOf) {
            const { record } = watcher;
            const values = valuesOf.get(record.resId);
            if (!values || !watchers.has(watcher)) {
                return;
            }
            record._applyValues(values);
            if (isRoot(record)) {
                reloadThread(record);
            }
        }

        function delay() {
            const more = looked - looks.soon.length;
            return more < 0 ? looks.soon[looked] : Math.min(looks.first * 2 ** more, looks.rarest);
        }

        function lookSoon() {
            browser.clearTimeout(look);
            look = undefined;
            looked = 0;
            lookLater();
        }

        function lookLater() {
            if (look || ![...watchers].some((watcher) => watcher.isUnderWay())) {
                return;
            }
            look = browser.setTimeout(() => {
                look = undefined;
                looked++;
                [...watchers].filter((watcher) => watcher.isUnderWay()).forEach((watcher) => concerned.add(watcher));
                refreshConcerned();
            }, delay());
        }

        bus.subscribe(NOTIFICATION, onNotification);
        bus.start();

        return {
            /**
             * @param {Watcher} watcher
             * @returns {() => void} to call when the record leaves the screen
             */
            watch(watcher) {
                watchers.add(watcher);
                if (watcher.isUnderWay()) {
                    lookSoon();
                }
                return () => {
                    watchers.delete(watcher);
                    concerned.delete(watcher);
                };
            },
        };
    },
};

registry.category("services").add("xero_status", xeroStatusService);
