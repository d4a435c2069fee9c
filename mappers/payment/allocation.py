"""Credits reconciled in Odoo, as Xero takes them: an amount of one credit for one invoice or bill."""

from decimal import Decimal

from odoo import models

from ..awaited import LOCK_DATES
from ..outgoing import Need, Outgoing, Problem
from ..text import named

# Xero's name of a credit: where its allocations are written.
CREDIT_RESOURCES = {"CreditNote": "CreditNotes", "Overpayment": "Overpayments", "Prepayment": "Prepayments"}


class XeroMapperAllocation(models.AbstractModel):
    """Parts that apply a credit. Allocations bear no mark and Xero may answer without their id: what tells them is the
    pair of credit and invoice, and how much is applied between the two.
    """

    _name = "xero.mapper.allocation"
    _inherit = "xero.mapper.payment"
    _description = "Xero Allocation Mapper"

    _xero_type = "Allocation"
    _xero_resource = "Allocations"
    _xero_id_field = None
    _xero_number_field = None
    _push_rank = 45
    # Unlike a payment: what shall be applied in all grows and shrinks.
    _xero_immutable = False

    # === MAPPER === #

    def _most_in_one(self, connection):
        return 0

    def _handles(self, records):
        return records.filtered("credit_type")

    def _prepare(self, records, connection, links=None) -> dict[int, Outgoing]:
        """Return what shall be applied in all by the parts ``records``; a fixed number of queries for any number."""
        parts = records.sudo().with_company(connection.company_id)
        links = self._links(parts, connection)
        return {part.id: self._outgoing_credit(part, connection, links) for part in parts}

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return the credit notes and the documents that the parts ``res_ids`` bring together."""
        parts = self.env[self._odoo_model].sudo().browse(res_ids).exists().filtered(lambda part: not part.over)
        moves = parts.document_id | parts.filtered(lambda part: part.credit_type == "CreditNote").entry_id
        return [self._need(move) for move in moves]

    def _marker_matches(self, element: dict, res_id: int, sent: dict) -> bool:
        return False

    def _removal_payload(self, link) -> dict:
        return {}

    def _path(self, credit_type: str, xero_id: str) -> str:
        """Return the resource that a credit's allocations lie under."""
        return f"{CREDIT_RESOURCES[credit_type]}/{xero_id}"

    # === ONE PART === #

    def _links(self, parts, connection) -> dict:
        """Return ``{(type, model, id): link}`` of the documents and credits of ``parts``."""
        links, found = self.env["xero.link"].sudo(), {}
        moves, payments = parts.document_id | parts.entry_id, parts.entry_id.origin_payment_id
        for kind, records in (
            ("Invoice", moves),
            ("CreditNote", moves),
            ("Overpayment", payments),
            ("Prepayment", payments),
        ):
            for res_id, link in links._map(connection, kind, records._name, records.ids).items() if records else ():
                found[kind, records._name, res_id] = link
        return found

    def _outgoing_credit(self, part, connection, links) -> Outgoing:
        out = Outgoing(part.id)
        if part.over or not part.document_id or not part.entry_id:
            return out
        out.status = "AUTHORISED"
        out.total = Decimal(f"{part.amount:.2f}")
        credit, invoice = self._credit_link(part, links, out), self._invoice_link(part, links, out)
        self._check_currency(part, out)
        if not (credit and invoice):
            return out
        day = max(self._day(credit, part.entry_id), self._day(invoice, part.document_id))
        self._check_day(day, connection, out)
        out.number = f"{credit.xero_id.lower()}:{invoice.xero_id.lower()}"
        out.payload = {"Invoice": {"InvoiceID": invoice.xero_id}, "Amount": out.total, "Date": day}
        return out

    def _credit_link(self, part, links, out):
        """Return the link of the credit once it is in Xero; a credit note that is not is needed first."""
        record = part.entry_id if part.credit_type == "CreditNote" else part.entry_id.origin_payment_id
        link = links.get((part.credit_type, record._name, record.id))
        if link and link.xero_id:
            self._check_approved(link, record, out)
            return link
        if part.credit_type == "CreditNote":
            out.needs.append(self._need(part.entry_id))
        else:
            out.problems.append(
                Problem(
                    "dependency",
                    self.env["xero.reason"]._("%s is not linked with Xero any more.", named(record.display_name)),
                )
            )
        return None

    def _invoice_link(self, part, links, out):
        link = links.get(("Invoice", "account.move", part.document_id.id))
        if link and link.xero_id:
            self._check_approved(link, part.document_id, out)
            return link
        out.needs.append(self._need(part.document_id))
        return None

    def _day(self, link, move) -> str:
        """Return the date in Xero of what ``link`` stands for."""
        return (link.base_state or {}).get("date") or (move.invoice_date or move.date).isoformat()

    # === PROBLEMS === #

    def _check_approved(self, link, record, out) -> None:
        if link.xero_status in ("DRAFT", "SUBMITTED"):
            message = self.env["xero.reason"]._(
                "%s is not approved in Xero: a credit can only be applied then. Approve it there, then try again.",
                named(record.display_name),
            )
            out.problems.append(Problem("validation", message, record._name, record.id))

    def _check_currency(self, part, out) -> None:
        credit, document = part.entry_id, part.document_id
        if credit.currency_id == document.currency_id:
            return
        message = self.env["xero.reason"]._(
            "%(credit)s is in %(one)s and %(document)s in %(other)s: Xero applies a credit only to documents of its "
            "own currency. Undo the reconciliation in Odoo, or refund the one and pay the other.",
            credit=named(credit.display_name),
            one=credit.currency_id.name,
            document=named(document.display_name),
            other=document.currency_id.name,
        )
        out.problems.append(Problem("validation", message, "account.move", document.id))

    def _check_day(self, day: str, connection, out) -> None:
        """Xero dates it with the later of both documents: no other day can be chosen."""
        locked = connection._xero_lock_date()
        if locked and day <= locked.isoformat():
            message = self.env["xero.reason"]._(
                "Xero dates an applied credit with the later of both documents, here %(day)s, and is locked up to "
                "%(lock)s. Move the lock date in Xero, then try again.",
                day=day,
                lock=locked.isoformat(),
            )
            out.problems.append(Problem("locked_period", message, connection._name, connection.id, waits=(LOCK_DATES,)))
