"""Settling a disagreement: some fields from Odoo, some from Xero."""

from dataclasses import replace
from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError

from ...mappers.contact.merge import PEOPLE, as_there, disputed, element_of, sheet
from ...mappers.contact.people import Person
from ...mappers.document.both_sides import NOBODY, agreed_rows, names_of
from ...mappers.document.canonical import DocumentState, changed_fields, payload_element
from ...mappers.document.merge import head_changed, lines_changed, lines_saved
from ...mappers.document.paid import detailed_lines
from ...mappers.outgoing import ABSENT, KEPT
from ...mappers.values import clean, lower
from ...xero_api import codec
from ..queue.xero_sync_job import CLICK
from .importer_document import SETTLED
from .line_books import LINE_FIELDS, WITH_LINES
from .partner_guard import Guarded

# The sides of a row of a conflict.
BOOKS = ("base", "odoo", "xero")
# Where canonical forms keep a field of the head of a document.
HEAD_FIELDS = {
    "Contact": "contact",
    "Date": "date",
    "DueDate": "due_date",
    "InvoiceNumber": "number",
    "CreditNoteNumber": "number",
    "Reference": "reference",
    "CurrencyCode": "currency",
    "CurrencyRate": "rate",
}


class XeroInbound(models.AbstractModel):
    _inherit = "xero.inbound"

    def _canonical_odoo(self, connection, link, record) -> dict:
        """Return Odoo's side of a linked record in the form of ``_canonical``.

        :param record: existing
        :return: empty, or what was agreed last, where Odoo has no side of its own
        """
        raise NotImplementedError

    def _odoo_side(self, connection, link, record) -> dict:
        """Return what was agreed with what Odoo changed since, in the form of ``_canonical``: where the sides write the
        same thing in different forms, that is no difference.

        :param record: existing
        """
        return self._canonical_odoo(connection, link, record)

    def _canonical_payload(self, connection, link, payload: dict, total) -> dict:
        """Return what is to be sent in the form of ``_canonical``.

        :param link: ``xero.link`` of the record; empty for one without
        :param total: as for :meth:`_canonical_sent`
        """
        return self._canonical(payload)

    def _document_element(self, connection, link, payload: dict, total) -> dict:
        """Return the element that Xero would hold after taking ``payload``, of a document with lines: with the amounts
        and the tax that Xero computes.

        :param link: as for :meth:`_canonical_payload`
        :param total: as for :meth:`_canonical_sent`
        :return: a new dict, amounts as ``Decimal`` in the document's currency
        """
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", connection.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        return payload_element(payload, percents, total, self._id_field, link.xero_id)

    def _resolve_sides(self, connection, link, element, record, mine: set) -> None:
        """Make both sides agree: Xero's value of every field but ``mine``, Odoo's of those.

        It runs for a person's choice too: then ``record`` may be in that person's environment.

        :param element: as it was read when the question came up
        :param record: existing, or empty
        :param mine: keys of the canonical form; those that the sides do not differ in have no meaning
        :raise UserError: Odoo forbids it
        :raise Untakeable: Odoo misses something for it
        """
        raise NotImplementedError

    def _unopposed(self, conflict) -> set:
        """Return the fields of ``conflict`` that no policy decides about, as the sides do not meet in them.

        :return: names of its lines, which are then given to :meth:`_resolve_sides` as ``merged``
        """
        return set()

    def _line_rows(self, connection, link, element, record, words) -> list[dict]:
        """Return a row of a conflict for each field of a line on which the sides differ, where both changed some.

        :param words: the ``StateWords`` of the conflict
        :return: values of ``xero.conflict.line``; none where lines are one field
        """
        return []

    def _overwrite(self, connection, link, element, record) -> None:
        """Have all of Odoo's side sent over what Xero holds, also what Odoo has not changed.

        :param element: as it was read when a person decided so
        """
        self._resend(connection, link, element, record)

    def _resend(self, connection, link, element, record) -> None:
        """Remember what Xero holds and have Odoo's side sent over it.

        The job goes before background work: somebody decided it.
        """
        self._save_base(connection, link, element, digest=None, odoo_state=None, state="to_sync", message=None)
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, [(record.id, link.company_id.id)], priority=CLICK)
        self.env["xero.sync.runner"]._wake(connection.ids)


