"""Tax as Odoo's journal items have it: a witness of its own beside what the connector would send."""

from collections import namedtuple
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ...mappers.document.money import smallest
from ...mappers.values import booked
from ..inbound.importer_document import SETTLED
from .compare_document import NOT_CHOSEN, Found
from .tax_books import Grid, Place, TaxLedger

# Not part of a document in Xero, or no amount.
LEFT_OUT = ("payment_term", "cogs", "line_section", "line_subsection", "line_note")
# Tax that is booked to one of these is settled with the tax office; elsewhere it is a cost.
SETTLED_GROUPS = ("asset", "liability", "equity")
# What the confirmed mappings say. ``types``: ``{(sorted tax ids, use): tax type}``; ``untaxed``: types of what has no
# tax; ``accounts``: ``{tax type: id of the account that Odoo books its tax to}``; ``names``: of the rates, by type.
TaxMap = namedtuple("TaxMap", "types untaxed accounts names")


class XeroTaxWitness(models.AbstractModel):
    """Reads the tax of documents from what is booked, never from the mappers that send them.

    Only the confirmed choice of a Xero rate for Odoo's taxes ties the two books; :meth:`_doubts` questions it.
    """

    _name = "xero.tax.witness"
    _description = "Xero Tax Witness"

    def _tax_map(self, connection) -> TaxMap:
        """Return what is confirmed in ``connection``; a fixed number of queries."""
        rows = self.env["xero.mapping.tax"].sudo().search([("connection_id", "=", connection.id)])
        rows = rows.filtered(lambda row: row.state == "confirmed" and row.xero_tax_rate_id)
        types, accounts = {}, {}
        for row in rows.sorted("id"):
            tax_type = row.xero_tax_rate_id.tax_type
            types[row._key_ids(), row.type_tax_use] = tax_type
            parts = row.tax_ids.invoice_repartition_line_ids
            account = parts.account_id.filtered(lambda account: account.internal_group in SETTLED_GROUPS)[:1]
            if account:
                accounts.setdefault(tax_type, account.id)
        untaxed = {tax_type for (taxes, _use), tax_type in types.items() if not taxes}
        rates = self.env["xero.tax.rate"].sudo().search([("connection_id", "=", connection.id)])
        names = {rate.tax_type: rate.name for rate in rates}
        return TaxMap(types, frozenset(untaxed | {"NONE"}), accounts, names)

    def _ledgers(self, tax_map, moves) -> dict[int, TaxLedger]:
        """Return the tax of each of ``moves`` by what is booked, for any number of them by a fixed number of queries.

        :param tax_map: what :meth:`_tax_map` returned
        :param moves: documents, and entries that write documents off; as superuser
        """
        rows = self._items(moves)
        taxes = self.env["account.tax"].sudo().with_context(active_test=False)
        known = taxes.browse({tax_id for row in rows for tax_id in (row["tax_ids"] or [])})
        (known | known.children_tax_ids).mapped("amount")
        found, by_move = {}, {}
        for row in rows:
            by_move.setdefault(row["move_id"], []).append(row)
        for move in moves:
            items = by_move.get(move.id, [])
            found[move.id] = _Reading(move, items, tax_map, known).ledger
        return found

    def _items(self, moves) -> list[dict]:
        """Return the journal items of ``moves`` that make their amounts and taxes, added up by what they say of tax."""
        if not moves:
            return []
        for name in ("account.move", "account.move.line", "account.tax.repartition.line", "account.account.tag"):
            self.env[name].flush_model()
        negated = self.env["account.account.tag"]._search([("applicability", "=", "taxes")])
        sign = self.env["account.account.tag"]._field_to_sql(negated.table, "balance_negate", negated)
        self.env.cr.execute(
            SQL(
                """WITH grid AS (SELECT %(tag)s.id AS id, MIN(%(tag)s.name->>'en_US') AS name,
                                        BOOL_OR(COALESCE(%(sign)s, FALSE)) AS negated
                                   FROM %(tags)s GROUP BY %(tag)s.id),
                   item AS (
                     SELECT l.move_id, l.account_id, a.account_type, r.tax_id, r.id AS part_id,
                            r.account_id IS NULL AND NOT r.use_in_tax_closing AS is_loose,
                            l.display_type = 'non_deductible_tax' AS is_private, l.amount_currency, l.balance,
                            (SELECT array_agg(t.account_tax_id ORDER BY t.account_tax_id)
                               FROM account_move_line_account_tax_rel t
                              WHERE t.account_move_line_id = l.id) AS tax_ids,
                            (SELECT jsonb_agg(jsonb_build_array(g.name, g.negated) ORDER BY g.name)
                               FROM account_account_tag_account_move_line_rel t
                               JOIN grid g ON g.id = t.account_account_tag_id
                              WHERE t.account_move_line_id = l.id) AS grids
                       FROM account_move_line l
                       JOIN account_account a ON a.id = l.account_id
                       LEFT JOIN account_tax_repartition_line r ON r.id = l.tax_repartition_line_id
                      WHERE l.move_id = ANY(%(moves)s) AND l.display_type NOT IN %(left_out)s)
                   SELECT move_id, account_id, account_type, tax_id, part_id, is_loose, is_private, tax_ids,
                          grids, SUM(amount_currency) AS amount, SUM(balance) AS balance, COUNT(*) AS items
                     FROM item WHERE tax_ids IS NOT NULL OR part_id IS NOT NULL
                    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 5, 8""",
                tag=SQL.identifier(negated.table),
                sign=sign,
                tags=negated.from_clause,
                moves=moves.ids,
                left_out=LEFT_OUT,
            )
        )
        return self.env.cr.dictfetchall()

    # === WHAT IS SAID === #

    def _sentence(self, names, found) -> Found:
        """Return what differs of a document, in the currency of the document.

        :param names: of the rates, as in :class:`TaxMap`
        :param found: ``TaxComparison`` of both sides, with something open
        """
        tax, base = found.tax_gaps, found.base_gaps
        if tax:
            mine = ", ".join(f"{self._place_of(pool, found, names)}: {odoo:.2f}" for pool, odoo, _xero in tax)
            theirs = ", ".join(f"{_named(pool, names)}: {xero:.2f}" for pool, _odoo, xero in tax)
            return Found("tax_booked", mine, theirs, sum(odoo - xero for _pool, odoo, xero in tax))
        if base:
            sides = [
                ", ".join(f"{_named([row[0]], names)}: {row[side]:.2f}" for row in base if row[side]) for side in (1, 2)
            ]
            return Found("tax_booked", *sides, sum(abs(odoo - xero) for _type, odoo, xero in base) / len(base))
        return Found("tax_booked", *found.months)

    def _place_of(self, pool, found, names) -> str:
        """Return the account that the tax of ``pool`` stands on in Odoo, else what the rate is called in Xero."""
        mine = [row for row in found.tax if row.tax_type == ", ".join(sorted(pool)) and row.odoo]
        largest = max(mine, key=lambda row: abs(row.odoo), default=None)
        account = self.env["account.account"].sudo().browse(largest and largest.place.account_id or [])
        return f"{account.code or ''} {account.name}".strip() if account else _named(pool, names)

    # === THE MAPPINGS THEMSELVES === #

    def _doubts(self, report) -> list[tuple]:
        """Return ``(row of xero.mapping.tax, why)`` of the choices that documents of ``report`` went by, and that are
        probably wrong: both books agree with those.
        """
        totals = self.env["xero.reconciliation.total"].sudo()
        used = totals.search([("reconciliation_id", "=", report.id), ("section", "in", ("tax", "grid", "month"))])
        types = {name for row in used for name in (row.tax_type or "").split(", ")}
        rows = self.env["xero.mapping.tax"].sudo().search([("connection_id", "=", report.connection_id.id)])
        doubts = rows._doubts()
        return [(row, doubts[row]) for row in rows if row in doubts and row.xero_tax_rate_id.tax_type in types]


