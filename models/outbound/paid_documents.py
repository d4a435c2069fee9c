"""Edits of documents with payments or credits on them: what Xero still takes is sent, anything else fails in words."""

from odoo import models

from ...mappers.document.canonical import DocumentState
from ...mappers.document.merge import head_changed, lines_changed
from ...mappers.document.paid import CLOSED_FIELDS, closed_difference, line_details
from ...mappers.outgoing import Problem
from ...mappers.text import named


class XeroExporterDocument(models.AbstractModel):
    _inherit = "xero.exporter.document"

    def _has_money_on_it(self, link) -> bool:
        """Whether anything is paid or credited on what ``link`` stands for in Xero, as was agreed last."""
        return link.xero_status == "PAID" or DocumentState.load(link.base_state).money.is_settled()

    def _lines_differ(self, mapper, link, out) -> bool:
        """Whether Odoo's lines are others than those that were agreed, on a document with money on it.

        :param out: the ``Outgoing``; ``None`` when the document is gone
        """
        if not out or "LineItems" not in out.payload or not self._has_money_on_it(link):
            return False
        before, said = link.odoo_state, mapper._said(out)
        return not before or lines_changed(said, before) or bool(head_changed(said, before) & CLOSED_FIELDS)

    def _closed_problem(self, mapper, link, out) -> Problem | None:
        """Return the problem of amounts that Xero does not change any more (Xero: Invoices, updating paid invoices);
        ``None`` when only what it takes was changed.

        :param out: the ``Outgoing``, whose lines differ from those that were agreed
        """
        ours, agreed = self._states(mapper, link, out)
        found = closed_difference(ours, agreed)
        if not found or self._may_be_other_lines(link, ours, agreed):
            return None
        what, *values = found
        number = named(link.xero_number or out.number)
        if what == "date":
            reason = self.env["xero.reason"]._(
                "%(number)s is dated %(odoo)s in Odoo and %(xero)s in Xero.",
                number=number,
                odoo=values[0],
                xero=values[1],
            )
        elif self._is_about_shares(link, out, ours, agreed):
            reason = self.env["xero.reason"]._(
                "Analytic accounts have other shares of the lines of %(number)s in Odoo than in Xero, where each is a "
                "line with an amount.",
                number=number,
            )
        elif what == "count":
            reason = self.env["xero.reason"]._(
                "%(number)s has %(odoo)s lines in Odoo and %(xero)s in Xero.",
                number=number,
                odoo=values[0],
                xero=values[1],
            )
        else:
            reason = self.env["xero.reason"]._(
                "Line %(line)s of %(number)s has another amount or tax in Odoo than in Xero.",
                line=values[0],
                number=number,
            )
        ways = self.env["xero.reason"]._(
            "Xero does not change this once a payment or credit is on the document. Undo the payment or credit in "
            "Xero and sync again. Or change the document back in Odoo, and correct the amount by a credit note."
        )
        message = self.env["xero.reason"]._join("\n", (reason, ways))
        return Problem("closed", message, mapper._odoo_model, out.res_id, topic="paid")

    def _is_about_shares(self, link, out, ours, agreed) -> bool:
        """Whether lines come to what was agreed, and only what their parts come to is another."""
        before = (link.odoo_state or {}).get("lines") or ()
        sides = [line_id for line_id in out.line_ids if line_id], [row[0] for row in before if row[0]]
        is_divided = any(len(side) > len({*side}) for side in sides)
        return is_divided and {*sides[0]} == {*sides[1]} and (ours.total, ours.tax) == (agreed.total, agreed.tax)

    def _may_be_other_lines(self, link, ours, agreed) -> bool:
        """Documents that were matched have lines of their own on each side; what they come to is what was agreed."""
        return not link.odoo_state and (ours.total, ours.tax) == (agreed.total, agreed.tax)

    def _details(self, mapper, link, out) -> list[dict]:
        """Return the details of lines that changed; the ids of the lines are added when Xero's are read.

        :param out: the ``Outgoing``
        :return: in the form of ``LineItems``, one for each line; empty when none changed
        """
        if not self._lines_differ(mapper, link, out):
            return []
        ours, agreed = self._states(mapper, link, out)
        if closed_difference(ours, agreed):
            return []
        categories = self.env["xero.mapping.tracking"]._categories_of(link.connection_id)
        return line_details(out.payload["LineItems"], ours, agreed, categories)

    def _states(self, mapper, link, out) -> tuple[DocumentState, DocumentState]:
        """Return Odoo's side and what was agreed."""
        inbound = self.env["xero.inbound"].sudo()._for_type(mapper._xero_type)
        ours = inbound._odoo_side_of(link.connection_id, link, out)
        return DocumentState.load(ours), DocumentState.load(link.base_state)
