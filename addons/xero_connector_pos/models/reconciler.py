"""What tills have sold, in the comparison of both books: each document to the cent, and what is open of it."""

from dataclasses import replace
from decimal import Decimal

from odoo import models
from odoo.addons.xero_connector.mappers.document.canonical import DocumentState, payload_element
from odoo.addons.xero_connector.mappers.values import lower
from odoo.addons.xero_connector.models.reconciliation.compare_document import Found, compare_documents, facts_of
from odoo.addons.xero_connector.models.reconciliation.reconciler import CHUNK
from odoo.addons.xero_connector.models.reconciliation.worksheet import APPROVED, GONE, Subject

from ..mappers.payment import TARGETS

ZERO = Decimal(0)


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    def _step_links(self, report, sheet, work):
        """Extend: documents of tills come first, in pieces of their own."""
        if work.get("queue") is not None or work.get("tills_done"):
            return super()._step_links(report, sheet, work)
        domain = [("connection_id", "=", report.connection_id.id), ("xero_type", "in", list(TARGETS))]
        domain += [("xero_id", "!=", False), ("id", ">", work.get("tills_after", 0))]
        links = self.env["xero.link"].search(domain, order="id", limit=CHUNK)
        for xero_type, of_type in links.grouped("xero_type").items():
            self._compare_tills(report, sheet, work, xero_type, of_type)
        if len(links) == CHUNK:
            work["tills_after"] = links[-1].id
        else:
            self._miss_sessions(report, sheet)
            work["tills_done"] = True
        return 0

    def _compare_tills(self, report, sheet, work, xero_type, links):
        """Compare documents of one type; a fixed number of queries for any number of them."""
        mapper = self.env["xero.mapper"]._for_type(xero_type)
        records = self.env[mapper._odoo_model].sudo().browse(links.mapped("res_id")).exists()
        elements = self._elements(report, mapper._stands_among, links.mapped("xero_id"))
        parts = self._till_parts(report, xero_type, records)
        busy = self._busy_records(report, mapper._odoo_model, records.ids)
        unpaid = self._busy_records(report, "xero.payment.part", [part.id for paid in parts.values() for part in paid])
        stuck = self._stuck_records(report, mapper._odoo_model, records.ids)
        outgoing = mapper._prepare(records.with_company(report.company_id), report.connection_id)
        by_id = {record.id: record for record in records}
        for link in links:
            record, paid = by_id.get(link.res_id), parts.get(link.res_id, ())
            if link.state == "ignored":
                sheet.out_of_scope += 1
            elif link.res_id in busy or any(part.id in unpaid for part in paid):
                sheet.on_the_way += 1
            elif not self._is_changed_since(work, link.synced_at, in_doubt=False):
                self._compare_till(report, sheet, mapper, link, record, elements, outgoing, paid, stuck)
            else:
                sheet.on_the_way += 1

    def _till_parts(self, report, xero_type, records) -> dict:
        """Return ``{record id: payments on it that are to be in Xero}``; one query."""
        field = "pos_session_id" if records._name == "pos.session" else "document_id"
        domain = [("connection_id", "=", report.connection_id.id), ("till_type", "=", xero_type), ("over", "=", False)]
        parts = self.env["xero.payment.part"].sudo().search([*domain, (field, "in", records.ids)])
        return {record.id: of_record for record, of_record in parts.grouped(field).items()}

    def _compare_till(self, report, sheet, mapper, link, record, elements, outgoing, paid, stuck):
        element, out = elements.get(link.xero_id), outgoing.get(link.res_id)
        subject = Subject(record, element, xero_type=mapper._xero_type, note=stuck.get(link.res_id))
        sheet.compared += 1
        mine = self._till_facts(report, mapper, link, out, paid) if out and out.is_due else None
        if element is None:
            if mine:
                subject.rate = mine.rate
                found = Found("vanished", record.display_name, "", mine.total)
                sheet.differ(found, subject, xero_id=link.xero_id)
            return
        theirs = self._xero_facts(mapper._stands_among, element)
        subject.rate = theirs.rate
        for side, facts, counts in (("odoo", mine, True), ("xero", theirs, element.status in APPROVED)):
            if facts and counts:
                sheet.add_document(side, subject, facts)
        if element.status in GONE:
            if mine:
                sheet.differ(Found("voided_in_xero", record.display_name, element.status, mine.total), subject)
        elif mine is None:
            kind = "voided_in_odoo" if record else "deleted_in_odoo"
            sheet.differ(Found(kind, "", element.status, -theirs.total), subject)
        else:
            for difference in compare_documents(mine, theirs):
                sheet.differ(difference._replace(**self._sentence(report, difference)), subject)
            if mine.due != theirs.due:
                gap = mine.due - theirs.due
                sheet.differ(Found("amount_due", f"{mine.due:.2f}", f"{theirs.due:.2f}", gap), subject)

    def _till_facts(self, report, mapper, link, out, paid):
        """Return what Odoo would send now, less what was paid."""
        inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", report.connection_id.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        element = payload_element(out.payload, percents, out.total, mapper._xero_id_field, link.xero_id)
        state = DocumentState.load(inbound._canonical(element))
        known = not any(problem.code in ("mapping", "total_mismatch") for problem in out.problems)
        due = out.total - sum((part._amount() for part in paid), ZERO)
        facts = facts_of(state, due, known)
        return replace(facts, contact=lower(facts.contact))

    def _miss_sessions(self, report, sheet):
        """Say which sessions in scope Xero lacks."""
        scope = self.env["xero.connection"]._scope(report.company_id.id)
        if not scope or "SessionInvoice" in scope.off:
            return
        sessions = self.env["xero.feeder.till"]._missing(report.connection_id, scope)
        busy = self._busy_records(report, "pos.session", sessions.ids)
        stuck = self._stuck_records(report, "pos.session", sessions.ids)
        for xero_type in ("SessionInvoice", "SessionCreditNote"):
            mapper = self.env["xero.mapper"]._for_type(xero_type)
            waiting = mapper._handles(sessions.filtered(lambda session: session.id not in busy))
            for res_id, out in mapper._prepare(waiting, report.connection_id).items():
                if out.is_due:
                    record = sessions.browse(res_id)
                    subject = Subject(record, xero_type=xero_type, note=stuck.get(res_id))
                    sheet.differ(Found("missing_in_xero", f"{out.total:.2f}", "", out.total), subject)
        sheet.on_the_way += len(busy)
