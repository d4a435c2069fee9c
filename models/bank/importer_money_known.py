"""Money of Xero's that is known here and was changed or deleted there."""

from odoo import models
from odoo.exceptions import UserError

from ...mappers.bank.canonical import MONEY, bank_state
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ..inbound.importer import FORBIDDEN, Result, Untakeable


class XeroInboundBankTransaction(models.AbstractModel):
    _inherit = "xero.inbound.bank.transaction"

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        self._note(connection, [element for _link, element in changed])
        moves = self.env["account.move"].browse([link.res_id for link, _element in changed]).exists()
        by_id, rows = {move.id: move for move in moves}, self._rows(connection, [element for _link, element in changed])
        books, results = self._books(connection, [element for _link, element in changed]), {}
        for link, element in changed:
            move = by_id.get(link.res_id)
            if not move or element.get("Type") not in MONEY or (self._is_gone(element) and move.state == "cancel"):
                # The halves of a transfer follow the transfer.
                self._save_base(connection, link, element)
                results[element[self._id_field]] = Result("agreed", res_id=link.res_id)
            elif self._is_changed_here(link, move):
                results[element[self._id_field]] = self.env["xero.conflict"]._meet(
                    self, connection, link, element, move
                )
            else:
                row = self._row(element, rows)
                results[element[self._id_field]] = self._follow(connection, link, element, move, row, books)
        return results

    def _books(self, connection, elements):
        return self.env["xero.bank.ledger"]._books(connection, [bank_state(element) for element in elements])

    def _is_changed_here(self, link, move) -> bool:
        """Whether a person changed what ``move`` books since it was imported, or cancelled it."""
        changed = link.digest and self.env["xero.bank.ledger"]._print(move) != link.digest
        return bool(changed) or move.state == "cancel"

    def _follow(self, connection, link, element, move, row, books):
        """Make ``move`` what Xero has now; where Odoo forbids it a person is asked.

        :return: the ``Result``
        """
        try:
            with self.env.cr.savepoint():
                outcome = self._carry_out(connection, link, element, move, row, books)
        except Untakeable as error:
            self.env.invalidate_all(flush=False)
            return Result("failed", said(error), move.id, error.fix)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            reason = self.env["xero.reason"]._(
                "%(move)s was changed in Xero, but Odoo forbids it: %(reason)s",
                move=named(move.display_name),
                reason=quoted(error.args[0]),
            )
            return self.env["xero.conflict"]._refuse(self, connection, link, element, move, reason)
        return Result(outcome, res_id=move.id)

    def _carry_out(self, connection, link, element, move, row, books) -> str:
        """Make ``move`` what ``element`` says, and agree on it.

        :return: the outcome: ``cancelled`` or ``updated``
        :raise Untakeable: something must be mended first
        :raise UserError: Odoo forbids it
        """
        ledger, reason = self.env["xero.bank.ledger"], self.env["xero.reason"]
        if not move.statement_line_id:
            raise UserError(
                reason._("%s is no bank statement line: change or cancel it by hand.", named(move.display_name))
            )
        if self._is_gone(element):
            ledger._cancel(connection, move)
            note, outcome = reason._("Cancelled: it was deleted in Xero."), "cancelled"
        else:
            entry = self._entry(connection, element, row, books)
            ledger._replace(connection, move, entry.values)
            note, outcome = reason._("Changed as in Xero."), "updated"
        self._agree(connection, link, element, move)
        self.env["xero.log"]._post(connection, [(move, note)])
        return outcome

    def _agree(self, connection, link, element, move) -> None:
        """Store that both sides hold ``element``."""
        number = element.get("Reference") or None
        self._save_base(
            connection,
            link,
            element,
            state="synced",
            message=None,
            xero_number=number,
            xero_total=element.get("Total"),
            digest=self.env["xero.bank.ledger"]._print(move) if move else None,
        )

    # === CONFLICTS === #

    def _canonical_odoo(self, connection, link, record):
        """What was agreed, or of one that Xero is only thought to have, what can be told of the statement line."""
        if link.base_state:
            return link.base_state
        line = record.statement_line_id
        amount = line.amount if line else -record.origin_payment_id.amount_signed
        told = {
            "date": record.date.isoformat(),
            "number": line.payment_ref or record.ref or "",
            "total": f"{abs(amount):.2f}",
            "currency": record.currency_id.name,
        }
        return {key: value for key, value in told.items() if value}

    def _resolve_sides(self, connection, link, element, record, mine):
        """Odoo's side: it stays as it is, and a proposed twin is the same. Xero's side: as in Xero now, and a proposed
        twin is another one.
        """
        is_odoo = "status" in mine or "total" in mine or "lines" in mine
        if not link.base_state:
            self._resolve_twin(connection, link, element, record, is_odoo)
        elif is_odoo or not record:
            self._agree(connection, link, element, record)
        else:
            row = self._row(element, self._rows(connection, [element]))
            self._carry_out(connection, link, element, record, row, self._books(connection, [element]))

    def _resolve_twin(self, connection, link, element, record, is_same) -> None:
        """Link what is the same; book Xero's own besides what is another.

        What nobody has booked yet, beyond the bank, is booked as in Xero.
        """
        ledger, rows = self.env["xero.bank.ledger"], self._rows(connection, [element])
        entry = self._entry(connection, element, self._row(element, rows), self._books(connection, [element]))
        if not is_same or not record:
            record = ledger._create(connection, [entry.values])
            link.write({"res_id": record.id, "from_xero": True})
        elif ledger._is_undecided(record):
            kept = {"date": record.date, "payment_ref": record.statement_line_id.payment_ref}
            ledger._replace(connection, record, {**entry.values, **kept})
        self._agree(connection, link, element, record)
