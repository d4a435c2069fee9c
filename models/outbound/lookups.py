"""What Xero holds already: looked up when a number or a name is taken, and when the answer to a call was lost."""

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.awaited import element_key, record_key
from ...mappers.document.canonical import DocumentState
from ...mappers.text import named
from ...xero_api import codec, shape
from ...xero_api.elements import rows
from ..link.xero_link import GONE_STATUSES
from ..queue.failure import Failure

# Xero keeps idempotency keys for 6 minutes. Inside that time the same bytes under the same key cannot be saved twice,
# even when the first call is still on its way; after it, no call is on its way any more.
REPLAY_WITHIN = timedelta(minutes=5)
# Clocks differ: look back further than the call.
LOOK_BACK = timedelta(minutes=15)
# Lists of these leave out archived contacts, and what belongs to them, unless asked.
HIDES_ARCHIVED = ("Contacts", "Invoices")


class XeroExporter(models.AbstractModel):
    _inherit = "xero.exporter"

    def _resolve_duplicates(self, drain, mapper, duplicates) -> None:
        """Look up who holds the numbers or names, all together, and settle each refused element alone.

        :param duplicates: ``(item, payload, messages)`` of each, as :meth:`_save_results` returned them
        """
        if not duplicates:
            return
        found = self._namesakes(drain.client, mapper, self._looked_for(drain.connection, mapper, duplicates))
        for (item, payload, messages), candidates in zip(duplicates, found, strict=True):
            drain.transaction(self._resolve_duplicate, drain, mapper, item, payload, messages, candidates)

    def _looked_for(self, connection, mapper, duplicates) -> list[dict]:
        """Return what was sent of each of ``duplicates``, updates with what tells them from others: they may say
        little.
        """
        links = self.env["xero.link"]._map(
            connection, mapper._xero_type, mapper._odoo_model, [item.res_id for item, _payload, _messages in duplicates]
        )
        found = []
        for item, payload, _messages in duplicates:
            base = DocumentState.load(links[item.res_id].base_state) if item.res_id in links else DocumentState()
            found.append({"Type": base.type, "Date": base.date, **payload} if base.type else payload)
        return found

    def _resolve_duplicate(self, drain, mapper, item, payload, messages, candidates) -> None:
        """Settle the job of what Xero refused because its number or name is taken.

        :param item: of the stored call, with its ``payload``
        :param messages: what Xero said
        :param candidates: Xero's elements that have its number, mark or name
        """
        drain.record_calls()
        connection = drain.connection
        own = (payload.get(mapper._xero_id_field) or "").lower()
        candidates = [element for element in candidates if element[mapper._xero_id_field].lower() != own]
        if own:
            self._resolve_taken(connection, mapper, item, payload, messages, candidates)
            return
        living = self._unlinked(connection, mapper, self._marked(mapper, item, payload, candidates))
        same = [
            element
            for element in living
            if mapper._is_same(element, payload) and self._is_as_sent(connection, mapper, item, payload, element)
        ]
        if same:
            self._adopt_element(connection, mapper, item, same[0])
        elif living:
            self._meet_own_past(connection, mapper, item, living[0])
        else:
            self._resolve_taken(connection, mapper, item, payload, messages, candidates)

    def _marked(self, mapper, item, payload, candidates) -> list[dict]:
        return [element for element in candidates if mapper._bears_mark(element, item.res_id, payload)]

    def _resolve_taken(self, connection, mapper, item, payload, messages, candidates) -> None:
        """Settle the job when none of ``candidates`` is what was sent, nor ours; as :meth:`_resolve_duplicate`.

        :param messages: what Xero said
        :param candidates: Xero's elements that have its number, mark or name, gone ones included
        """
        marked = self._marked(mapper, item, payload, candidates)
        if (
            self._are_gone(mapper, marked)
            or self._is_kept_by_ours(connection, mapper, item, payload, candidates)
            or self._is_kept_by_dead(connection, mapper, payload, candidates)
        ):
            self._renumber(connection, mapper, item)
        else:
            failure = self._number_taken(connection, mapper, item, payload, messages, candidates)
            self._runner._fail({item.job_id: failure})

    def _is_as_sent(self, connection, mapper, item, payload, element) -> bool:
        """Whether ``element``, which bears the mark of our record, is what ``payload`` says: a mark alone may be that
        of a record which had the id before a backup was restored.

        It is, where the payload has no lines or the type no importer: the mapper looked at the rest.
        """
        inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        if inbound is None or "LineItems" not in payload:
            return True
        ours = inbound._canonical_payload(connection, self.env["xero.link"], payload, item.total)
        return DocumentState.load(ours).same_content(DocumentState.load(inbound._canonical(element)))

    def _meet_own_past(self, connection, mapper, item, element) -> None:
        """Xero holds another record with the number and mark of this one: say so and change nothing there."""
        contact, total = self._told_by(element)
        reason = self.env["xero.reason"]._(
            "Xero already has %(number)s from this Odoo, for something else: %(contact)s, total %(total)s. That "
            "happens when a backup of this database was restored. Nothing was changed in Xero. Give this record "
            "another number, or have Xero read for what Odoo lost (Xero > Configuration > Connections).",
            number=named(element.get(mapper._xero_number_field)) or "?",
            contact=named(contact) or "?",
            total=total,
        )
        fix = {"model": mapper._odoo_model, "res_id": item.res_id}
        self._runner._fail({item.job_id: Failure("duplicate", reason, fix)})

    def _told_by(self, element) -> tuple:
        """Return whose ``element`` is and what it comes to, for people: the name and the total, each ``None`` where it
        has none.
        """
        return (element.get("Contact") or {}).get("Name"), element.get("Total")

    def _are_gone(self, mapper, elements) -> bool:
        """Whether there are ``elements``, and every one was voided or deleted."""
        return bool(elements) and all(element.get(mapper._xero_status_field) in GONE_STATUSES for element in elements)

    def _is_kept_by_ours(self, connection, mapper, item, payload, candidates) -> bool:
        """Whether the number is that of the document that the record was before it was voided or deleted in Xero.

        It bears no mark, or not the present content; and a look-up by day does not find one that had another.
        """
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, [item.res_id])
        link = links.get(item.res_id)
        if not (link and link.xero_id) or link._is_alive():
            return False
        if not candidates:
            return link.xero_number == payload.get(mapper._xero_number_field)
        return any(element[mapper._xero_id_field].lower() == link.xero_id.lower() for element in candidates)

    def _is_kept_by_dead(self, connection, mapper, payload, candidates) -> bool:
        """Whether the number is that of another document of this database, which is gone in Xero: Odoo gives the number
        of the last one that was deleted to the next.
        """
        number = payload.get(mapper._xero_number_field)
        if not number or not all(element.get(mapper._xero_status_field) in GONE_STATUSES for element in candidates):
            return False
        return bool(
            self.env["xero.link"].search_count(
                [
                    ("connection_id", "=", connection.id),
                    ("xero_type", "=", mapper._xero_type),
                    ("xero_number", "=", number),
                    ("xero_status", "in", GONE_STATUSES),
                ],
                limit=1,
            )
        )

    def _adopt_element(self, connection, mapper, item, element) -> None:
        """Link ``element``, which bears our mark or is the one that is meant.

        :param item: whose record it is, with its job running
        """
        failures = self._save_links(connection, mapper, [(item, element)])
        self._runner._fail(failures)
        self._runner._finish([item.job_id] if not failures else [])

    def _renumber(self, connection, mapper, item) -> None:
        """Our own voided document keeps its number in Xero: the new one gets the next revision of Odoo's."""
        self._runner._finish_superseded([item.job_id])
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, [item.res_id])
        plain = self._plain_number(links.get(item.res_id), item.number or "")
        self.env["xero.link"]._save(
            [
                {
                    "connection_id": connection.id,
                    "company_id": item.company_id,
                    "xero_type": mapper._xero_type,
                    "res_model": mapper._odoo_model,
                    "res_id": item.res_id,
                    "state": "to_sync",
                }
            ]
        )
        self.env.cr.execute(
            SQL(
                """UPDATE xero_link SET from_xero = FALSE, revision_of = %s,
                          revision = CASE WHEN COALESCE(revision_of, %s) = %s THEN COALESCE(revision, 0) + 1 ELSE 1 END
                    WHERE connection_id = %s AND xero_type = %s AND res_model = %s AND res_id = %s""",
                plain,
                plain,
                plain,
                connection.id,
                mapper._xero_type,
                mapper._odoo_model,
                item.res_id,
            )
        )
        self._runner._fail(
            {
                item.job_id: Failure(
                    "duplicate",
                    self.env["xero.reason"]._("Number used by a voided document; sending the next revision."),
                    None,
                    "pending",
                )
            }
        )

    def _plain_number(self, link, number: str) -> str:
        """Return ``number`` without the revision of ``link``, where it bears that."""
        plain = number.removesuffix(f"-R{link.revision}") if link and link.revision else number
        return plain if not link or link.revision_of in (False, plain) else number

    def _number_taken(self, connection, mapper, item, payload, messages, candidates) -> Failure:
        """Return the failure of a number that somebody else has; it waits for that one to change."""
        number = payload.get(mapper._xero_number_field)
        if not candidates:
            return self._refusal(messages)
        other, fix = candidates[0], {"model": mapper._odoo_model, "res_id": item.res_id}
        waits = [element_key(mapper._xero_type, other[mapper._xero_id_field])]
        ours = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("xero_type", "=", mapper._xero_type),
                ("xero_id", "=", other[mapper._xero_id_field]),
            ]
        )
        waits += [record_key(link.res_model, link.res_id) for link in ours]
        return Failure(
            "duplicate",
            self.env["xero.reason"]._(
                "Xero already has a document numbered %(number)s, made elsewhere: %(contact)s, total "
                "%(total)s, %(status)s. "
                "Change the number of one of them, then sync again.",
                number=named(number),
                contact=named((other.get("Contact") or {}).get("Name")) or "?",
                total=other.get("Total"),
                status=other.get("Status"),
            ),
            fix,
            waits=tuple(waits),
        )

    # === WHO HAS IT === #

    def _namesakes(self, client, mapper, payloads) -> list[list[dict]]:
        """Return for each of ``payloads``, as sent, the elements of Xero that have its number, mark or name; few calls
        for all of them together.

        :return: lists in the order of ``payloads``; what is found for one may be among those of another too
        :raise XeroError: Xero could not be read
        """
        return [self._rows_of(client, mapper, mapper._lookup_params([payload])) for payload in payloads]

    def _rows_of(self, client, mapper, params) -> list[dict]:
        """Return the elements that calls with ``params`` find, as far as they can be read.

        :param params: query parameters by name, one dict for each call
        :raise XeroError: Xero could not be read
        """
        size = self.env["xero.reader"]._page_size()
        return [
            element
            for param in params
            for answer in client.pages(mapper._xero_resource, params=param, page_size=size)
            for element in shape.readable(mapper._xero_type, rows(answer.data, mapper._xero_resource))
        ]

    def _resolve(self, drain, batch) -> bool:
        """Settle ``batch``, a call of this type whose answer was lost.

        One of the last five minutes that Xero did not answer is repeated under its key, which Xero keeps for six and
        saves nothing twice under (Xero: Idempotency).

        :return: whether all that it sent is in Xero
        :raise XeroError: it could not be looked up, or stays unknown
        """
        resolve = self._resolve_creation if batch.method == "PUT" else self._resolve_update
        return resolve(drain, batch)

    def _resolve_update(self, drain, batch) -> bool:
        """Repeat an update under its key: its answer is what Xero holds, else our own change looks like another's.

        A call too old for that, or answered with an error, is over: what Xero saved of it is adopted, and the other
        jobs send the records' present state.
        """
        if self._may_replay(batch):
            self._replay(drain, batch)
            return True
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        found = self._find_updated(drain, mapper, batch)
        drain.transaction(self._adopt, drain, mapper, batch, found)
        return len(found) == len(batch.items)

    def _find_updated(self, drain, mapper, batch) -> dict:
        """Look for the updates of ``batch`` that Xero has saved; one call for forty.

        :return: Xero's elements, by id of the record
        """
        connection, inbound = drain.connection, self.env["xero.inbound"]._for_type(batch.xero_type)
        items = {item.res_id: item for item in self._items(batch)}
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, items)
        of_xero = {link.xero_id: link for link in links.values() if link.xero_id and link.base_state}
        if inbound is None or not of_xero:
            return {}
        payloads = dict(zip(items, codec.loads(batch.body)[batch.resource], strict=True))
        found = {}
        for element in self._read_current(drain, inbound, list(of_xero)):
            link = of_xero.get(element[inbound._id_field])
            if link and inbound._is_saved(connection, link, element, payloads[link.res_id], items[link.res_id].total):
                found[link.res_id] = element
        return found

    def _resolve_creation(self, drain, batch) -> bool:
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        found = self._find_created(drain, mapper, batch)
        missing = len(found) < len(batch.items)
        if missing and self._may_replay(batch):
            self._replay(drain, batch)
            return True
        drain.transaction(self._adopt, drain, mapper, batch, found)
        return not missing

    def _may_replay(self, batch) -> bool:
        """A call that was answered by Xero, be it with an error, is over. Another may still be saving.

        Its age is by our clock, or by that of the server that made it: where they differ the key may be forgotten.
        """
        age = fields.Datetime.now() - batch.started_at
        return not batch.answered and timedelta(0) <= age < REPLAY_WITHIN

    def _replay(self, drain, batch):
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        drain.transaction(self._touch_batch, batch)
        self._call(drain, mapper, batch, batch.body.encode(), replay=True)

    def _touch_batch(self, batch):
        batch.write({"state": "sent", "resolve_after": False})

    def _find_created(self, drain, mapper, batch) -> dict:
        """Look for what Xero has of ``batch``: made since the call began, bearing our mark, not linked yet.

        One that says something else was edited since, when it bears the signature that was sent: a bill would stand
        there twice.

        They are looked for by their time of change, with a margin: Xero cannot be asked for a mark.

        :return: Xero's elements, by id of the record
        """
        payloads = codec.loads(batch.body)[mapper._xero_resource]
        sent = dict(zip((item.res_id for item in self._items(batch)), payloads, strict=True))
        found, edited = {}, {}
        params = {"includeArchived": "true"} if mapper._xero_resource in HIDES_ARCHIVED else {}
        # By Xero's clock.
        since = batch.started_at - LOOK_BACK + timedelta(seconds=drain.connection.clock_offset or 0)
        for answer in drain.client.pages(mapper._xero_resource, params=params, modified_since=since):
            # What is odd in one of ours must not hide it: it would be made twice.
            shown = shape.readable(mapper._xero_type, rows(answer.data, mapper._xero_resource), mapper._xero_id_field)
            for element in self._unlinked(drain.connection, mapper, shown):
                for res_id, payload in sent.items():
                    if res_id not in found and mapper._marker_matches(element, res_id, payload):
                        found[res_id] = element
                        break
                    if mapper._bears_signature(element, res_id, payload):
                        edited[res_id] = element
        return {**edited, **found}

    def _unlinked(self, connection, mapper, elements) -> list[dict]:
        """Return those of Xero's living ``elements`` that stand for no record yet; one query.

        :param elements: of the mapper's type, with ids
        """
        linked = set(
            self.env["xero.link"]
            .search(
                [
                    ("connection_id", "=", connection.id),
                    ("xero_type", "=", mapper._xero_type),
                    ("xero_id", "in", [element[mapper._xero_id_field] for element in elements]),
                ]
            )
            .mapped("xero_id")
        )
        return [
            element
            for element in elements
            if element[mapper._xero_id_field] not in linked
            and element.get(mapper._xero_status_field) not in GONE_STATUSES
        ]

    def _adopt(self, drain, mapper, batch, found):
        """Link what is there; the rest of the batch goes back to the queue.

        :param found: Xero's elements, by id of the record
        """
        items = self._items(batch)
        saved = [(item, found[item.res_id]) for item in items if item.res_id in found]
        failures = self._save_links(drain.connection, mapper, saved, made=True)
        batch.write({"state": "done", "body": False})
        drain.record_calls(batch)
        self._runner._fail(failures)
        self._runner._finish([item.job_id for item, _element in saved if item.job_id not in failures])
        left = [item.job_id for item in items if item.res_id not in found and item.job_id]
        self._runner._set_aside(left, alone=len(items) == 1)
        self._runner._finish_or_requeue(SQL("batch_id = %s AND state = 'running'", batch.id))
        self._follow(drain.connection, [item for item, _element in saved], True)