class XeroInboundContact(models.AbstractModel):
    _inherit = "xero.inbound.contact"

    def _unopposed(self, conflict):
        names = set(conflict.line_ids.mapped("name"))
        # Who archives or restores means the contact as it is.
        views = [view or {} for view in (conflict.base_view, conflict.odoo_view, conflict.xero_view)]
        return set() if "status" in names else names - disputed(*views)

    def _resolve_sides(self, connection, link, element, record, mine, merged=frozenset()):
        state, ours = self._canonical(element), self._canonical_odoo(connection, link, record)
        base, apart = link.base_state or {}, changed_fields(ours, state)
        theirs, before = apart - mine - merged, self._outgoing(connection, record)[record.id]
        if "status" in theirs:
            self._set_active(connection, record, state.get("status") == "ACTIVE")
        refused = self._write(connection, record, state, theirs - {"status"}, ours)
        refused |= self._write(connection, record, state, merged & changed_fields(base, state), base)
        if refused:
            told = "\n".join(map(str, refused.values()))
            raise Guarded(told) if "persons" in refused else UserError(told)
        if mine or merged:
            values = self._base_values(connection, link, record, element, before)
            link.odoo_keys = self._with_chosen(values.get("odoo_keys"), link, ours, state, mine & apart)
            self._resend(connection, link, element, record)
            return
        self._save_base(connection, link, element, **self._base_values(connection, link, record, element))

    def _overwrite(self, connection, link, element, record):
        everything = {*self._canonical(element), *self._canonical_odoo(connection, link, record)}
        self._resolve_sides(connection, link, element, record, everything)

    def _with_chosen(self, told, link, ours, theirs, mine):
        """Return the sheet by which Odoo's side of the fields ``mine`` is sent: as if Odoo had had Xero's.

        :param told: the sheet of what is agreed else, as JSON; empty where there is none
        """
        told = codec.loads(told.encode()) if told else self._mapper()._sheet_of(link)
        if told is None:
            return False
        held, own = (sheet(element_of(clean({name: side.get(name) for name in mine}))) for side in (theirs, ours))
        taken = {name: held.get(name, "") for name in {*held, *own} - {PEOPLE} if held.get(name) != own.get(name)}
        if PEOPLE in {*held, *own}:
            people = [[Person(*row) for row in side.get(PEOPLE, [])] for side in (told, held)]
            taken[PEOPLE] = [list(one) for one in as_there(*people)]
        return clean({**told, **taken})


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    def _canonical_odoo(self, connection, link, record):
        return self._canonical_of(connection, link, self._outgoing(connection, record).get(record.id))

    def _odoo_side(self, connection, link, record):
        return self._odoo_side_of(connection, link, self._outgoing(connection, record).get(record.id))

    def _odoo_side_of(self, connection, link, out) -> dict:
        """Return what is to be sent as :meth:`_odoo_side` does.

        :param out: the ``Outgoing`` of the record; ``None`` when it is gone
        """
        ours = self._canonical_of(connection, link, out)
        changed = self._changed_here(link, out)
        if changed is None:
            return ours
        return self._base(link).with_all_fields_of(DocumentState.load(ours), changed).dump()

    def _changed_here(self, link, out) -> set | None:
        """Return the fields of the canonical form that Odoo changed since the last agreement; ``None`` where that is
        not known.
        """
        if not (link.odoo_state and link.base_state) or out is None or out.status == ABSENT:
            return None
        said = self.env["xero.mapper"]._for_type(self._xero_type)._said(out)
        return self._changed_between(said, link.odoo_state, out.status, self._base(link))

    def _changed_between(self, now, before, status, base) -> set:
        """Return the fields of the canonical form of which Odoo says otherwise ``now`` than ``before``.

        :param now: as of ``merge.said``, as is ``before``
        :param status: that Xero shall hold
        :param base: what was agreed
        """
        changed = {HEAD_FIELDS[name] for name in head_changed(now, before) if name in HEAD_FIELDS}
        if status not in (KEPT, base.status):
            changed.add("status")
        return changed | (LINE_FIELDS if lines_changed(now, before) else set())

    def _odoo(self, link, sides) -> DocumentState:
        """Return Odoo's side of a linked document as :meth:`_odoo_side` does, by whole lines as ``sides`` are."""
        if not (sides.before and link.base_state and sides.now):
            return sides.ours
        changed = self._changed_between(sides.now, sides.before, sides.status, sides.base)
        return sides.base.with_all_fields_of(sides.ours, changed)

    def _canonical_of(self, connection, link, out) -> dict:
        """Return what is to be sent in the form of ``_canonical``."""
        base = self._base(link)
        if out is None or out.status == ABSENT:
            return DocumentState(type=base.type, status="VOIDED").dump()
        state = DocumentState.load(self._canonical_payload(connection, link, out.payload, out.total))
        settled = state.with_fields_of(base, {"money"})
        return self._with_foreign_tracking(connection, base, settled).dump()

    def _canonical_payload(self, connection, link, payload, total):
        return self._canonical(self._document_element(connection, link, payload, total))

    def _canonical_sent(self, connection, link, payload, total):
        sent = self._canonical_payload(connection, link, payload, total)
        if "Type" in payload:
            return sent
        # Of a document with money on it only the head was sent, and the details of lines.
        state = replace(DocumentState.load(sent), **dict.fromkeys(WITH_LINES, ""))
        if state.lines:
            state = replace(state, lines=detailed_lines(self._base(link).lines, state.lines))
        return state.dump()

    def _is_saved(self, connection, link, element, payload, total):
        """Lines are told by what was sent of each: Xero keeps the rest."""
        base, state = self._base(link), self._read(element)
        changed = state.changed_from(base) - {"money"}
        if changed & LINE_FIELDS and not lines_saved(payload.get("LineItems") or [], element, base):
            return False
        sent = self._canonical({"Type": base.type, **payload, "LineItems": []})
        said = state.dump()
        return bool(changed) and all(sent.get(name) == said.get(name) for name in changed - LINE_FIELDS)

    def _unopposed(self, conflict):
        """A policy decides about what both changed, and leaves the rest to whoever changed it."""
        names = set(conflict.line_ids.mapped("name"))
        if "status" in names or not conflict.link_id.odoo_state:
            return set()
        found = disputed(*(view or {} for view in (conflict.base_view, conflict.odoo_view, conflict.xero_view)))
        found |= WITH_LINES if "lines" in found else set()
        element = codec.loads(conflict.element.encode())
        met = self._both_edited(conflict.connection_id, conflict.link_id, element, conflict._record())
        return names - found - {name for name, (one, field) in names_of(met).items() if field in one.disputed}

    def _both_edited(self, connection, link, element, record) -> list:
        """Return the ``MetLine`` of each line where both sides edited lines; none where that cannot be told."""
        sides = self._sides(connection, link, element, record)
        base, state = sides.base, sides.theirs
        both = self._odoo(link, sides).changed_from(base) & state.changed_from(base) & LINE_FIELDS
        if not both or record.state == "cancel" or state.status == "VOIDED":
            return []
        return self._meeting(connection, link, element, record, state) or []

    def _line_rows(self, connection, link, element, record, words):
        found = names_of(self._both_edited(connection, link, element, record))
        return [
            {
                "name": name,
                "choice": field not in met.disputed and ("odoo" if field in met.here else "xero"),
                **{side: told and words.say_part(*told, field) for side, told in zip(BOOKS, met.sides)},
            }
            for name, (met, field) in found.items()
        ]

    def _resolve_sides(self, connection, link, element, record, mine, merged=frozenset()):
        sides = self._sides(connection, link, element, record)
        state, ours = sides.theirs, self._odoo(link, sides)
        if found := self._both_edited(connection, link, element, record):
            self._resolve_with_lines(connection, link, element, record, mine, merged, found)
            return
        mine = mine | merged & ours.changed_from(sides.base)
        changed = state.changed_from(ours)
        mine = (mine | WITH_LINES if "lines" in mine else mine - WITH_LINES) & changed
        if state.status == "VOIDED":
            if "status" in mine:
                self._resend(connection, link, element, record)
                return
            self._cancel(record)
        else:
            if "status" in mine and ours.status == "VOIDED":
                self._resend(connection, link, element, record)
                return
            self._bring_in_step(connection, link, element, record, state, mine, ours)
        if mine:
            before = link.odoo_state or None
            self._resend(connection, link, element, record)
            self._agree_but_for(connection, link, element, record, before, mine)
            return
        self._save_base(connection, link, element, **self._base_values(connection, record, element))
        self._close_pushes(connection, record)

    def _resolve_with_lines(self, connection, link, element, record, mine, merged, found) -> None:
        """As :meth:`_resolve_sides`, where both sides edited lines.

        :param found: the ``MetLine`` of each line
        """
        sides = self._sides(connection, link, element, record)
        base, state, ours = sides.base, sides.theirs, self._odoo(link, sides)
        head = (mine | merged & ours.changed_from(base)) & state.changed_from(ours) - LINE_FIELDS
        names = names_of(found)
        own = mine | {name for name, (met, field) in names.items() if name in merged and field in met.here}

        def taken(met):
            told = {name: field for name, (one, field) in names.items() if one is met}
            return set() if "lines" in own else {field for name, field in told.items() if name not in own}

        plan = self._plan(connection, found, taken)
        self._bring_in_step(connection, link, element, record, state, head | LINE_FIELDS, ours, plan)
        waits = head | (LINE_FIELDS if any(step.waits for step in plan) else set())
        if not waits:
            self._save_base(connection, link, element, **self._base_values(connection, record, element))
            self._close_pushes(connection, record)
            return
        before = link.odoo_state
        self._resend(connection, link, element, record)
        self._agree_but_for(connection, link, element, record, before, waits, plan=plan)

    def _agree_but_for(self, connection, link, element, record, before, mine, waits=False, plan=None) -> None:
        """Let Odoo's present side be what was agreed, but for the fields ``mine``, which are sent: lines as far as they
        differ from Xero's.

        :param before: what was said at the agreement before
        :param waits: whether that still holds for lines: Xero did not change them
        :param plan: what became of each line, where both sides changed some
        """
        out = self._outgoing(connection, record).get(record.id)
        if out is None or out.status == ABSENT:
            return
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        said = mapper._agreed(mapper._said(out), element, before, out.payload)
        head = {name: value for name, value in said["head"].items() if HEAD_FIELDS.get(name) not in mine}
        lines = said["lines"]
        if plan:
            lines = agreed_rows(plan, said["lines"], before)
        elif mine & LINE_FIELDS and waits:
            lines = before["lines"]
        elif mine & LINE_FIELDS:
            lines = [[line_id, xero_id, {}] for line_id, xero_id, _parts in lines]
        held = [line.get("LineItemID") or "" for line in element.get("LineItems") or []]
        if plan:
            told = {lower(xero_id) for _line_id, xero_id, _parts in lines}
            lines += [[NOBODY, xero_id, {}] for xero_id in held if lower(xero_id) not in told]
        link.odoo_state = {"head": head, "lines": lines, "held": held}

    def _bring_in_step(self, connection, link, element, move, state, mine, ours, plan=None):
        """Write Xero's fields but ``mine`` to ``move``, and its lines by ``plan`` where there is one. One that is
        cancelled here is posted where Xero approved it, and a draft where Xero's status was chosen; one that a person
        took back to draft stays one.
        """
        if move.state == "cancel":
            move.button_draft()
            if state.status == "AUTHORISED":
                # What was edited before it was cancelled shows only in what would be sent.
                move._post(soft=False)
            posted = move.state == "posted" or connection.sync_when == "draft"
            sides = self._sides(connection, link, element, move)
            ours = self._odoo(link, sides) if posted else sides.base
        theirs, told = state.changed_from(ours) - {"money"} - mine, state.with_all_fields_of(ours, mine - LINE_FIELDS)
        if not plan:
            told = told.with_fields_of(ours, mine)
        matched = self._matched_lines(move)
        changed = theirs - {"status", "type"}
        if plan:
            self._change_by_plan(connection, link, move, told, changed, plan)
        else:
            self._change(connection, link, move, told, changed, ours.lines or None)
        if move.state == "draft" and "status" in theirs and state.status == "AUTHORISED":
            move._post(soft=False)
        self._match_again(move, matched)

    def _matched_lines(self, move):
        """Return the lines of payments and credits that settle ``move``."""
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        return lines.matched_debit_ids.debit_move_id | lines.matched_credit_ids.credit_move_id

    def _match_again(self, move, matched):
        """Resetting a document to draft takes what settled it away; it still does."""
        credits = matched.move_id
        own = self.env["xero.payment.ledger"]._open_lines(move) if move.state == "posted" else move.line_ids.browse()
        for account in own.account_id:
            lines = (own | matched.exists()).filtered_domain(
                [("account_id", "=", account.id), ("reconciled", "=", False)]
            )
            if lines - own and lines & own:
                lines.reconcile()
        self.env["xero.inbound.hook"]._notify_matched_again(move, credits.exists())

    def _cancel(self, move):
        """Cancel ``move``, from whatever state it is in."""
        if move.state == "posted":
            move.button_draft()
        if move.state == "draft":
            move.button_cancel()
