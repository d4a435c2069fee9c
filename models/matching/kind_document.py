"""Matching of documents: invoices, bills and credit notes, with what is paid on them."""

from odoo import models

from ...mappers.document.canonical import changed_fields
from .match_document import match_documents
from .reader import DOCUMENT_KINDS
from .xero_match import DOCUMENTS
from .xero_match_kind import Batch


class XeroMatchDocuments(models.AbstractModel):
    _name = "xero.match.documents"
    _inherit = "xero.match.kind"
    _description = "Xero Match Documents"

    _stage = DOCUMENTS
    _rank = 30
    _types = ("Invoice", "CreditNote", "Payment")
    _odoo_model = "account.move"
    _shown = (
        *("number", "reference", "contact", "date", "due_date", "currency", "rate", "tax", "total", "lines"),
        *("terms", "status"),
    )

    # === COMPARE === #

    def _propose(self, match, taken, taken_there, apart):
        linked = self._linked_contacts(match.connection_id)
        return [self._propose_kind(match, kind, linked, taken, taken_there) for kind in DOCUMENT_KINDS]

    def _linked_contacts(self, connection) -> set:
        return {xero_id.lower() for xero_id in self.env["xero.match.reader"]._linked_ids(connection, "Contact")}

    def _propose_kind(self, match, kind, linked, taken, taken_there) -> Batch:
        reader = self.env["xero.match.reader"]
        moves = {move.id: move for move in reader._moves(match.connection_id, kind) if move.id not in taken}
        elements = {
            element.xero_id: element
            for element in reader._documents(match.snapshot_id, kind)
            if element.xero_id not in taken_there
        }
        proposals = match_documents(
            [reader._move_paper(move, kind) for move in moves.values()],
            [reader._document_paper(element, linked) for element in elements.values()],
        )
        return Batch(
            kind,
            DOCUMENT_KINDS[kind][0],
            self._odoo_model,
            proposals,
            {key: self._move_columns(move) for key, move in moves.items()},
            {key: self._document_columns(element) for key, element in elements.items()},
        )

    def _move_columns(self, move) -> dict:
        return {
            "odoo_name": " · ".join(filter(None, (move.name, move.ref, move.partner_name))),
            "fingerprint": self.env["xero.match.reader"]._move_fingerprint(move),
            "date": move.day,
            "amount": float(move.total),
            "currency_code": move.currency,
        }

    def _document_columns(self, element) -> dict:
        return {
            "xero_name": self._element_name(element),
            "element_id": element.id,
            "date": element.date,
            "amount": float(element.total or 0),
            "currency_code": element.currency,
        }

    def _add_details(self, match, lines):
        match._propose_payments(lines)

    def _fingerprints(self, connection, kind, res_ids):
        reader = self.env["xero.match.reader"]
        return {move.id: reader._move_fingerprint(move) for move in reader._moves(connection, kind, list(res_ids))}

    def _compare_one(self, line):
        reader = self.env["xero.match.reader"]
        moves = reader._moves(line.connection_id, line.kind, [line.res_id])
        elements = reader._documents(line.match_id.snapshot_id, line.kind, [line.xero_id])
        linked = self._linked_contacts(line.connection_id)
        papers = [reader._document_paper(element, linked) for element in elements]
        found = match_documents([reader._move_paper(move, line.kind) for move in moves], papers)
        return next((proposal.pair for proposal in found if proposal.pair), None)

    # === SHOW === #

    def _element_name(self, element):
        return " · ".join(filter(None, (element.number, element.name)))

    def _state_here(self, line, side, record):
        link = self.env["xero.link"].new({"xero_id": line.xero_id})
        return dict(side._canonical_odoo(line.connection_id, link, record))

    def _tidy_states(self, line, ours, theirs):
        """Show the names of contacts where the states hold ids."""
        partner = self.env["account.move"].browse(line.res_id or []).commercial_partner_id
        if partner:
            ours["contact"] = partner.name
        if theirs.get("contact"):
            known = line.element_id.data or {}
            theirs["contact"] = (known.get("Contact") or {}).get("Name") or theirs["contact"]

    # === LINK === #

    def _link_values(self, line, record, element):
        """Where people know it in Xero by another number, that one stays."""
        number = element.get(self._side(line.xero_type)._number_field) or None
        return {
            "company": record.company_id,
            "xero_number": number,
            "xero_total": float(element.get("Total") or 0),
            "from_xero": bool(number and number != record.name),
        }

    def _after_linking(self, match, side, lines):
        match._link_payments(side, lines)

    def _differing(self, line, side, link, record):
        ours = side._canonical_odoo(line.connection_id, link, record)
        return changed_fields(ours, side._canonical(line.element_id.data)) - {"money", "status", "number"}

    def _adopt_xero(self, line, side, link, record):
        side._resolve_sides(line.connection_id, link, line.element_id.data, record, set())

    # === UNDO === #

    def _kept(self, match, lines):
        booked = match._booked_since(lines)
        reason = self.env["xero.reason"]._("Payments of it were imported from Xero since.")
        return {line: reason for line in lines if line.res_id in booked}
