"""Payments of matched documents: the same money on both sides must be neither sent nor booked again."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.payment.canonical import GONE, account_of, payment_ids
from ...mappers.values import day
from .match_payment import Coin, match_payments
from .reader import _cents

PAYMENT = "Payment"


class XeroMatch(models.Model):
    _inherit = "xero.match"

    # === PROPOSE === #

    def _propose_payments(self, lines):
        """Propose what is the same money on the pairs of documents among ``lines``; five queries for any number."""
        pairs = lines.filtered(lambda line: line.res_id and line.element_id)
        ours = self.env["xero.match.reader"]._settlements(pairs.mapped("res_id"))
        theirs = self._payments_there(pairs)
        journals = self._journals()
        values = []
        for line in pairs:
            values += self._payment_lines(line, ours.get(line.res_id, []), theirs.get(line.id, []), journals)
        self.env["xero.match.line"].create(values)
        pairs.element_id.invalidate_recordset(["data"], flush=False)

    def _payments_there(self, pairs) -> dict:
        """Return ``{line id: elements}`` of the payments that stand inside Xero's documents."""
        ids = {line.id: payment_ids(line.element_id.data) for line in pairs}
        elements = self.env["xero.snapshot.element"].search(
            [
                ("snapshot_id", "=", self.snapshot_id.id),
                ("xero_type", "=", PAYMENT),
                ("xero_id", "in", [xero_id for found in ids.values() for xero_id in found]),
                ("status", "not in", GONE),
            ],
            order="date, id",
        )
        return {
            line_id: [element for element in elements if element.xero_id in found] for line_id, found in ids.items()
        }

    def _journals(self) -> dict:
        """Return ``{id or code of a bank account in Xero: journal id}``."""
        rows = self.env["xero.mapping.journal"].search(
            [("connection_id", "=", self.connection_id.id), ("journal_id", "!=", False)]
        )
        found = {row.xero_account_id.code: row.journal_id.id for row in rows}
        return found | {row.xero_account_id.xero_id: row.journal_id.id for row in rows}

    def _payment_lines(self, line, ours, theirs, journals) -> list[dict]:
        ours = [row for row in ours if _cents(row["amount"])]
        matches = match_payments(
            [Coin(index, _cents(row["amount"]), row["day"], row["journal_id"]) for index, row in enumerate(ours)],
            [
                Coin(
                    element.xero_id,
                    _cents(element.data.get("Amount")),
                    element.date,
                    journals.get(account_of(element.data)),
                )
                for element in theirs
            ],
        )
        # Money that Odoo has settled otherwise must not be booked on top of it.
        unexplained = any(match.ours is not None and match.grade not in ("sure", "likely") for match in matches)
        return [self._payment_line(line, match, ours, theirs, unexplained) for match in matches]

    def _payment_line(self, line, match, ours, theirs, unexplained) -> dict:
        reasons = [list(reason) for reason in match.reasons]
        values = {
            "match_id": self.id,
            "stage": self.stage,
            "kind": "payment",
            "xero_type": PAYMENT,
            "parent_id": line.id,
            "verdict": match.grade or ("odoo_only" if match.theirs is None else "xero_only"),
            "choice": "link" if match.grade in ("sure", "likely") else "open",
            "currency_code": line.currency_code,
        }
        if match.theirs is not None:
            values |= self._values_there(theirs[match.theirs])
            if match.ours is None:
                values["choice"] = "open" if unexplained else "book"
                reasons += [["odoo_paid_otherwise", ""]] if unexplained else []
        if match.ours is not None:
            values |= self._values_here(ours[match.ours])
        return {**values, "reasons": reasons}

    def _values_there(self, element) -> dict:
        amount = element.data.get("Amount")
        return {
            "xero_id": element.xero_id,
            "xero_name": " · ".join(filter(None, (day(element.data.get("Date")), str(amount), element.number))),
            "element_id": element.id,
            "date": element.date,
            "amount": float(amount or 0),
        }

    def _values_here(self, row) -> dict:
        whole = row["payment_id"]
        return {
            "res_model": "account.payment" if whole else "account.move",
            "res_id": whole or row["entry_id"],
            "odoo_name": " · ".join(filter(None, (str(row["day"]), f"{row['amount']:.2f}", row["name"]))),
            "date": row["day"],
            "amount": row["amount"],
        }

    # === LINK === #

    def _link_payments(self, inbound, lines):
        """Link the payments of ``lines``, which are linked by now, so that nothing is booked or sent a second time."""
        payments = lines.payment_ids.filtered("xero_id")
        reader = inbound.env["xero.inbound"]._for_type(PAYMENT)._as_worker(self.connection_id)
        known = reader._links(self.connection_id, payments.mapped("xero_id"))
        payments = payments.filtered(lambda line: line.xero_id not in known and line.element_id)
        booked = payments.filtered(lambda line: line.choice == "book")
        self.env["xero.sync.job"]._enqueue_fetch(self.connection_id, PAYMENT, booked.mapped("xero_id"))
        whole = (payments - booked).filtered(lambda line: line.choice == "link" and line.res_model == "account.payment")
        whole = self._without_known(reader, whole)
        reader.env["xero.link"]._save([self._payment_link(reader, line) for line in whole])
        reader.env["xero.link"]._save([self._payment_link(reader, line) for line in payments - booked - whole])
        self._note_payments(reader, payments - booked, whole)

    def _without_known(self, reader, lines):
        """Leave out payments of Odoo that stand for another one in Xero already."""
        links = reader.env["xero.link"]._map(self.connection_id, PAYMENT, "account.payment", lines.mapped("res_id"))
        first = {line.res_id: line.id for line in lines.sorted("id", reverse=True)}
        return lines.filtered(lambda line: line.res_id not in links and first[line.res_id] == line.id)

    def _payment_link(self, reader, line) -> dict:
        """Return the link of a payment. What is no payment of its own in Odoo, or is not the same money for sure, is
        linked to the line of this matching and ignored from now on.
        """
        whole = line.choice == "link" and line.res_model == "account.payment"
        element = line.element_id.data
        row = reader._link_row(
            self.connection_id,
            line.res_id if whole else line.id,
            element,
            line.parent_id.link_id.company_id,
            from_xero=True,
            xero_number=element.get("Reference") or None,
            xero_total=float(element.get("Amount") or 0),
        )
        return row if whole else {**row, "res_model": line._name, "state": "ignored"}

    def _note_payments(self, reader, lines, whole):
        links = reader._links(self.connection_id, lines.mapped("xero_id"))
        for line in lines:
            link = links[line.xero_id]
            line.write(
                {"state": "linked", "link_id": link.id, "linked_at": link.synced_at, "agreed": link._base_mark()}
            )


