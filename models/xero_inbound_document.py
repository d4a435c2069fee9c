"""Invoices, bills and credit notes that changed in Xero."""

from odoo import models

from ..mappers.inbound_document import DETAILS, changed_fields, document_view
from ..xero_api import codec
from .xero_inbound import Result
from .xero_inbound_states import DOCUMENT_TABLE

GONE = "VOIDED"


class XeroInboundDocument(models.AbstractModel):
    """Shared by both kinds of document. What a change does is in ``xero_inbound_states``; how, in ``_do_`` methods."""

    _name = "xero.inbound.document"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Document"

    _odoo_model = "account.move"
    _number_field = None

    # === VIEW === #

    def _remote_view(self, element):
        return document_view(element, self._number_field)

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        """Take over changes; a fixed number of queries to judge them all, writes only for what changed."""
        moves = self.env["account.move"].browse([link.res_id for link, _element in changed]).exists()
        by_id = {move.id: move for move in moves}
        local = self._locally_changed(connection, changed, moves)
        ruled = self._ruled(connection, moves)
        results, agreed, money = {}, [], []
        for link, element in changed:
            view = self._unruled(link, self._remote_view(element), ruled.get(link.res_id))
            event = self._event(link, view)
            state = self._state(by_id.get(link.res_id), link.res_id in local)
            action = DOCUMENT_TABLE[state, event] if event else "agreed"
            if action == "conflict" and not self._differing(connection, link, by_id[link.res_id], view):
                action = "alike"
            settled_before = (link.remote_view or {}).get("money")
            if action == "agreed":
                agreed.append((link, element))
                results[element[self._id_field]] = Result("agreed", res_id=link.res_id)
            else:
                result = self._act(connection, link, element, view, by_id.get(link.res_id), action, event)
                results[element[self._id_field]] = result
            if view.get("money") != settled_before and state not in ("missing", "cancelled"):
                money.append((link, element))
        self._agree_all(agreed)
        if money:
            self.env["xero.inbound"]._settlements(connection, self._xero_type, money)
        return results

    def _act(self, connection, link, element, view, move, action, event):
        return getattr(self, f"_do_{action}")(connection, link, element, view, move, event)

    def _event(self, link, view) -> str | None:
        """Return what happened in Xero since the last agreement: the weightiest change, ``None`` for nothing."""
        base = link.remote_view or {}
        changed = changed_fields(base, view)
        if "status" in changed and view.get("status") == GONE:
            return "voided"
        if changed - {"money", "status", *DETAILS}:
            return "content"
        if "status" in changed and view.get("status") == "AUTHORISED":
            return "approved"
        if changed & set(DETAILS):
            return "details"
        return "money" if "money" in changed else None

    def _state(self, move, locally_changed) -> str:
        """Return the state of ``move`` in Odoo: a key of the table."""
        if not move:
            return "missing"
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
        lines = move.line_ids.filtered(
            lambda line: line.account_id.account_type in ("asset_receivable", "liability_payable")
        )
        return bool(lines.matched_debit_ids or lines.matched_credit_ids)

    def _is_locked(self, move) -> bool:
        return bool(
            move.inalterable_hash
            or move._get_violated_lock_dates(move.date, bool(move.line_ids.tax_ids | move.line_ids.tax_line_id))
        )

    # === ODOO'S SIDE === #

    def _differing(self, connection, link, move, view) -> set:
        """Return the fields that a side changed since the last agreement and on which the two differ now."""
        ours = self._odoo_view(connection, link, move)
        if ours["status"] == view.get("status") == GONE:
            return set()
        return self._apart(link, ours, view)

    def _locally_changed(self, connection, changed, moves) -> set:
        """Return the ids of documents that Odoo would send otherwise than was agreed; one batched pass."""
        links = {link.res_id: link for link, _element in changed}
        outgoing = self._outgoing(connection, moves)
        found = set()
        for move_id, out in outgoing.items():
            link = links[move_id]
            if out.status == "ABSENT":
                if link.digest and link.xero_status not in ("VOIDED", "DELETED") and self._was_sent(link):
                    found.add(move_id)
            elif self._differs(link, out):
                found.add(move_id)
        return found - set(moves.filtered(lambda move: move.state == "cancel").ids)

    def _differs(self, link, out) -> bool:
        """Whether Odoo would send ``out`` otherwise than was agreed; Xero may also have kept a total of its own."""
        if not link.digest:
            return link.state == "error"
        return codec.digest(out.agreed()) != link.digest

    def _was_sent(self, link) -> bool:
        """Whether Odoo's side was once agreed as existing in Xero: then its absence now is a change."""
        return link.state in ("synced", "conflict")

    def _outgoing(self, connection, moves) -> dict:
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        return mapper._prepare(mapper._handles(moves), connection)

    # === WHAT IS DONE === #

    def _do_ignored(self, connection, link, element, view, move, event):
        self._agree(connection, link, element)
        return Result("ignored", res_id=link.res_id)

    def _do_alike(self, connection, link, element, view, move, event):
        """Both sides made the same change: neither has anything to tell the other."""
        self._agree(connection, link, element, **self._agreed_values(connection, move, element))
        self._close_pushes(connection, move)
        return Result("agreed", res_id=link.res_id)


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
