"""Money that was moved in Xero from one bank account to another."""

from dataclasses import dataclass
from decimal import Decimal

from odoo import Command, fields, models

from ...mappers.awaited import element_key
from ...mappers.bank.canonical import SIDES, canonical_transfer
from ...mappers.document.canonical import GONE
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ...mappers.values import decimal, lower, number
from ...xero_api.money import cents
from ..inbound.importer import FORBIDDEN, Result, Untakeable
from .importer_money import EVERY


@dataclass
class Half:
    """What a transfer is on one bank account.

    :ivar row: the mapping of the bank account
    :ivar amount: in the currency of the account, above zero for what arrives
    """

    side: str
    row: models.BaseModel
    amount: Decimal
    xero_id: str


class XeroInboundBankTransfer(models.AbstractModel):
    """A transfer is a statement line in each of both journals, against the company's account for transfers, where they
    are reconciled. Where only one of the bank accounts is booked from Xero, it is that half.

    Xero says when a transfer was made, never when it was changed (Xero: Bank transfers), so all are read each time:
    they are one call.
    """

    _name = "xero.inbound.bank.transfer"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Bank Transfer"

    _xero_type = "BankTransfer"
    _resource = "BankTransfers"
    _id_field = "BankTransferID"
    _odoo_model = "account.move"
    _flow = "payments"
    _rank = 34
    _switch = "sync_transfers"
    _scopes = ("accounting.banktransactions.read",)
    _params = {"includeDeleted": "true"}
    _lists_ids = False
    _is_read_whole = True
    _every = EVERY

    def _canonical(self, element):
        return canonical_transfer(element)

    def _is_gone(self, element):
        return element.get("Status") in GONE

    # === NEW === #

    def _apply_new(self, connection, elements):
        results, start = {}, fields.Date.to_string(connection._sync_start())
        wanted = [
            element
            for element in elements
            if not self._is_gone(element) and self._canonical(element).get("date", "") >= start
        ]
        rows = self._rows(connection, wanted)
        for element in elements:
            is_wanted = element in wanted
            results[element[self._id_field]] = (
                self._take(connection, element, rows) if is_wanted else Result("ignored")
            )
        return results

    def _rows(self, connection, elements) -> dict:
        """Return ``{account id in Xero: mapping row}`` of both sides of ``elements``."""
        banks = [{"Account": element.get(f"{side}BankAccount")} for element in elements for side in SIDES]
        return self.env["xero.inbound.payment"]._rows(connection, banks)

    def _take(self, connection, element, rows):
        """Book ``element`` and link it; return the ``Result``."""
        try:
            halves = self._halves(connection, element, rows)
            if not halves:
                return Result("ignored")
            twin = self._twin(connection, element, halves)
            if twin:
                return self._propose(connection, element, twin)
            with self.env.cr.savepoint():
                return self._book(connection, element, halves, rows)
        except Untakeable as error:
            self.env.invalidate_all(flush=False)
            return Result("failed", said(error), None, error.fix)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            return Result("failed", quoted(error.args[0]), None, {"kind": "validation"})

    # === HALVES === #

    def _halves(self, connection, element, rows) -> list:
        """Return the :class:`Half` of each bank account that is booked from Xero; none where no side is.

        :raise Untakeable: no side can be booked, and one waits for a journal; or what arrived is not known yet
        """
        sides = {side: rows.get((element.get(f"{side}BankAccount") or {}).get("AccountID")) for side in SIDES}
        usable = {
            side: row
            for side, row in sides.items()
            if row and row._is_usable() and row.direction == "xero_to_odoo"
        }
        open_rows = [row for row in sides.values() if row and not row._is_usable()]
        if not usable and open_rows:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "Choose the journal for the Xero bank account %s; the transfer is booked then.",
                    named(open_rows[0].xero_account_id.display_name),
                ),
                open_rows[0],
            )
        amounts = self._amounts(connection, element, sides) if usable else {}
        return [
            Half(side, row, amounts[side] * (-1 if side == "From" else 1), element.get(f"{side}BankTransactionID"))
            for side, row in usable.items()
        ]

    def _amounts(self, connection, element, sides) -> dict:
        """Return what left and what arrived, each in the currency of its account, above zero.

        Xero tells what left; of what arrives in another currency only the bank transaction says it.

        :raise Untakeable: that one was not read yet
        """
        sent, base = cents(element["Amount"]), connection.currency_code or connection.company_id.currency_id.name
        held = {side: row.xero_account_id.currency_code or base if row else base for side, row in sides.items()}
        if held["From"] == held["To"]:
            return {"From": sent, "To": sent}
        half = element.get("ToBankTransactionID")
        seen = self.env["xero.bank.sighting"]._seen(connection, [("BankTransaction", half)])
        row = seen.get(("BankTransaction", lower(half)))
        if row is None:
            self.env["xero.sync.job"]._enqueue_fetch(connection, "BankTransaction", [half])
            raise Untakeable(
                "dependency",
                self.env["xero.reason"]._("What arrived of this transfer in %s is being read.", named(held["To"])),
                waits=(element_key("BankTransaction", half or ""),),
            )
        return {"From": sent, "To": cents(str(row.amount))}

    def _base_amount(self, connection, element, halves) -> Decimal:
        """Return what the transfer is worth in the company's currency; both halves are worth the same.

        :raise Untakeable: Xero says no rate
        """
        own = connection.company_id.currency_id
        for half in halves:
            if self._currency(half.row.journal_id) == own:
                return abs(half.amount)
        rate, sent = decimal(self._canonical(element).get("rate")), cents(element["Amount"])
        if not rate:
            message = self.env["xero.reason"]._("Xero says no currency rate for this transfer: enter one there.")
            raise Untakeable("validation", message)
        return cents(sent / rate)

    def _currency(self, journal):
        return journal.currency_id or journal.company_id.currency_id

    # === BOOK === #

    def _book(self, connection, element, halves, rows, link=None):
        """Make the statement lines of ``halves``, reconcile them, and link them; return the ``Result``.

        :param link: that of the transfer, where it has one
        """
        base = self._base_amount(connection, element, halves)
        values = [self._values(connection, element, half, base) for half in halves]
        moves = self.env["xero.bank.ledger"]._create(connection, values)
        if link:
            link.write({"res_id": moves[:1].id, "from_xero": True})
            link.flush_recordset()
        self._link_all(connection, element, halves, moves)
        self._reconcile(connection, moves)
        self.env["xero.log"]._post(connection, [(move, self._note(element, halves, rows)) for move in moves])
        return Result("created", res_id=moves[:1].id)

    def _values(self, connection, element, half, base) -> dict:
        """Return the values of the statement line of ``half``, which is worth ``base`` in the company's currency.

        :raise Untakeable: the journal has another currency, the company has no account for transfers, or the period is
            closed
        """
        journal, state = half.row.journal_id, self._canonical(element)
        company, currency = journal.company_id, self._currency(journal)
        held = half.row.xero_account_id.currency_code or connection.currency_code or company.currency_id.name
        if currency.name != held:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "The Xero bank account %(account)s is in %(xero)s and the journal %(journal)s in %(odoo)s: choose "
                    "a journal in that currency.",
                    account=named(half.row.xero_account_id.display_name),
                    xero=held,
                    journal=named(journal.display_name),
                    odoo=named(currency.name),
                ),
                half.row,
            )
        if not company.transfer_account_id:
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._(
                    "%s has no account for transfers between banks: choose one under Accounting, Settings.",
                    named(company.name),
                ),
            )
        sign, amount = (1 if half.amount > 0 else -1), float(half.amount)
        label = state.get("reference") or self.env._("Transfer in Xero")
        bank = {
            "name": label,
            "account_id": journal.default_account_id.id,
            "currency_id": currency.id,
            "amount_currency": amount,
            "balance": sign * float(base),
        }
        # In the company's currency, so that both halves settle each other whatever their accounts are in.
        between = {
            "name": label,
            "account_id": company.transfer_account_id.id,
            "currency_id": company.currency_id.id,
            "amount_currency": -sign * float(base),
            "balance": -sign * float(base),
        }
        return {
            "journal_id": journal.id,
            "date": self.env["xero.payment.ledger"]._booking_day(connection, journal, state["date"]),
            "payment_ref": label,
            "amount": amount,
            "line_ids": [Command.create(bank), Command.create(between)],
        }

    def _link_all(self, connection, element, halves, moves) -> None:
        """Link the transfer with its first half, and each half with its bank transaction: no money is taken twice.

        One that is booked in part is looked at with each reading, until the other side is mapped too.
        """
        part = {} if len(halves) == len(SIDES) else {"base_digest": None}
        whole = self._link_row(
            connection,
            moves[:1].id,
            element,
            moves[:1].company_id,
            from_xero=True,
            xero_number=element.get("Reference") or None,
            xero_total=element.get("Amount"),
            state="synced",
            **{"digest": None, "message": None, **part},
        )
        rows = [
            {
                "connection_id": connection.id,
                "company_id": move.company_id.id,
                "xero_type": "BankTransaction",
                "res_model": self._odoo_model,
                "res_id": move.id,
                "xero_id": half.xero_id,
                "state": "synced",
                "from_xero": True,
                "xero_status": element.get("Status") or None,
                "xero_total": abs(half.amount),
                "digest": None,
            }
            for half, move in zip(halves, moves, strict=True)
            if half.xero_id
        ]
        self.env["xero.link"]._save([whole])
        self.env["xero.link"]._save(rows)

    def _reconcile(self, connection, moves) -> None:
        """Let the halves settle each other on the account for transfers."""
        account = moves.company_id[:1].transfer_account_id
        lines = moves.line_ids.filtered(lambda line: line.account_id == account and line.parent_state == "posted")
        if len(lines) == len(SIDES) and account.reconcile:
            lines.reconcile()

    def _note(self, element, halves, rows):
        reason = self.env["xero.reason"]
        if len(halves) == len(SIDES):
            return reason._("Imported from Xero: a transfer between bank accounts.")
        [half] = halves
        other = next(side for side in SIDES if side != half.side)
        row = rows.get((element.get(f"{other}BankAccount") or {}).get("AccountID"))
        return reason._(
            "Imported from Xero: one half of a transfer. The other is on %s, which is not booked from Xero.",
            named(row.xero_account_id.display_name) if row else "?",
        )

    # === TWINS === #

    def _twin(self, connection, element, halves):
        """Return what people booked in Odoo already, perhaps; ``None`` for nothing."""
        return next(iter(self._twins(connection, element, halves).values()), None)

    def _twins(self, connection, element, halves) -> dict:
        """Return ``{journal: entry}`` of what people booked of ``halves`` in Odoo already, perhaps."""
        day = fields.Date.to_date(self._canonical(element).get("date"))
        wanted = {half.row.journal_id: (half.row.journal_id, float(half.amount), day) for half in halves}
        return self.env["xero.bank.ledger"]._same_money(connection, wanted)

    def _propose(self, connection, element, twin):
        """Ask a person whether ``twin`` is this transfer."""
        # Nothing is agreed on yet.
        unknown = {"base_state": None, "base_digest": None, "base_source": None, "xero_updated_at": None}
        self.env["xero.link"]._save([self._link_row(connection, twin.id, element, twin.company_id, **unknown)])
        link = self._links(connection, [element[self._id_field]])[element[self._id_field]]
        reason = self.env["xero.reason"]._(
            "%(move)s may be the transfer of %(amount)s that Xero has on %(day)s. If it is the same, the two are "
            "linked; if not, Xero's is imported as another transfer.",
            move=named(twin.display_name),
            amount=number(element["Amount"]),
            day=fields.Date.to_date(self._canonical(element).get("date")),
        )
        return self.env["xero.conflict"]._refuse(self, connection, link, element, twin, reason, kind="twin")

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        results, rows = {}, self._rows(connection, [element for _link, element in changed])
        for link, element in changed:
            results[element[self._id_field]] = self._change(connection, link, element, rows)
        return results

    def _change(self, connection, link, element, rows):
        """Do what a change in Xero asks for; return the ``Result``."""
        moves = self._moves(connection, link, element)
        if not moves or (self._is_gone(element) and all(move.state == "cancel" for move in moves)):
            self._save_base(connection, link, element)
            return Result("agreed", res_id=link.res_id)
        state = self._canonical(element)
        try:
            halves = [] if self._is_gone(element) else self._halves(connection, element, rows)
            if link.base_state == state and len(halves) <= len(moves):
                return Result("agreed", res_id=link.res_id)
            with self.env.cr.savepoint():
                self._undo(connection, moves)
                if self._is_gone(element):
                    self._save_base(connection, link, element)
                    note = self.env["xero.reason"]._("Cancelled: it was deleted in Xero.")
                    self.env["xero.log"]._post(connection, [(move, note) for move in moves])
                    return Result("cancelled", res_id=link.res_id)
                self._forget(connection, element)
                return self._book(connection, element, halves, rows, link)._replace(outcome="updated")
        except Untakeable as error:
            self.env.invalidate_all(flush=False)
            return Result("failed", said(error), link.res_id, error.fix)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            reason = self.env["xero.reason"]._(
                "%(move)s was changed in Xero, but Odoo forbids it: %(reason)s",
                move=named(moves[:1].display_name),
                reason=quoted(error.args[0]),
            )
            return self.env["xero.conflict"]._refuse(self, connection, link, element, moves[:1], reason)

    def _moves(self, connection, link, element):
        """Return the living entries of both halves."""
        ids = [element.get(f"{side}BankTransactionID") for side in SIDES]
        halves = self.env["xero.inbound"]._for_type("BankTransaction")._links(connection, ids)
        return self.env["account.move"].browse({link.res_id, *(half.res_id for half in halves.values())}).exists()

    def _undo(self, connection, moves) -> None:
        """Take both halves back.

        :raise UserError: Odoo forbids it
        """
        account = moves.company_id[:1].transfer_account_id
        moves.line_ids.filtered(lambda line: line.account_id == account).remove_move_reconcile()
        for move in moves:
            self.env["xero.bank.ledger"]._cancel(connection, move)

    def _forget(self, connection, element) -> None:
        """Make room for new entries of the same transfer."""
        ids = [element.get(f"{side}BankTransactionID") for side in SIDES]
        halves = self.env["xero.inbound"]._for_type("BankTransaction")._links(connection, ids)
        self.env["xero.link"].union(*halves.values()).unlink()

    # === CONFLICTS === #

    def _canonical_odoo(self, connection, link, record):
        """What was agreed, or of one that Xero is only thought to have, what can be told of the statement line."""
        if link.base_state:
            return link.base_state
        line = record.statement_line_id
        told = {"date": record.date.isoformat(), "amount": f"{abs(line.amount):.2f}", "reference": line.payment_ref}
        return {key: value for key, value in told.items() if value}

    def _resolve_sides(self, connection, link, element, record, mine):
        """Odoo's side: it stays as it is, and a proposed twin is the same. Xero's side: as in Xero now, and a proposed
        twin is another one.
        """
        if record and "status" in mine and not link.base_state and not self._is_gone(element):
            self._complete(connection, link, element, record)
            return
        if "status" in mine or not record:
            self._save_base(connection, link, element, state="synced", message=None)
            return
        if link.base_state:
            self._undo(connection, self._moves(connection, link, element))
        if self._is_gone(element):
            self._save_base(connection, link, element, state="synced", message=None)
            return
        rows = self._rows(connection, [element])
        self._forget(connection, element)
        self._book(connection, element, self._halves(connection, element, rows), rows, link)

    def _complete(self, connection, link, element, record) -> None:
        """Link ``record``, which a person says is this transfer, as its half, and book the half that is missing.

        What people booked of the other half is that half: nothing is booked twice. What nobody has decided yet goes to
        the account for transfers.

        :raise Untakeable: the other half cannot be booked yet
        """
        halves = self._halves(connection, element, self._rows(connection, [element]))
        if record.journal_id not in [half.row.journal_id for half in halves]:
            self._save_base(connection, link, element, state="synced", message=None)
            return
        base = self._base_amount(connection, element, halves)
        others = [half for half in halves if half.row.journal_id != record.journal_id]
        twins = {record.journal_id: record, **self._twins(connection, element, others)}
        moves = self.env["account.move"]
        for half in halves:
            moves |= self._half_of(connection, element, half, base, twins.get(half.row.journal_id))
        link.write({"res_id": moves[:1].id})
        link.flush_recordset()
        self._link_all(connection, element, halves, moves)
        self._reconcile(connection, moves)
        self._save_base(connection, link, element, state="synced", message=None)

    def _half_of(self, connection, element, half, base, twin):
        """Return the entry of ``half``, worth ``base``: ``twin``, where people booked it already, else a new one."""
        ledger = self.env["xero.bank.ledger"]
        if twin and not ledger._is_undecided(twin):
            return twin
        values = self._values(connection, element, half, base)
        if not twin:
            return ledger._create(connection, [values])
        kept = {"date": twin.date, "payment_ref": twin.statement_line_id.payment_ref}
        ledger._replace(connection, twin, {**values, **kept})
        return twin
