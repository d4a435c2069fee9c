"""Payments made in Odoo, as Xero takes them: one for each document."""

from decimal import Decimal

from odoo import models

from .. import marks
from ..awaited import LISTS, LOCK_DATES, record_key
from ..document.dates import base_day, first_open_day
from ..outgoing import Need, Outgoing, Problem
from ..text import named, shorten
from .canonical import canonical_payment

REFERENCE_LENGTH = 255
PAYABLE = ("AUTHORISED", "PAID")
# Payments in one batch payment; Xero names no limit.
LARGEST_RUN = 200


class XeroMapperPayment(models.AbstractModel):
    """Parts of payment entries. Payments carry no link back to Odoo: the end of their reference is our mark."""

    _name = "xero.mapper.payment"
    _inherit = "xero.mapper"
    _description = "Xero Payment Mapper"

    _xero_type = "Payment"
    _xero_resource = "Payments"
    _xero_id_field = "PaymentID"
    _xero_number_field = "Reference"
    _odoo_model = "xero.payment.part"
    _flow = "payments"
    _push_rank = 40
    _xero_immutable = True

    # === MAPPER === #

    def _most_in_one(self, connection):
        """What is one line of the bank account must not be cut in two because it is long."""
        return LARGEST_RUN if connection.batch_payments else 0

    def _handles(self, records):
        return records.filtered(lambda part: not part.credit_type)

    def _prepare(self, records, connection, links=None) -> dict[int, Outgoing]:
        """Return what to send for the parts ``records``; a fixed number of queries for any number of them."""
        parts = records.sudo().with_company(connection.company_id)
        links = self._document_links(parts, connection)
        links |= {("Payment", key): link for key, link in self._own_links(parts, connection).items()}
        rows = self.env["xero.mapping.journal"].sudo()._outgoing_journals(connection)
        accounts = self._write_off_rows(parts, connection)
        return {part.id: self._outgoing(part, connection, links, rows, accounts) for part in parts}

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return the documents that the parts ``res_ids`` pay."""
        parts = self.env[self._odoo_model].sudo().browse(res_ids).exists()
        paying = parts.filtered(lambda part: not part.over and part.document_id)
        return list(dict.fromkeys(self._need_of(part) for part in paying))

    def _claim_of(self, element):
        """Their reference is read by people on statements: the mark there bears no signature."""
        return marks.read_end(element.get("Reference"))

    def _is_same(self, element, payload):
        """The document, the day and the amount are equal."""
        ours, theirs = canonical_payment(payload), canonical_payment(element)
        return all(ours.get(name) == theirs.get(name) for name in ("target", "date", "amount"))

    def _may_stand_for(self, records, connection):
        companies = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        return self._handles(records).filtered(lambda part: part.company_id in companies)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return one call for each reference."""
        return [{"where": f'Reference=="{_quoted(element["Reference"])}"'} for element in elements]

    def _removal_payload(self, link) -> dict:
        if not link.xero_id or link.xero_status == "DELETED":
            return {}
        return {"PaymentID": link.xero_id, "Status": "DELETED"}

    # === ONE PART === #

    def _outgoing(self, part, connection, links, rows, accounts) -> Outgoing:
        """Return the ``Outgoing`` of one ``part``.

        :param links: those of the documents by ``(Xero type, record id)``, and the part's own by ``("Payment", part
            id)``
        :param rows: the mapping of bank accounts by journal id
        :param accounts: the mapping of accounts that take write-offs, by account id
        """
        out = Outgoing(part.id)
        if part.over or not part.document_id:
            return out
        out.status = "AUTHORISED"
        out.total = Decimal(f"{part.amount:.2f}")
        out.number = self._reference(part)
        out.payload = {
            **self._target(part, links, out),
            "Account": self._account(part, connection, rows, accounts, out),
            "Date": self._sent_day(part, connection, links.get(("Payment", part.id)), out),
            "Amount": out.total,
            "Reference": out.number,
        }
        if part.rate:
            out.payload["CurrencyRate"] = Decimal(f"{part.rate:.6f}")
        self._check_period(out.payload["Date"], connection, out)
        return out

    def _reference(self, part) -> str:
        """Return the payment's reference, with the mark of ``part`` at its end."""
        mark = marks.write_number(marks.Mark(self._database_mark(), part.id))
        memo = " ".join(self._memo(part).split())
        return f"{shorten(memo, REFERENCE_LENGTH - len(mark) - 1)} {mark}".strip()

    def _memo(self, part) -> str:
        """Return what people read as the reference of the payment ``part``, of any length."""
        return part.entry_id.ref or part.entry_id.name or ""

    def _need_of(self, part) -> Need:
        """Return what must be in Xero before ``part`` is: the document that it pays."""
        return self._need(part.document_id)

    def _target_of(self, need) -> str:
        """Return what Xero calls that which a payment is on, of the document that ``need`` names."""
        return need.xero_type

    def _document_currency(self, part):
        """Return the ``res.currency`` of the document that ``part`` pays."""
        return part.document_id.currency_id

    def _need(self, move) -> Need:
        """Return what must be in Xero before something is paid or credited on the document ``move``."""
        mapper = next(mapper for mapper in self.env["xero.mapper"]._for_model("account.move") if mapper._handles(move))
        return Need(mapper._xero_type, "account.move", move.id)

    def _own_links(self, parts, connection) -> dict:
        return self.env["xero.link"].sudo()._map(connection, self._xero_type, self._odoo_model, parts.ids)

    def _own_day(self, part) -> str:
        """Return the day of the payment ``part`` in Odoo: ``YYYY-MM-DD``, or empty."""
        return part.date.isoformat() if part.date else ""

    def _sent_day(self, part, connection, link, out) -> str:
        """Return the day to send: in a locked period of Xero the first open day, where the connection wants that.

        :param part: one payment on one document
        :param link: its own, ``None`` without one
        :param out: gets a notice when the day is moved
        :return: ``YYYY-MM-DD``, or empty
        """
        own, locked = self._own_day(part), connection._xero_lock_date()
        moves = locked and own <= locked.isoformat() and connection.xero_lock_policy == "move"
        day = base_day(link, own) or (first_open_day(locked) if moves else own)
        if day != own:
            out.notices.append(
                self.env["xero.reason"]._(
                    "Dated %(odoo)s in Odoo and %(xero)s in Xero, where the period was locked.", odoo=own, xero=day
                )
            )
        return day

    def _document_links(self, parts, connection) -> dict:
        """Return the links of what ``parts`` pay, by ``(Xero type, record id)``."""
        links = self.env["xero.link"].sudo()
        return {
            (kind, res_id): link
            for kind in ("Invoice", "CreditNote")
            for res_id, link in links._map(connection, kind, "account.move", parts.document_id.ids).items()
        }

    def _target(self, part, links, out) -> dict:
        """Return the document that ``part`` pays, in the form of the payload; what is in its way goes to ``out``.

        Xero takes payments on approved documents only (Xero: Payments).

        :param links: as of :meth:`_outgoing`
        """
        need = self._need_of(part)
        link = links.get((need.xero_type, need.res_id))
        if not (link and link.xero_id):
            out.needs.append(need)
            return {}
        if link.xero_status not in PAYABLE:
            out.problems.append(
                Problem(
                    "validation",
                    self.env["xero.reason"]._(
                        "%s is not approved in Xero: a payment on it can only be sent then. Approve or send it, then "
                        "try again.",
                        named(part.document_id.display_name),
                    ),
                    "account.move",
                    part.document_id.id,
                )
            )
        target = self._target_of(need)
        return {target: {f"{target}ID": link.xero_id}}

    # === ACCOUNTS === #

    def _account(self, part, connection, rows, accounts, out) -> dict:
        """Return the account that ``part`` is paid from or into, in the form of the payload; what is in its way goes to
        ``out``.

        Xero takes bank accounts, and those that payments are enabled for (Xero: Payments, Account).

        :param rows: as of :meth:`_outgoing`
        :param accounts: as of :meth:`_outgoing`
        """
        if part.account_id:
            return self._write_off_account(part, connection, accounts, out)
        row = rows.get(part.journal_id.id)
        if not row:
            out.problems.append(
                Problem(
                    "mapping",
                    self.env["xero.reason"]._(
                        "No Xero bank account takes the payments of %s.", named(part.journal_id.display_name)
                    ),
                    connection._name,
                    connection.id,
                    waits=(record_key("account.journal", part.journal_id.id),),
                )
            )
            return {}
        if row.xero_status != "ACTIVE":
            out.problems.append(
                Problem(
                    "mapping",
                    self.env["xero.reason"]._(
                        "The bank account %s is archived in Xero.", named(row.xero_account_id.display_name)
                    ),
                    row._name,
                    row.id,
                    waits=(LISTS,),
                )
            )
        self._check_account_currency(part, connection, row, row.xero_account_id, out)
        return {"AccountID": row.xero_account_id.xero_id}

    def _check_account_currency(self, part, connection, row, account, out) -> None:
        """Xero takes payments from accounts in the currency of the document, or in its own (Xero: Payments, Account).

        :param row: the mapping that ``account`` stands in
        """
        base = connection.currency_code or connection.company_id.currency_id.name
        currency, held = self._document_currency(part).name, account.currency_code or base
        if held in (currency, base):
            return
        message = self.env["xero.reason"]._(
            "%(document)s is in %(currency)s and the Xero account %(account)s in %(held)s: Xero takes payments only "
            "from an account in the currency of the document or in %(base)s. Pay it through such an account, or choose "
            "another Xero account for this journal.",
            document=named(part.document_id.display_name),
            currency=currency,
            account=named(account.display_name),
            held=held,
            base=base,
        )
        problem = Problem("validation", message, row._name, row.id, topic="bank_currency", waits=(LISTS,))
        out.problems.append(problem)

    def _write_off_rows(self, parts, connection) -> dict:
        rows = (
            self.env["xero.mapping.account"]
            .sudo()
            .search(
                [
                    ("connection_id", "=", connection.id),
                    ("account_id", "in", parts.account_id.ids),
                    ("state", "=", "confirmed"),
                ]
            )
        )
        return {row.account_id.id: row for row in rows}

    def _write_off_account(self, part, connection, accounts, out) -> dict:
        """Xero writes off by a payment from an account that payments are enabled for."""
        row = accounts.get(part.account_id.id)
        if not row:
            out.problems.append(
                Problem(
                    "mapping",
                    self.env["xero.reason"]._(
                        "No Xero account is chosen for %s, which takes the write-off.",
                        named(part.account_id.display_name),
                    ),
                    missing=("account", part.account_id.id),
                )
            )
            return {}
        target = row.xero_account_id
        if target.type != "BANK" and not target.enable_payments:
            out.problems.append(
                Problem(
                    "mapping",
                    self.env["xero.reason"]._(
                        "The write-off goes to %s, which takes no payments in Xero. Enable payments to this account in "
                        "Xero's chart of accounts, read the accounts again, and try again.",
                        named(target.display_name),
                    ),
                    row._name,
                    row.id,
                    waits=(LISTS,),
                )
            )
        self._check_account_currency(part, connection, row, target, out)
        return {"AccountID": target.xero_id}

    def _check_period(self, day: str, connection, out) -> None:
        locked = connection._xero_lock_date()
        if locked and day <= locked.isoformat():
            out.problems.append(
                Problem(
                    "locked_period",
                    self.env["xero.reason"]._(
                        "The payment is dated %(day)s; Xero is locked up to %(lock)s.",
                        day=day,
                        lock=locked.isoformat(),
                    ),
                    connection._name,
                    connection.id,
                    waits=(LOCK_DATES,),
                )
            )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
