"""What invoices, bills and credit notes have in common: state, head, problems and the order of the work."""
from decimal import Decimal

from odoo import models

from ..xero_api import codec
from ..xero_api.dates import to_date_string
from ..xero_api.money import cents
from .document_books import Books
from .document_lines import read_sheet
from .document_payload import payload_lines, predicted_total
from .document_sheet import complete
from .outgoing import Need, Outgoing, Problem
from .text import printable, shorten

REFERENCE_LENGTH = 255
# Xero refuses what is in these already.
APPROVED = ("AUTHORISED", "PAID")
LINE_AMOUNT_LIMIT = Decimal("9999999999.99")


class XeroMapperDocument(models.AbstractModel):
    """Shared by the mappers of ``account.move``. A document is always sent whole: Xero deletes lines that are left out."""

    _name = "xero.mapper.document"
    _inherit = "xero.mapper"
    _description = "Xero Document Mapper"

    _odoo_model = "account.move"
    # Xero's document type by move_type.
    _xero_types = {}
    _tracked_fields = frozenset({
        "state", "move_type", "name", "ref", "payment_reference", "invoice_origin", "invoice_date", "invoice_date_due", "date",
        "partner_id", "commercial_partner_id", "currency_id", "invoice_currency_rate", "journal_id", "company_id",
        "invoice_line_ids", "line_ids", "invoice_payment_term_id", "invoice_cash_rounding_id", "fiscal_position_id",
    })
    _tracked_line_fields = frozenset({
        "name", "display_type", "sequence", "account_id", "tax_ids", "quantity", "price_unit", "discount", "amount_currency",
        "balance", "debit", "credit", "product_id", "currency_id", "deductible_amount",
    })

    # What Xero still lets change once something is paid or credited; amounts, dates and currency do not.
    _open_when_paid = frozenset()

    # === MAPPER === #

    def _handles(self, records):
        return records.filtered(lambda move: move.move_type in self._xero_types)

    def _prepare(self, records, connection) -> dict[int, Outgoing]:
        """Return what to send for the documents ``records``.

        The number of queries is the same for one document as for fifty.
        """
        moves = records.sudo().with_company(connection.company_id).with_context(lang="en_US")
        books = Books(connection.sudo().with_env(moves.env), moves, self._xero_type)
        return {move.id: self._outgoing(move, books) for move in moves}

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return the contacts of the documents ``res_ids``."""
        self.env["account.move"].flush_model(["commercial_partner_id", "state"])
        self.env.cr.execute(
            "SELECT DISTINCT commercial_partner_id FROM account_move"
            " WHERE id = ANY(%s) AND state = ANY(%s) AND commercial_partner_id IS NOT NULL ORDER BY 1",
            [list(res_ids), ["posted", "draft"] if connection.sync_when == "draft" else ["posted"]],
        )
        return [Need("Contact", "res.partner", partner_id) for [partner_id] in self.env.cr.fetchall()]

    def _removal_payload(self, link) -> dict:
        """Return the status change that takes the document out of Xero's books: drafts are deleted, others voided."""
        status = {"DRAFT": "DELETED", "SUBMITTED": "DELETED", "VOIDED": None, "DELETED": None}.get(link.xero_status, "VOIDED")
        return {self._xero_id_field: link.xero_id, "Status": status} if link.xero_id and status else {}

    # === ONE DOCUMENT === #

    def _outgoing(self, move, books) -> Outgoing:
        out = Outgoing(move.id, status=self._wanted_status(move, books))
        if out.status == "ABSENT":
            return out
        out.total = cents(Decimal(repr(move.amount_total)))
        out.number = self._number(move, books.links.get(move.id))
        out.payload = self._head(move, books, out)
        out.payload["LineItems"] = self._lines(move, books, out)
        out.payload["Status"] = out.status
        self._check(move, books, out)
        return out

    def _wanted_status(self, move, books) -> str:
        """Say what Xero shall hold, from the document's state alone.

        Xero cannot make an approved document a draft again: one that was reset in Odoo goes, and comes back when posted.
        """
        if move.state == "posted":
            return "AUTHORISED"
        link = books.links.get(move.id)
        wanted = move.state == "draft" and books.connection.sync_when == "draft" and move.partner_id and move.line_ids
        if not wanted or (link and link.xero_status in APPROVED):
            return "ABSENT"
        return "DRAFT"

    # === HEAD === #

    def _head(self, move, books, out) -> dict:
        head = {
            "Type": self._xero_types[move.move_type],
            self._xero_number_field: out.number,
            "Contact": self._contact(move, books, out),
            "Date": self._date(move),
            "LineAmountTypes": "Exclusive",
            "CurrencyCode": move.currency_id.name,
            "CurrencyRate": books.currency_rate(move),
            "Reference": self._reference(move),
        }
        return {key: value for key, value in head.items() if value not in (None, "", {})}

    def _is_sale(self, move) -> bool:
        return move.move_type.startswith("out_")

    def _number(self, move, link) -> str:
        """Return the document number. Sales carry Odoo's, purchases the vendor's.

        A draft without one carries a mark that it can be found by, rather than use up a number of Xero's own sequence.
        """
        own = printable(move.name if move.name != "/" else "")
        if not self._is_sale(move):
            return printable(move.ref) or own or self._draft_number(move)
        if not own:
            return "" if move.state == "posted" else self._draft_number(move)
        return f"{own}-R{link.revision}" if link and link.revision else own

    def _draft_number(self, move) -> str:
        return f"odoo-{self._database_mark()}-{move.id}"

    def _reference(self, move) -> str:
        """Return the customer's reference; on purchases Xero has no such field."""
        if not self._is_sale(move):
            return ""
        memo = move.payment_reference if move.payment_reference != move.name else ""
        return shorten(" ".join((move.ref or memo or move.invoice_origin or "").split()), REFERENCE_LENGTH)

    def _date(self, move) -> str:
        """Return the date on the document, unless Odoo booked it in another month: then the ledgers must agree."""
        issued, booked = move.invoice_date, move.date
        if issued and booked and (issued.year, issued.month) != (booked.year, booked.month) and move.state == "posted":
            issued = booked
        return to_date_string(issued) if issued else ""

    def _contact(self, move, books, out) -> dict:
        partner = move.commercial_partner_id
        link = books.contacts.get(partner.id)
        if not partner:
            out.problems.append(Problem(
                "validation", self.env._("%s has no contact: choose one.", self._name_of(move)), "account.move", move.id,
            ))
        elif not (link and link.xero_id):
            out.needs.append(Need("Contact", "res.partner", partner.id))
        elif link.xero_status == "ARCHIVED":
            out.problems.append(Problem("validation", self.env._(
                "%s is archived in Xero and cannot be used on documents: restore it there.", partner.display_name,
            ), "res.partner", partner.id))
        return {"ContactID": link.xero_id} if link and link.xero_id else {}

    def _name_of(self, move) -> str:
        return move.display_name

    # === LINES === #

    def _lines(self, move, books, out) -> list[dict]:
        """Return the payload lines; on problems those that could be made."""
        sheet = read_sheet(move, books.taxes)
        completed = complete(self, move, sheet, books, out)
        lines = payload_lines(sheet)
        if completed:
            self._prove(move, lines, sheet, books, out)
        return lines + self._adjustment(move, books, out)

    def _prove(self, move, lines, sheet, books, out):
        """Compare what Xero will make of the lines with Odoo's total: never send what is known not to agree."""
        residual = out.total - predicted_total(sheet, lines)
        if not residual:
            return
        if books.connection.rounding_policy == "draft" and abs(residual) <= self._largest_rounding(sheet):
            out.status = "DRAFT"
            out.notices.append(self.env._(
                "%(name)s stays a draft in Xero: its lines add up to %(difference)s less than in Odoo.",
                name=self._name_of(move), difference=residual,
            ))
        elif abs(residual) <= self._largest_rounding(sheet) and self._rounding_account(books):
            lines.append(self._rounding_line(books, residual))
        else:
            out.problems.append(Problem("total_mismatch", self.env._(
                "The lines of %(name)s cannot be given to Xero so that they add up to %(total)s: %(difference)s would be missing.",
                name=self._name_of(move), total=out.total, difference=residual,
            ), "account.move", move.id))

    def _largest_rounding(self, sheet) -> Decimal:
        """Beyond a cent a line it is no rounding."""
        return Decimal("0.01") * max(len(sheet.rows), 5)

    def _adjustment(self, move, books, out) -> list[dict]:
        """Return the line that makes up for what Xero's last answer differed by."""
        link = books.links.get(move.id)
        adjustment = cents(Decimal(repr(link.adjustment))) if link else Decimal(0)
        if not adjustment or not self._rounding_account(books):
            return []
        return [self._rounding_line(books, adjustment)]

    def _rounding_account(self, books):
        account = books.connection.rounding_account_id
        return account if account.status == "ACTIVE" and account.code else None

    def _rounding_line(self, books, amount: Decimal) -> dict:
        return {
            "Description": "Rounding", "Quantity": Decimal(1), "UnitAmount": amount,
            "AccountCode": self._rounding_account(books).code, "TaxType": self._untaxed(books),
        }

    def _untaxed(self, books) -> str:
        tax = books.tax((), "sale") or books.tax((), "purchase")
        return tax.tax_type if tax and tax.tax_type else "NONE"

    # === CHECKS === #

    def _check(self, move, books, out):
        """Add what Xero would refuse for reasons other than its lines."""
        if not out.number:
            self._refuse(move, out, self.env._(
                "The number of %s has letters or a length that Xero does not take: use up to 255 plain letters and digits.", self._name_of(move),
            ))
        if move.currency_id.name not in books.currencies:
            self._refuse(move, out, self.env._(
                "%(name)s is in %(currency)s, which is not enabled in %(organisation)s: add the currency in Xero, then read the settings anew.",
                name=self._name_of(move), currency=move.currency_id.name, organisation=books.connection.tenant_name,
            ))
        if out.total < 0 or out.total > LINE_AMOUNT_LIMIT:
            self._refuse(move, out, self.env._("Xero takes no document of %(total)s: %(name)s.", total=out.total, name=self._name_of(move)))
        if out.payload.get("CurrencyRate") is not None and not out.payload["CurrencyRate"]:
            self._refuse(move, out, self.env._("%s has no currency rate.", self._name_of(move)))
        self._check_lock(move, books, out)

    def _refuse(self, move, out, message: str):
        out.problems.append(Problem("validation", message, "account.move", move.id))

    def _check_lock(self, move, books, out):
        """Xero refuses documents dated on or before a lock date. What is in Xero unchanged needs no sending."""
        date = out.payload.get("Date")
        if not (books.lock_date and date and date <= to_date_string(books.lock_date)):
            return
        link = books.links.get(move.id)
        if link and link.state == "synced" and link.digest in (codec.digest(out.payload), codec.digest(out.agreed())):
            return
        out.problems.append(Problem("locked_period", self.env._(
            "%(name)s is dated %(date)s, in a period that is locked in Xero up to %(lock)s.",
            name=self._name_of(move), date=date, lock=to_date_string(books.lock_date),
        ), "account.move", move.id))