def _named(types, names) -> str:
    return " + ".join(names.get(tax_type, tax_type) for tax_type in sorted(types))


class _Reading:
    """One document's journal items on their way into a :class:`~.tax_books.TaxLedger`."""

    def __init__(self, move, items, tax_map, taxes):
        self.move, self.tax_map, self.taxes = move, tax_map, taxes
        self.use, self.direction = self._side()
        self.decimals = move.currency_id.decimal_places
        self.company_decimals = move.company_currency_id.decimal_places
        self.ledger = TaxLedger(str(move.date or ""), self.direction, smallest(self.decimals))
        # Odoo's taxes by Xero's type, of this document.
        self.types = {}
        taxed = [row for row in items if row["part_id"] and not row["is_private"]]
        for row in items:
            if row not in taxed:
                self._add_base(row)
        for row in taxed:
            self._add_tax(row)

    def _side(self) -> tuple:
        """Return the use of the taxes, and the sign of what counts as positive: an entry that writes off takes back
        what it credits.
        """
        move = self.move
        if move.move_type != "entry":
            return "sale" if move.move_type.startswith("out_") else "purchase", move.direction_sign
        settled = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)[:1]
        is_sale = settled.account_id.account_type != "liability_payable"
        return ("sale", 1) if is_sale else ("purchase", -1)

    def _add_base(self, row) -> None:
        # What is not deductible of a tax is tax no more, whatever its account has by default.
        ids = () if row["is_private"] else tuple(row["tax_ids"] or ())
        if not ids:
            return
        tax_type, key = self._xero_type(ids)
        self.types.setdefault(tax_type, set()).update(key)
        self._add_to(self.ledger.bases[tax_type][Place(None, self._grids(row))], row)
        self.ledger.counts[tax_type] += row["items"]

    def _add_tax(self, row) -> None:
        types = frozenset(tax_type for tax_type, key in self.types.items() if row["tax_id"] in key)
        if not types:
            named = self.tax_map.types.get(((row["tax_id"],), self.use))
            if named is None and self._is_amount(self.taxes.browse(row["tax_id"])):
                self._add_base(row)
                return
            types = frozenset([named or NOT_CHOSEN])
        if self._is_cost(row):
            # It is what was bought.
            self._add_base(row)
            return
        self._add_to(self.ledger.taxes[types][Place(row["account_id"], self._grids(row))], row)

    def _add_to(self, sums, row) -> None:
        sums[0] += self.direction * booked(row["amount"], self.decimals)
        sums[1] += self.direction * booked(row["balance"], self.company_decimals)

    def _is_cost(self, row) -> bool:
        """Whether the tax was bought rather than claimed: it is booked to costs, or to what its line is booked to."""
        is_settled = row["account_type"].partition("_")[0] in SETTLED_GROUPS and not row["is_loose"]
        return self.use == "purchase" and not is_settled

    def _grids(self, row) -> tuple:
        return tuple(Grid(*grid) for grid in row["grids"] or ())

    def _xero_type(self, ids) -> tuple:
        """Return Xero's type for the taxes of a line, and which of them it is about.

        Levies and withheld tax are no rates in Xero, and count with what has no tax.
        """
        taxes = self.taxes.browse(ids)
        every = [child for tax in taxes for child in (tax.children_tax_ids or tax)]
        named = self._named(every)
        if named[0] is None:
            named = self._named([tax for tax in every if not self._is_amount(tax)])
        return named if named[0] else (NOT_CHOSEN, named[1])

    def _named(self, taxes) -> tuple:
        key = tuple(sorted(tax.id for tax in taxes))
        return self.tax_map.types.get((key, self.use)), key

    def _is_amount(self, tax) -> bool:
        return tax.amount_type == "fixed" or Decimal(str(tax.amount)) < 0
