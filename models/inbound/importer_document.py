"""Invoices, bills and credit notes that changed, or were made, in Xero."""

from odoo import Command, fields, models

from ...mappers.document.canonical import DETAILS, DocumentState, MoneyState
from ...mappers.document.canonical import GONE as GONE_THERE
from ...mappers.outgoing import ABSENT
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ...xero_api import codec
from ..connection.xero_connection import MOVE_TYPE_SETTINGS
from ..link.own_context import own, own_value
from .decision_tables import DOCUMENT_TABLE
from .importer import FORBIDDEN, Result, Untakeable
from .line_books import LINE_FIELDS, LineBooks
from .typed_tax import fit_taxes

GONE = "VOIDED"
# Accounts whose lines are settled by being reconciled.
SETTLED = ("asset_receivable", "liability_payable")
MOVE_TYPES = {
    "ACCREC": "out_invoice",
    "ACCPAY": "in_invoice",
    "ACCRECCREDIT": "out_refund",
    "ACCPAYCREDIT": "in_refund",
}
APPROVED = ("AUTHORISED", "PAID")


class XeroInboundDocument(models.AbstractModel):
    """Shared by both kinds of document. What a change does is in ``inbound/decision_tables``; how, in ``_do_`` methods.

    ``move`` is the ``account.move`` that is linked, ``None`` when it is gone; ``state`` is the ``DocumentState`` of the
    element, with the agreed values where rules fill a field; ``event`` is what happened in Xero, as :meth:`_event`
    names it; ``moves`` are documents of one batch; ``books`` keeps, for a batch, the ``LineBooks`` of each move type.
    """

    _name = "xero.inbound.document"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Document"

    _odoo_model = "account.move"
    _policy_field = "conflict_documents"
    _number_field = None

    # === STATE === #

    def _canonical(self, element):
        return DocumentState.from_element(element, self._number_field).dump()

    def _read(self, element) -> DocumentState:
        """Return what ``element`` says; addons extend :meth:`_canonical`."""
        return DocumentState.load(self._canonical(element))

    def _base(self, link) -> DocumentState:
        """Return what both sides last agreed on; an empty one where nothing was."""
        return DocumentState.load(link.base_state)

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        """Take over changes; a fixed number of queries to judge them all, writes only for what changed."""
        moves = self.env["account.move"].browse([link.res_id for link, _element in changed]).exists()
        by_id = {move.id: move for move in moves}
        outgoing = self._outgoing(connection, moves)
        local = self._locally_changed(connection, changed, moves, outgoing)
        ruled = self._ruled(connection, moves)
        results, agreed, money = {}, [], []
        for link, element in changed:
            move, out = by_id.get(link.res_id), outgoing.get(link.res_id)
            read = DocumentState.load(self._unruled(link, self._canonical(element), ruled.get(link.res_id)))
            sides = self._sides_to_judge(connection, link, element, move, out, read)
            state, event = sides.theirs, self._event(sides.base, sides.theirs)
            situation = self._situation(move, link.res_id in local)
            action = DOCUMENT_TABLE[situation, event] if event else "agreed"
            if action == "conflict":
                action = self._met(connection, link, element, move, state, event)
            settled_before = sides.base.money
            if sides.is_together and not event and situation in ("open", "settled", "locked"):
                # Its parts are others, and come to the same.
                action = "alike" if read.changed_from(self._base(link)) & LINE_FIELDS else action
            if action == "agreed":
                agreed.append((link, element))
                results[element[self._id_field]] = Result("agreed", res_id=link.res_id)
            else:
                result = self._act(connection, link, element, state, move, action, event)
                results[element[self._id_field]] = result
            if state.money != settled_before and situation not in ("missing", "cancelled"):
                money.append((link, element))
        self._save_bases(agreed)
        if money:
            self.env["xero.inbound"]._settlements(connection, self._xero_type, money)
        return results

    def _act(self, connection, link, element, state, move, action, event):
        """Do what the table says, by the ``_do_`` method of ``action``, and return its ``Result``."""
        return getattr(self, f"_do_{action}")(connection, link, element, state, move, event)

    def _event(self, base, state) -> str | None:
        """Return what happened in Xero since the last agreement: the weightiest change, ``None`` for nothing.

        :param base: what was agreed, a ``DocumentState``
        :return: ``voided``, ``content``, ``approved``, ``details`` or ``money``
        """
        changed = state.changed_from(base)
        if "status" in changed and state.status == GONE:
            return "voided"
        if changed - {"money", "status", *DETAILS}:
            return "content"
        if "status" in changed and state.status == "AUTHORISED":
            return "approved"
        if changed & set(DETAILS):
            return "details"
        return "money" if "money" in changed else None

    def _situation(self, move, locally_changed) -> str:
        """Return how ``move`` stands in Odoo: a key of the table.

        :param locally_changed: whether Odoo would send it otherwise than was agreed
        """
        if not move:
            return "missing"
        if move.state == "draft" and move.posted_before:
            return "reworked" if locally_changed else "reset"
        if locally_changed:
            return "changed"
        if move.state == "cancel":
            return "cancelled"
        if move.state == "draft":
            return "draft"
        if self._is_settled(move):
            return "settled"
        return "locked" if self._is_locked(move) else "open"

    def _is_settled(self, move) -> bool:
        """Whether anything is reconciled with ``move``, be it a part."""
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        return bool(lines.matched_debit_ids or lines.matched_credit_ids)

    def _is_locked(self, move) -> bool:
        return bool(
            move.inalterable_hash
            or move._get_violated_lock_dates(move.date, bool(move.line_ids.tax_ids | move.line_ids.tax_line_id))
        )

    # === ODOO'S SIDE === #

    def _differing(self, connection, link, element, move, state) -> set:
        """Return the fields that a side changed since the last agreement and on which the two differ now.

        :return: names of ``DocumentState``, without ``money``
        """
        sides = self._sides(connection, link, element, move)
        ours = self._odoo(link, sides)
        if ours.status == state.status == GONE:
            return set()
        touched = (state.changed_from(sides.base) | ours.changed_from(sides.base)) - {"money"}
        return touched & ours.changed_from(state)

    def _met(self, connection, link, element, move, state, event) -> str:
        """Return what is done where both sides changed: ``alike`` when they say the same, ``merged`` when they changed
        different fields, or different ones of lines, else ``conflict``.
        """
        differing = self._differing(connection, link, element, move, state)
        if not differing:
            return "alike"
        sides = self._sides(connection, link, element, move)
        here, there = self._odoo(link, sides).changed_from(sides.base), state.changed_from(sides.base)
        opposed = here & there & differing
        if "status" in differing | there or not link.odoo_state or opposed - LINE_FIELDS:
            return "conflict"
        found = self._meeting(connection, link, element, move, state) if opposed else []
        if found is None or any(met.disputed for met in found):
            return "conflict"
        is_closed = event == "content" and (self._is_settled(move) or self._is_locked(move))
        return "conflict" if is_closed else "merged"

    def _locally_changed(self, connection, changed, moves, outgoing) -> set:
        """Return the ids of documents that Odoo would send otherwise than was agreed; one batched pass.

        :param changed: pairs ``(link, element)``
        :param outgoing: what would be sent for ``moves``, by their ids
        """
        links = {link.res_id: link for link, _element in changed}
        found = set()
        for move_id, out in outgoing.items():
            link = links[move_id]
            link._recall(self.env["xero.mapper"]._for_type(self._xero_type), out)
            if out.status == ABSENT:
                if link.digest and link.xero_status not in ("VOIDED", "DELETED") and self._was_sent(link):
                    found.add(move_id)
            elif self._differs(link, out):
                found.add(move_id)
        found -= set(moves.filtered(lambda move: move.state == "cancel").ids)
        return found - self._only_rules_differ(connection, {res_id: links[res_id] for res_id in found})

    def _differs(self, link, out) -> bool:
        """Whether Odoo would send ``out`` otherwise than was agreed; Xero may also have kept a total of its own.

        :param out: the ``Outgoing``, of a document that shall be in Xero
        """
        if not link.digest:
            # What is to be sent again, as a person chose Odoo's side, is Odoo's change until it is there.
            return link.state in ("error", "to_sync")
        return codec.digest(out.canonical()) != link.digest

    def _was_sent(self, link) -> bool:
        """Whether Odoo's side was once agreed as existing in Xero: then its absence now is a change."""
        return link.state in ("synced", "conflict")

    def _outgoing(self, connection, moves) -> dict:
        """Return what Odoo would send for ``moves``: ``{id: Outgoing}``, without those that are of the other kind."""
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        return mapper._prepare(mapper._handles(moves), connection)

    # === WHAT IS DONE === #

    def _do_ignored(self, connection, link, element, state, move, event):
        """Agree that Xero has it so, and do nothing in Odoo."""
        self._save_base(connection, link, element)
        return Result("ignored", res_id=link.res_id)

    def _do_alike(self, connection, link, element, state, move, event):
        """Both sides made the same change: neither has anything to tell the other."""
        self._save_base(connection, link, element, **self._base_values(connection, move, element))
        self._close_pushes(connection, move)
        return Result("agreed", res_id=link.res_id)

    # === NEW === #

    def _apply_new(self, connection, elements):
        """Link again what bears our mark, import what a person or the settings want, and leave the rest alone."""
        xero_ids = [element[self._id_field] for element in elements]
        asked = self.env["xero.inbound.hook"]._all_asked_for(connection, self._xero_type, xero_ids)
        taker = self.with_context(**own(xero_asked=asked)) if asked else self
        return taker._apply_wanted(connection, elements)

    def _apply_wanted(self, connection, elements) -> dict:
        results, wanted = {}, []
        verdicts = self._recognise(connection, elements)
        for element in elements:
            xero_id = element[self._id_field]
            kept = self._kept_apart(connection, element, verdicts.get(xero_id))
            if kept:
                results[xero_id] = kept
            elif self._is_wanted(connection, element):
                wanted.append(element)
            else:
                results[xero_id] = Result("ignored")
        if wanted:
            self._ensure_contacts(connection, wanted)
            books = {}
            for element in wanted:
                results[element[self._id_field]] = self._import(connection, element, books)
        return results

    def _ensure_contacts(self, connection, elements) -> None:
        """See that the contacts of ``elements``, which are imported now, are in Odoo."""
        contacts = self.env["xero.inbound"]._for_type("Contact")
        contacts._ensure(connection, [element.get("Contact") or {} for element in elements])

    def _number_of(self, element) -> str | None:
        """Return what people know ``element`` by in Xero."""
        return element.get(self._number_field) or None

    def _is_wanted(self, connection, element) -> bool:
        """Whether ``element`` is imported: a person asked, or it is approved, of a kind and date that is synced."""
        if self._is_asked_for(element):
            return True
        if connection.inbound_documents == "ignore" or element.get("Status") not in APPROVED:
            return False
        move_type = MOVE_TYPES.get(element.get("Type"))
        if not move_type or not connection[MOVE_TYPE_SETTINGS[move_type]]:
            return False
        start = fields.Date.to_string(connection._sync_start())
        return DocumentState.from_element(element, self._number_field).date >= start

    def _is_asked_for(self, element) -> bool:
        """Whether a person asked for this very ``element``; others come in with the same reading."""
        return element[self._id_field] in own_value(self.env, "xero_asked", ())

    # === OUR OWN === #

    def _is_gone(self, element):
        return element.get("Status") in GONE_THERE

    def _link_again(self, connection, element, record):
        self.env["xero.link"]._save(
            [
                self._link_row(
                    connection,
                    record.id,
                    element,
                    record.company_id,
                    xero_number=self._number_of(element),
                    xero_total=element.get("Total"),
                    digest=None,
                    state="to_sync",
                )
            ]
        )
        return Result("linked", res_id=record.id)

    # === IMPORT === #

    def _import(self, connection, element, books):
        """Make the document in Odoo; its total is Xero's, or it is not made.

        :return: the ``Result``: ``created``, or ``failed`` with the reason
        """
        state = self._read(element)
        try:
            with self.env.cr.savepoint():
                move = self._make(connection, element, state, books)
        except Untakeable as error:
            return Result("failed", said(error), None, error.fix)
        except FORBIDDEN as error:
            return Result("failed", quoted(error.args[0]), None, {"kind": "validation"})
        self._link_imported(connection, element, state, move)
        return Result("created", res_id=move.id)

    def _make(self, connection, element, state, books):
        """Make the draft that says what ``element`` does, and post it where that is wanted.

        :param books: what is looked up for a batch, by kind; filled here
        :return: the ``account.move``
        :raise Untakeable: Odoo misses something for it
        """
        move_type = MOVE_TYPES[state.type]
        if move_type not in books:
            books[move_type] = LineBooks(self, connection, move_type, connection.company_id)
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "journal_id": self._journal(connection, move_type).id,
                "partner_id": self._partner(connection, state).id,
                **self._head_values(connection, state, move_type),
                "invoice_line_ids": [Command.create(books[move_type].values(line)) for line in state.lines],
            }
        )
        fit_taxes(self, connection, move, state)
        self._prove(move, state)
        if self._is_to_post(connection, element):
            self._open_day(connection, move)
            move._post(soft=False)
        self._write_tracking(connection, move, state)
        return move

    def _is_to_post(self, connection, element) -> bool:
        """Whether what is imported is posted: what a person asked for is to agree with Xero."""
        return self._is_asked_for(element) or connection.inbound_documents == "post"

    def _head_values(self, connection, state, move_type) -> dict:
        sale = move_type.startswith("out_")
        # Stored, so they stay whole.
        number, reference = state.number, state.reference
        values = {
            "company_id": connection.company_id.id,
            "invoice_date": state.date or False,
            "date": state.date or False,
            "ref": (reference if sale else number) or False,
            "payment_reference": (sale and number) or False,
            "invoice_origin": self.env._("Xero %s", number),
            **self._currency_values(connection.company_id, state.currency, state.rate),
        }
        if sale and own_value(self.env, "xero_lost_number"):
            # Odoo's own document, made once more after a backup: the number is the one that the customer has.
            values["name"] = own_value(self.env, "xero_lost_number")
        if state.due_date:
            values |= {"invoice_payment_term_id": False, "invoice_date_due": state.due_date}
        return values

    def _journal(self, connection, move_type):
        """Return the journal for new documents of ``move_type``: the chosen one, or the first that is not excluded.

        :raise Untakeable: there is none
        """
        kind = "sale" if move_type.startswith("out_") else "purchase"
        chosen = connection[f"inbound_{kind}_journal_id"]
        journal = chosen or self.env["account.journal"].search(
            [
                ("type", "=", kind),
                ("company_id", "=", connection.company_id.id),
                ("id", "not in", connection.excluded_journal_ids.ids),
            ],
            limit=1,
        )
        if not journal:
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._("There is no journal for documents from Xero: choose one on the connection."),
                connection,
            )
        return journal

    def _link_imported(self, connection, element, state, move):
        self.env["xero.link"]._save(
            [
                self._link_row(
                    connection,
                    move.id,
                    element,
                    from_xero=True,
                    xero_number=self._number_of(element),
                    xero_total=element.get("Total"),
                )
            ]
        )
        link = self.env["xero.link"]._map(connection, self._xero_type, "account.move", [move.id])[move.id]
        link.write(self._base_days(connection, move, state))
        out = self._outgoing(connection, move).get(move.id)
        agreed = bool(out and out.status != ABSENT)
        keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload) if agreed else None
        self._save_base(
            connection,
            link,
            element,
            **self._odoo_columns(out, element),
            odoo_keys=codec.dumps(keys).decode() if agreed else None,
        )
        imported = self.env["xero.reason"]._("Imported from Xero, where it is %s.", named(state.number) or "?")
        self.env["xero.log"]._post(connection, [(move, imported)])
        if state.money != MoneyState():
            self.env["xero.inbound"]._settlements(connection, self._xero_type, [(link, element)])


class XeroInboundInvoice(models.AbstractModel):
    _name = "xero.inbound.invoice"
    _inherit = "xero.inbound.document"
    _description = "Xero Inbound Invoice"

    _xero_type = "Invoice"
    _resource = "Invoices"
    _id_field = "InvoiceID"
    _number_field = "InvoiceNumber"
    _category = "INVOICE"
    _rank = 20
    # Without it Xero leaves out the documents of archived contacts.
    _params = {"includeArchived": "true"}


class XeroInboundCreditNote(models.AbstractModel):
    _name = "xero.inbound.credit.note"
    _inherit = "xero.inbound.document"
    _description = "Xero Inbound Credit Note"

    _xero_type = "CreditNote"
    _resource = "CreditNotes"
    _id_field = "CreditNoteID"
    _number_field = "CreditNoteNumber"
    _category = "CREDITNOTE"
    _rank = 30
    _lists_ids = False
