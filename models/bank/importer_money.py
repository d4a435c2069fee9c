"""Money that was spent or received in Xero without an invoice: bank fees, interest, what the owner took."""

from dataclasses import dataclass
from datetime import timedelta

from odoo import fields, models

from ...mappers.awaited import element_key
from ...mappers.bank.canonical import CREDITS, MONEY, bank_state, credit_of
from ...mappers.document.canonical import GONE, DocumentState
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ..inbound.importer import FORBIDDEN, Result, Untakeable

# Each reading is a call, and Xero announces none of these: they are read at most every two hours.
EVERY = timedelta(hours=2)
# The half of a transfer that says what arrived.
ARRIVED = "RECEIVE-TRANSFER"


@dataclass
class Entry:
    """A bank transaction that is ready to be booked.

    :ivar row: the mapping of its bank account
    :ivar values: of the statement line
    """

    element: dict
    state: DocumentState
    row: models.BaseModel
    values: dict


class XeroInboundBankTransaction(models.AbstractModel):
    """Each is one bank statement line with explicit counterparts, in the journal that its bank account stands for,
    where payments of that account come from Xero.

    What else stands in Xero's list comes in by other ways: halves of transfers with the transfer; of over- and
    prepayments only their bank account is learned here, as nothing else says it. What was sent from Odoo is linked
    under the type of its own mapper.
    """

    _name = "xero.inbound.bank.transaction"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Bank Transaction"

    _xero_type = "BankTransaction"
    _resource = "BankTransactions"
    _id_field = "BankTransactionID"
    _odoo_model = "account.move"
    _flow = "payments"
    _rank = 33
    _switch = "sync_bank"
    _scopes = ("accounting.banktransactions.read",)
    _lists_ids = False
    _every = EVERY

    def _canonical(self, element):
        return bank_state(element).dump()

    def _is_gone(self, element):
        return element.get("Status") in GONE

    # === NEW === #

    def _apply_new(self, connection, elements):
        """Book what is wanted; a fixed number of queries to judge a page."""
        self._note(connection, elements)
        wanted = [element for element in elements if self._is_wanted(connection, element)]
        rows, results, mine = self._rows(connection, wanted), {}, []
        for element in wanted:
            row = self._row(element, rows)
            if not (row and row.state == "confirmed" and row.direction != "xero_to_odoo"):
                mine.append((element, row))
        contacts = self.env["xero.inbound"]._for_type("Contact")
        contacts._ensure(connection, [element.get("Contact") or {} for element, _row in mine])
        entries = self._entries(connection, mine, results)
        twins = self._twins_of(connection, entries)
        results |= self._propose(connection, [entry for entry in entries if self._key(entry) in twins], twins)
        results |= self._book(connection, [entry for entry in entries if self._key(entry) not in twins])
        return {element[self._id_field]: Result("ignored") for element in elements} | results

    def _is_wanted(self, connection, element) -> bool:
        """Whether ``element`` is money that is booked here: in use, of a kind and a date that is synced."""
        if connection.bank_entries == "learn" or self._is_gone(element) or element.get("Type") not in MONEY:
            return False
        return bank_state(element).date >= fields.Date.to_string(connection._sync_start())

    def _rows(self, connection, elements) -> dict:
        """Return ``{account id in Xero: mapping row}``; new bank accounts get a row with a suggestion."""
        banks = [{"Account": element.get("BankAccount")} for element in elements]
        return self.env["xero.inbound.payment"]._rows(connection, banks)

    def _row(self, element, rows):
        """Return the mapping row of the bank account of ``element``; ``None`` for one that was never read."""
        return rows.get((element.get("BankAccount") or {}).get("AccountID"))

    def _entries(self, connection, pairs, results) -> list:
        """Return the :class:`Entry` of each of ``pairs`` (element, mapping row); what misses something gets a result.

        :param results: ``{xero id: Result}``, added to in place
        """
        books = self.env["xero.bank.ledger"]._books(connection, [bank_state(element) for element, _row in pairs])
        entries = []
        for element, row in pairs:
            try:
                entries.append(self._entry(connection, element, row, books))
            except Untakeable as error:
                results[element[self._id_field]] = Result("failed", said(error), None, error.fix)
        return entries

    def _entry(self, connection, element, row, books):
        """Return the :class:`Entry` of ``element``.

        :raise Untakeable: something must be mended first
        """
        if not row:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "The bank account of this bank transaction is not known yet: read the accounts of Xero again."
                ),
                connection,
            )
        if not row._is_usable():
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "Choose the journal for the Xero bank account %s; the bank transaction is booked then.",
                    named(row.xero_account_id.display_name),
                ),
                row,
            )
        state = bank_state(element)
        values = self.env["xero.bank.ledger"]._statement_values(connection, element, state, row, books)
        return Entry(element, state, row, values)

    def _key(self, entry) -> str:
        return entry.element[self._id_field]

    # === SIGHTINGS === #

    def _note(self, connection, elements) -> None:
        """Keep what is said here only: through which bank account over- and prepayments came (Xero: Prepayments), and
        what arrived of transfers.
        """
        found, ids = {}, {}
        for element in elements:
            kind, xero_id = credit_of(element)
            if element.get("Type") == ARRIVED:
                kind, xero_id = self._xero_type, element[self._id_field]
            if kind and not self._is_gone(element):
                found[kind, xero_id] = (element.get("BankAccount") or {}).get("AccountID"), element.get("Total")
                ids[kind, xero_id.lower()] = xero_id
        news = self.env["xero.bank.sighting"]._learn(connection, found) if found else ()
        arrived = {element_key(*key) for key in news if key[0] == self._xero_type}
        if arrived:
            self.env["xero.sync.job"]._retry_awaiting(arrived, connection)
        for credit in set(CREDITS.values()):
            seen = [ids[key] for key in news if key[0] == credit]
            if seen:
                self.env["xero.inbound"]._for_type(credit)._bank_account_seen(connection, seen)

    # === BOOK === #

    def _book(self, connection, entries) -> dict:
        """Book ``entries`` together; when Odoo forbids one of them, each alone, and say why."""
        if not entries:
            return {}
        try:
            with self.env.cr.savepoint():
                return self._book_all(connection, entries)
        except FORBIDDEN:
            self.env.invalidate_all(flush=False)
        results = {}
        for entry in entries:
            results |= self._book_alone(connection, entry)
        return results

    def _book_alone(self, connection, entry):
        try:
            with self.env.cr.savepoint():
                return self._book_all(connection, [entry])
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            return {self._key(entry): Result("failed", quoted(error.args[0]), None, {"kind": "validation"})}

    def _book_all(self, connection, entries):
        ledger = self.env["xero.bank.ledger"]
        moves = ledger._create(connection, [entry.values for entry in entries])
        self.env["xero.link"]._save(
            [self._row_of(connection, entry.element, move) for entry, move in zip(entries, moves, strict=True)]
        )
        imported = self.env["xero.reason"]._("Imported from Xero.")
        self.env["xero.log"]._post(connection, [(move, imported) for move in moves])
        return {
            self._key(entry): Result("created", res_id=move.id) for entry, move in zip(entries, moves, strict=True)
        }

    def _row_of(self, connection, element, move, **values):
        """Return the values of the link between ``element`` and ``move``; the digest is of what Odoo has booked."""
        return self._link_row(
            connection,
            move.id,
            element,
            move.company_id,
            **{
                "from_xero": True,
                "xero_number": element.get("Reference") or None,
                "xero_total": element.get("Total"),
                "digest": self.env["xero.bank.ledger"]._print(move),
                "message": None,
                **values,
            },
        )

    # === TWINS === #

    def _twins_of(self, connection, entries) -> dict:
        """Return ``{key of the entry: move}`` of what people booked in Odoo already, perhaps."""
        wanted = {
            self._key(entry): (entry.row.journal_id, entry.values["amount"], fields.Date.to_date(entry.state.date))
            for entry in entries
        }
        return self.env["xero.bank.ledger"]._same_money(connection, wanted)

    def _propose(self, connection, entries, twins) -> dict:
        """Ask a person whether the twins are the same money: nothing is booked twice, and nothing linked unseen."""
        results = {}
        for entry in entries:
            key, move = self._key(entry), twins[self._key(entry)]
            # Nothing is agreed on yet.
            unknown = dict.fromkeys(("base_state", "base_digest", "base_source", "digest", "xero_updated_at"))
            self.env["xero.link"]._save([self._row_of(connection, entry.element, move, from_xero=False, **unknown)])
            link = self._links(connection, [key])[key]
            reason = self.env["xero.reason"]._(
                "%(move)s of %(amount)s in %(journal)s may be what Xero has on %(day)s. If it is the same, the two are "
                "linked; if not, what Xero has is imported as another entry.",
                move=named(move.display_name),
                amount=self._currency(entry.row.journal_id).format(abs(entry.values["amount"])),
                journal=named(entry.row.journal_id.display_name),
                day=fields.Date.to_date(entry.state.date),
            )
            results[key] = self.env["xero.conflict"]._refuse(
                self, connection, link, entry.element, move, reason, kind="twin"
            )
        return results

    def _currency(self, journal):
        return journal.currency_id or journal.company_id.currency_id
