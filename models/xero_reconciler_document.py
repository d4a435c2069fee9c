"""Linked invoices, bills and credit notes: what Odoo would send now against what Xero holds."""

from dataclasses import replace
from decimal import Decimal

from odoo import models

from ..mappers.inbound_document import payload_element
from ..mappers.inbound_values import decimal, lower
from ..mappers.reconcile_document import Facts, Found, compare_documents, facts_of
from ..mappers.reconcile_settlement import compare_settlements, total_of
from .xero_reconciler import CHUNK, ROUNDS
from .xero_reconciliation_sheet import APPROVED, GONE, Subject

DOCUMENTS = ("Invoice", "CreditNote")
DRAFTS = ("DRAFT", "SUBMITTED")
# With these the lines that Odoo would send are not known.
UNKNOWN_LINES = ("mapping", "total_mismatch")


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    def _step_links(self, report, sheet, work):
        """Compare the next linked documents."""
        domain = [("connection_id", "=", report.connection_id.id), ("xero_type", "in", DOCUMENTS)]
        domain += [("res_model", "=", "account.move"), ("xero_id", "!=", False), ("id", ">", work["after"])]
        if work.get("queue") is not None:
            domain.append(("id", "in", work["queue"]))
        links = self.env["xero.link"].search(domain, order="id", limit=CHUNK)
        # Those are told of as what they are; compared, they would differ in everything.
        alone = links - links.browse([link_id for link_id, _element in self._shared_links(report, links)])
        for xero_type in DOCUMENTS:
            of_type = alone.filtered(lambda link, xero_type=xero_type: link.xero_type == xero_type)
            if of_type:
                self._compare_linked(report, sheet, work, xero_type, of_type)
        return links[-1].id if len(links) == CHUNK else None

    # === PAIRS === #

    def _compare_linked(self, report, sheet, work, xero_type, links):
        """Compare documents of one type; a fixed number of queries for any number of them."""
        elements = self._elements(report, xero_type, links.mapped("xero_id"))
        moves = self._moves(report, links.mapped("res_id"))
        by_id = {move.id: move for move in moves}
        busy = self._busy_records(report, "account.move", links.mapped("res_id"))
        waiting = self._busy_elements(report, xero_type, links.mapped("xero_id"))
        stuck = self._stuck_records(report, "account.move", links.mapped("res_id"))
        sides = self._odoo_facts(report, xero_type, moves, {link.res_id: link for link in links})
        settled = self._settlements(report, xero_type, links, moves, elements)
        for link in links:
            move, element = by_id.get(link.res_id), elements.get(link.xero_id)
            if link.state == "ignored":
                sheet.out_of_scope += 1
            elif link.res_id in busy or lower(link.xero_id) in waiting or settled.is_busy(link.res_id):
                sheet.on_the_way += 1
            elif self._is_changed_since(work, link.synced_at, move and move.write_date, settled.changed(link.res_id)):
                self._postpone(sheet, work, link)
            else:
                subject = Subject(move, element, xero_type=xero_type, note=self._note(link, stuck))
                self._compare_pair(report, sheet, link, subject, sides.get(link.res_id), settled)

    def _postpone(self, sheet, work, link):
        if work["round"] < ROUNDS:
            sheet.again.append(link.id)
        else:
            sheet.on_the_way += 1

    def _moves(self, report, res_ids):
        moves = self.env["account.move"].sudo().with_company(report.company_id).with_context(lang="en_US")
        return moves.browse(res_ids).exists()

    def _note(self, link, stuck):
        if link.state == "conflict":
            return self.env._("A conflict about it waits for your decision.")
        return stuck.get(link.res_id)

    def _compare_pair(self, report, sheet, link, subject, mine, settled):
        move, element = subject.record, subject.element
        sheet.compared += 1
        if element is None:
            if move:
                self._vanished(sheet, link, subject, mine)
            return
        theirs = self._xero_facts(subject.xero_type, element)
        subject.rate = theirs.rate if mine is None else mine.rate
        posted, approved = bool(move) and move.state == "posted", element.status in APPROVED
        if posted and mine:
            sheet.add_document("odoo", subject, mine)
        if approved:
            sheet.add_document("xero", subject, theirs)
        kind = self._status_kind(link, move, element)
        if kind:
            sheet.differ(self._one_sided(kind, move, element, mine, theirs), subject)
        elif mine and element.status not in GONE and (posted == approved):
            self._compare_facts(report, sheet, subject, mine, theirs, settled if posted else None)

    def _vanished(self, sheet, link, subject, mine):
        if mine is None and subject.record.state != "posted":
            return
        if mine and subject.record.state == "posted":
            sheet.add_document("odoo", subject, mine)
        sheet.differ(
            Found("vanished", subject.record.display_name, "", mine and mine.total), subject, xero_id=link.xero_id
        )

    def _status_kind(self, link, move, element) -> str | None:
        """Return the kind of difference in what state the two are; ``None`` when they can be compared or agree."""
        gone = element.status in GONE
        if not move:
            return None if gone else "deleted_in_odoo"
        if move.state == "posted":
            return "voided_in_xero" if gone else "status" if element.status in DRAFTS else None
        if gone or element.status in DRAFTS and move.state == "draft":
            return None
        if move.state == "draft" and link.from_xero and not move.posted_before:
            return "status"
        return "voided_in_odoo"

    def _one_sided(self, kind, move, element, mine, theirs) -> Found:
        state = dict(move._fields["state"]._description_selection(self.env))[move.state] if move else ""
        amounts = {
            "voided_in_xero": mine.total if mine else None,
            "voided_in_odoo": -theirs.total,
            "deleted_in_odoo": -theirs.total,
        }
        amount = amounts.get(kind)
        if kind == "status" and mine and move.state == "posted":
            amount = mine.total
        elif kind == "status":
            amount = -theirs.total
        return Found(kind, state, element.status, amount)

    def _compare_facts(self, report, sheet, subject, mine, theirs, settled):
        found = compare_documents(mine, theirs)
        for difference in found:
            sheet.differ(difference._replace(**self._in_words(report, difference)), subject)
        if settled is not None and not any(difference.kind == "currency" for difference in found):
            self._compare_due(report, sheet, subject, mine, theirs, settled)

    def _in_words(self, report, difference) -> dict:
        """Contacts are compared by id and shown by name."""
        if difference.kind != "contact":
            return {}
        names = self._contact_names(report, [difference.odoo, difference.xero])
        return {"odoo": names.get(difference.odoo) or "?", "xero": names.get(difference.xero) or "?"}

    def _contact_names(self, report, xero_ids) -> dict:
        elements = self._elements(report, "Contact", [xero_id for xero_id in xero_ids if xero_id])
        return {lower(xero_id): element.name for xero_id, element in elements.items()}

    def _compare_due(self, report, sheet, subject, mine, theirs, settled):
        """Compare what settles the document; what is open and not explained by that is a difference of its own."""
        ours, others = settled.of(subject.record.id)
        later = report.connection_id.odoo_lock_policy == "move"
        for difference, one, other in compare_settlements(ours, others, later):
            if not settled.is_reported_elsewhere(subject.record.id, one, other):
                sheet.differ(
                    difference._replace(**settled.in_words(difference)), subject, **settled.columns(one, other)
                )
        rest = (mine.due - mine.total + total_of(ours)) - (theirs.due - theirs.total + total_of(others))
        if rest:
            sheet.differ(Found("amount_due", f"{mine.due:.2f}", f"{theirs.due:.2f}", rest), subject)

    # === FACTS === #

    def _xero_facts(self, xero_type, element) -> Facts:
        inbound = self.env["xero.inbound"]._for_type(xero_type)
        data = element.data
        due = data.get("AmountDue") if xero_type == "Invoice" else data.get("RemainingCredit")
        facts = facts_of(inbound._remote_view(data), decimal(due))
        return replace(facts, contact=lower(facts.contact))

    def _odoo_facts(self, report, xero_type, moves, links) -> dict[int, Facts]:
        """Return ``{move id: Facts}`` of what Odoo would send now; those that must not be in Xero are left out."""
        inbound = self._inbound(report, xero_type)
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", report.connection_id.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        found = {}
        for move_id, out in inbound._outgoing(report.connection_id, moves).items():
            if out.status == "ABSENT":
                continue
            link = links.get(move_id)
            xero_id = (link and link.xero_id) or ""
            element = payload_element(out.payload, percents, out.total, inbound._id_field, xero_id)
            move = moves.browse(move_id)
            known = not any(problem.code in UNKNOWN_LINES for problem in out.problems)
            facts = facts_of(inbound._remote_view(element), Decimal(f"{move.amount_residual:.2f}"), known)
            # What was given back or overpaid counts once, on either side.
            found[move_id] = replace(facts, contact=lower(facts.contact), due=abs(facts.due))
        return found
