"""Booking what Xero says of bank accounts: statement lines with explicit counterparts."""

from collections import namedtuple
from decimal import Decimal

from odoo import Command, fields, models
from odoo.exceptions import UserError

from ...mappers.awaited import element_key
from ...mappers.bank.canonical import is_whole
from ...mappers.document.money import smallest, spread
from ...mappers.text import named
from ...mappers.values import decimal
from ...xero_api import codec
from ..inbound.importer import Untakeable
from ..inbound.importer_document import SETTLED
from ..inbound.line_books import LineBooks

# How many days apart the same money may be dated on both sides.
NEAR = 3
# What stands in Odoo for a page: ``LineBooks`` by side of the taxes, partners by Xero's id in small letters, analytic
# accounts by tracking option, and their plans.
Books = namedtuple("Books", "lines partners options plans")
# The taxes of a line: Odoo's, and whether they are those of sales.
Taxed = namedtuple("Taxed", "taxes is_sale")


class XeroBankLedger(models.AbstractModel):
    """Everything here runs as superuser, without sending anything back, inside a savepoint of the caller.

    ``connection`` is the ``xero.connection`` that is read; ``state`` the ``DocumentState`` of a bank transaction;
    ``row`` the mapping of its bank account, with its journal; ``move`` the ``account.move`` of a bank statement line.
    """

    _name = "xero.bank.ledger"
    _description = "Xero Bank Ledger"

    # === BOOKS === #

    def _books(self, connection, states) -> "Books":
        """Return what stands in Odoo for what ``states`` name; a fixed number of queries for any number of them."""
        documents = self.env["xero.inbound.invoice"]
        contacts = {state.contact for state in states} - {""}
        links = self.env["xero.inbound"]._for_type("Contact")._links(connection, list(contacts))
        partners = self.env["res.partner"].browse([link.res_id for link in links.values()]).exists()
        options = documents._tracked_accounts(connection)
        return Books(
            {
                use: LineBooks(documents, connection, move_type, connection.company_id)
                for use, move_type in (("purchase", "in_invoice"), ("sale", "out_invoice"))
            },
            {xero_id: partners & partners.browse(link.res_id) for xero_id, link in links.items()},
            options,
            self.env["account.analytic.account"].browse(options.values()).root_plan_id,
        )

    def _line_values(self, books, state, line) -> tuple[dict, Taxed]:
        """Return text and account of a line as Odoo's values, and its taxes.

        A tax that is mapped on the other side only, such as tax of a purchase that was paid back, is taken from there.

        :raise Untakeable: its account or tax is not mapped
        """
        own = "purchase" if state.type.startswith("SPEND") else "sale"
        other, lines = ("sale" if own == "purchase" else "purchase"), books.lines
        use = other if line.tax_type not in lines[own].taxes and line.tax_type in lines[other].taxes else own
        values = lines[use].values(line, {"description", "account", "tax_type"})
        taxes = self.env["account.tax"].browse(values.pop("tax_ids")[0][2])
        return values, Taxed(taxes, use == "sale")

    def _partner(self, books, state):
        """Return the partner of the contact of ``state``.

        :raise Untakeable: none is linked
        """
        partner = books.partners.get(state.contact)
        if partner:
            return partner
        raise Untakeable(
            "dependency",
            self.env["xero.reason"]._("The contact of this document is not linked to one in Odoo yet."),
            waits=(element_key("Contact", state.contact),),
        )

    # === VALUES === #

    def _statement_values(self, connection, element, state, row, books) -> dict:
        """Return the values of the statement line for a bank transaction, its journal items included.

        :param element: in the form of Xero's JSON
        :param books: what :meth:`_books` returned for the page
        :return: the items add up to Xero's total to the cent
        :raise Untakeable: something is not mapped, the currency has no rate, or the period is closed
        """
        journal, sign = row.journal_id, -1 if state.type.startswith("SPEND") else 1
        rate = self._rate(connection, state, row)
        partner = self._partner(books, state)
        if not is_whole(state):
            raise Untakeable(
                "total_mismatch",
                self.env["xero.reason"]._(
                    "The lines of this bank transaction do not add up to its total of %s. Look at it in Xero.",
                    state.total or "0",
                ),
            )
        currency = journal.currency_id or journal.company_id.currency_id
        step = smallest(currency.decimal_places)
        label = state.number or next((line.description for line in state.lines if line.description), "") or partner.name
        total = {
            "name": label,
            "account_id": journal.default_account_id.id,
            "amount_currency": sign * float(decimal(state.total)),
        }
        items = [item for place in range(len(state.lines)) for item in self._items(books, state, place, step)]
        for item in items:
            item["amount_currency"] = -sign * float(item["amount_currency"])
        items = [item for item in [total, *items] if item["amount_currency"]]
        taxed = any(item.get("tax_ids") or item.get("tax_repartition_line_id") for item in items)
        self._set_balances(journal.company_id.currency_id, items, rate)
        shared = {"partner_id": partner.id, "currency_id": currency.id}
        return {
            "journal_id": journal.id,
            "date": self.env["xero.payment.ledger"]._booking_day(connection, journal, state.date, taxed),
            "payment_ref": label,
            "partner_id": partner.id,
            "amount": total["amount_currency"],
            "line_ids": [Command.create({**item, **shared}) for item in items],
        }

    def _rate(self, connection, state, row) -> Decimal:
        """Return units of the bank account's currency for one of the company's; 1 for that one itself.

        :raise Untakeable: the journal has another currency, or Xero says no rate
        """
        journal = row.journal_id
        company = journal.company_id
        currency = journal.currency_id or company.currency_id
        if currency.name != state.currency:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "The Xero bank account %(account)s is in %(xero)s and the journal %(journal)s in %(odoo)s: choose "
                    "a journal in that currency.",
                    account=named(row.xero_account_id.display_name),
                    xero=state.currency or "?",
                    journal=named(journal.display_name),
                    odoo=named(currency.name),
                ),
                row,
            )
        if currency == company.currency_id:
            return Decimal(1)
        if not decimal(state.rate):
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._(
                    "Xero says no currency rate for this bank transaction in %s: enter one there.", state.currency
                ),
            )
        return decimal(state.rate)

    def _set_balances(self, currency, items, rate) -> None:
        """Set what ``items`` are worth in the company's ``currency``; the first is the bank's, and they add up to 0."""
        for item in items:
            item["balance"] = currency.round(float(Decimal(repr(item["amount_currency"])) / rate))
        rest = currency.round(sum(item["balance"] for item in items))
        if rest:
            largest = max(items[1:], key=lambda item: abs(item["balance"]))
            largest["balance"] = currency.round(largest["balance"] - rest)

    # === ITEMS === #

    def _items(self, books, state, place, step) -> list[dict]:
        """Return the items of one line: what it was for, and its tax, as Xero has it; amounts are ``Decimal``.

        :param step: the smallest amount of the currency
        """
        line = state.lines[place]
        if not (line.net or line.tax):
            return []
        values, taxed = self._line_values(books, state, line)
        is_debit = (decimal(line.net) > 0) == state.type.startswith("SPEND")
        # The tax of money that comes back is that of a credit note.
        is_refund = taxed.is_sale == is_debit
        side = "refund_repartition_line_ids" if is_refund else "invoice_repartition_line_ids"
        taxes = taxed.taxes.flatten_taxes_hierarchy()
        bases = taxes[side].filtered(lambda part: part.repartition_type == "base")
        base = {
            **values,
            "tax_ids": [Command.set(taxed.taxes.ids)],
            "tax_tag_ids": [Command.set(bases.tag_ids.ids)],
            "analytic_distribution": self._distribution(books, state, place),
            "amount_currency": decimal(line.net),
        }
        return [base, *self._tax_items(taxes[side], base, line, step)]

    def _tax_items(self, parts, base, line, step) -> list[dict]:
        """Return the tax of ``line``, shared out among ``parts``, its repartition lines.

        :raise Untakeable: Xero has tax, and Odoo's taxes have none
        """
        parts = parts.filtered(lambda part: part.repartition_type == "tax" and part.factor_percent)
        weights = [self._percent(part.tax_id) * Decimal(str(part.factor_percent)) / 100 for part in parts]
        tax = decimal(line.tax)
        if sum(weights):
            amounts = spread(tax, weights, step)
        elif tax:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "Xero has %(tax)s of tax on a line whose tax %(type)s stands for no tax in Odoo: check Mapping, "
                    "Taxes.",
                    tax=line.tax,
                    type=named(line.tax_type) or "NONE",
                ),
            )
        else:
            # A reverse charge: what is owed and what is claimed cancel each other out.
            amounts = [(decimal(line.net) * weight / 100).quantize(step) for weight in weights]
        return [
            {
                "name": part.tax_id.name,
                "account_id": part.account_id.id or base["account_id"],
                "tax_repartition_line_id": part.id,
                "tax_tag_ids": [Command.set(part.tag_ids.ids)],
                "tax_base_amount": abs(float(line.net or 0)),
                # What is a cost is one of the same analytic account.
                "analytic_distribution": not part.account_id and base["analytic_distribution"],
                "amount_currency": amount,
            }
            for part, amount in zip(parts, amounts, strict=True)
            if amount
        ]

    def _percent(self, tax) -> Decimal:
        return Decimal(str(tax.amount)) if tax.amount_type in ("percent", "division") else Decimal(0)

    def _distribution(self, books, state, place):
        if not state.tracking:
            return False
        wanted = {books.options[key] for key in state.tracking[place].split() if key in books.options}
        return self.env["xero.inbound.invoice"]._distribution({}, wanted, books.plans) or False

    # === BOOK === #

    def _create(self, connection, values_list):
        """Make statement lines, posted or as drafts by the setting of ``connection``.

        :return: ``account.move``, in the order of ``values_list``
        :raise UserError: Odoo forbids it
        """
        lines = self.env["account.bank.statement.line"].with_context(skip_invoice_sync=True).create(values_list)
        moves = lines.with_context(skip_invoice_sync=False).move_id
        if connection.bank_entries == "draft":
            moves.button_draft()
        return moves

    def _replace(self, connection, move, values) -> None:
        """Make ``move`` what ``values`` of a statement line say; a posted one is reset, changed and posted again.

        :raise UserError: it is reconciled, or Odoo forbids it
        """
        self._check_open(move)
        posted = move.state == "posted"
        if posted:
            move.button_draft()
        line = move.statement_line_id.with_context(skip_account_move_synchronization=True, skip_invoice_sync=True)
        head = {name: value for name, value in values.items() if name not in ("line_ids", "journal_id")}
        month = fields.Date.to_date(values["date"]).replace(day=1)
        if month != move.date.replace(day=1) or move.journal_id.id != values["journal_id"]:
            # A number is of its month and journal.
            head["name"] = False
        if move.journal_id.id != values["journal_id"]:
            head["journal_id"] = values["journal_id"]
        line.with_context(force_delete=True, skip_readonly_check=True).write(
            {**head, "line_ids": [Command.clear(), *values["line_ids"]]}
        )
        if posted:
            move._post(soft=False)

    def _check_open(self, move) -> None:
        """See that nothing leans on ``move``.

        :raise UserError: something is reconciled with it
        """
        if any(line.matched_debit_ids or line.matched_credit_ids for line in move.line_ids):
            raise UserError(
                self.env["xero.reason"]._(
                    "%s is reconciled with other entries. Undo that first.", named(move.display_name)
                )
            )

    def _cancel(self, connection, move) -> None:
        """Take ``move`` back: it keeps its number and is cancelled, in a closed period it is reversed where the
        connection's policy lets entries be booked on the first open day.

        :raise UserError: Odoo forbids it
        """
        if move.state == "cancel":
            return
        self._check_open(move)
        taxed = bool(move.line_ids.tax_ids | move.line_ids.tax_line_id)
        closed = move.state == "posted" and move._get_violated_lock_dates(move.date, taxed)
        if closed and connection.odoo_lock_policy == "move":
            day = fields.Date.add(max(lock[0] for lock in closed), days=1)
            reference = self.env._("Deleted in Xero: %s", named(move.name))
            move._reverse_moves([{"date": day, "ref": reference}], cancel=False)
            reversal = move.reversal_move_ids.filtered(lambda entry: entry.state == "draft")
            reversal._post(soft=False)
            return
        if move.state == "posted":
            move.button_draft()
        move.button_cancel()

    def _is_undecided(self, move) -> bool:
        """Whether nobody has said yet what the money of ``move`` was for."""
        journal = move.statement_line_id.journal_id
        return bool(journal) and all(
            line.account_id in (journal.default_account_id, journal.suspense_account_id) for line in move.line_ids
        )

    def _print(self, move) -> str:
        """Return what differs as soon as somebody changes what ``move`` books; posting a draft is no change."""
        items = sorted(
            (
                line.account_id.id,
                f"{line.amount_currency:.4f}",
                f"{line.balance:.4f}",
                sorted(line.tax_ids.ids),
                line.tax_repartition_line_id.id,
                line.partner_id.id,
                repr(sorted((line.analytic_distribution or {}).items())),
            )
            for line in move.line_ids
        )
        return codec.digest({"items": items, "date": fields.Date.to_string(move.date)})

    # === TWINS === #

    def _same_money(self, connection, wanted) -> dict:
        """Return ``{key: move}`` of what people booked in Odoo that may be the same money: of the same journal and
        amount, at most three days apart, and standing for nothing in Xero. A fixed number of queries.

        :param wanted: ``{key: (journal, amount in its currency, date)}``
        """
        if not wanted:
            return {}
        days = [day for _journal, _amount, day in wanted.values()]
        span = [
            ("journal_id", "in", [journal.id for journal, _amount, _day in wanted.values()]),
            ("date", ">=", fields.Date.subtract(min(days), days=NEAR)),
            ("date", "<=", fields.Date.add(max(days), days=NEAR)),
        ]
        found = [(line.move_id, line.amount, line.date) for line in self._loose_lines(span)]
        found += [
            (payment.move_id, payment.amount if payment.payment_type == "inbound" else -payment.amount, payment.date)
            for payment in self._loose_payments(span)
        ]
        known = self._known(connection, self.env["account.move"].union(*(move for move, _amount, _day in found)))
        left = sorted((one for one in found if one[0].id not in known), key=lambda one: one[0].id)
        twins = {}
        for key, (journal, amount, day) in wanted.items():
            near = [
                one
                for one in left
                if one[0].journal_id == journal and abs(one[1] - amount) < 0.005 and abs((one[2] - day).days) <= NEAR
            ]
            if near:
                best = min(near, key=lambda one: abs((one[2] - day).days))
                left.remove(best)
                twins[key] = best[0]
        return twins

    def _loose_lines(self, span):
        """Return statement lines that settle no document: those could be no money that was spent or received."""
        lines = self.env["account.bank.statement.line"].search([*span, ("state", "!=", "cancel")])
        return lines.filtered(
            lambda line: not any(
                item.account_id.account_type in SETTLED or item.matched_debit_ids or item.matched_credit_ids
                for item in line.move_id.line_ids
            )
        )

    def _loose_payments(self, span):
        """Return payments that pay no document and are on no statement yet."""
        states = [("state", "in", ("in_process", "paid")), ("move_id", "!=", False)]
        payments = self.env["account.payment"].search([*span, *states])
        return payments.filtered(
            lambda payment: not (payment.is_matched or payment.reconciled_invoice_ids or payment.reconciled_bill_ids)
        )

    def _known(self, connection, moves) -> set:
        """Return the ids of ``moves`` that stand for something in Xero, themselves or as payments; one query."""
        domain = [
            ("connection_id", "=", connection.id),
            "|",
            "&",
            ("res_model", "=", "account.move"),
            ("res_id", "in", moves.ids),
            "&",
            ("res_model", "=", "account.payment"),
            ("res_id", "in", moves.origin_payment_id.ids),
        ]
        links = self.env["xero.link"].search(domain) if moves else self.env["xero.link"]
        found = {link.res_id for link in links if link.res_model == "account.move"}
        paid = {link.res_id for link in links if link.res_model == "account.payment"}
        return found | set(moves.filtered(lambda move: move.origin_payment_id.id in paid).ids)