class XeroPaymentMatched(models.AbstractModel):
    """What the matching found in Xero is there already."""

    _name = "xero.payment.matched"
    _inherit = "xero.payment.hook"
    _description = "Xero Payment Matched"

    def _in_xero_already(self, entries):
        lines = self.env["xero.match.line"].search(
            [
                ("kind", "=", "payment"),
                ("state", "=", "linked"),
                ("res_model", "=", "account.move"),
                ("res_id", "in", entries.ids),
                ("choice", "=", "link"),
            ]
        )
        known = set(lines.mapped("res_id"))
        return entries.filtered(lambda entry: entry.id in known)


class XeroMatchLine(models.Model):
    _inherit = "xero.match.line"

    outcome = fields.Char("What Happens", compute="_compute_outcome")

    @api.depends("choice", "verdict", "state", "kind")
    @api.depends_context("lang")
    def _compute_outcome(self):
        texts = {
            "odoo_only": self.env._("Stays in Odoo"),
            "link": self.env._("The same money: linked"),
            "book": self.env._("Booked in Odoo, as the bank account's direction says"),
            "open": self.env._("Left alone on both sides"),
        }
        for line in self:
            known = line.kind == "payment" and (line.verdict if line.verdict == "odoo_only" else line.choice)
            line.outcome = texts.get(known)

    def _choose_for_payment(self, choice):
        self._check_open()
        if any(line.kind != "payment" or line.verdict not in ("doubtful", "xero_only") for line in self):
            raise UserError(self.env._("There is nothing to choose for this payment."))
        self.sudo().write({"choice": choice, "chosen_by_id": self.env.uid})

    def action_same_money(self):
        """Say that the two payments are the same money, though they differ."""
        if any(line.verdict != "doubtful" for line in self):
            raise UserError(self.env._("There is nothing to choose for this payment."))
        self._choose_for_payment("link")

    def action_book(self):
        """Have Xero's payment booked in Odoo when the documents are linked."""
        self._choose_for_payment("book")

    def action_leave(self):
        """Leave Xero's payment alone: it is neither booked nor linked."""
        self._choose_for_payment("open")
