"""What a batch of sessions, or of orders invoiced late, needs to know: their closing entries and the money behind."""

from collections import defaultdict
from decimal import Decimal

from odoo.addons.xero_connector.mappers.document.books import Books
from odoo.addons.xero_connector.mappers.document.lines import LINE_FIELDS
from odoo.addons.xero_connector.mappers.document.sheet import decimal_of
from odoo.addons.xero_connector.xero_api.money import rate
from odoo.tools import SQL

from .divide import Difference, Till, divide


class TillReader:
    """Reads the closing entries of sessions, and those that take an order out of one again because it is invoiced.

    The number of queries does not depend on how many there are.

    :param entries: ``account.move`` of either kind, as superuser
    """

    def __init__(self, entries):
        self.env, self.entries = entries.env, entries
        self.env.flush_all()
        fields = (*LINE_FIELDS, "balance", "account_type")
        lines = self.env["account.move.line"].search_fetch([("move_id", "in", entries.ids)], fields)
        entries.fetch(("company_id", "currency_id", "reversed_pos_order_id", "date", "state", "name"))
        self._debtors = self._debtor_accounts(entries.company_id)
        by_entry = lines.grouped("move_id").items()
        self._by_entry = {entry: self._sold_lines(entry, of_entry) for entry, of_entry in by_entry}
        self.lines = lines.browse([line.id for of_entry in self._by_entry.values() for line in of_entry])
        self._money, self._differences = self._read_money(), self._read_differences()

    def _debtor_accounts(self, companies) -> set[int]:
        """Nothing has these be of the type for receivables."""
        methods = self.env["pos.payment.method"].with_context(active_test=False)
        methods = methods.search_fetch([("company_id", "in", companies.ids)], ["receivable_account_id"])
        accounts = methods.receivable_account_id | companies.account_default_pos_receivable_account_id
        return set(accounts.ids)

    def _sold_lines(self, entry, lines):
        """Return what was sold, with its tax and rounding: Xero books what it is owed by itself, and goods that were
        taken out of stock are booked elsewhere.
        """
        return lines.filtered(
            lambda line: (
                line.account_type != "asset_receivable"
                and line.account_id.id not in self._debtors
                and not self._is_stock(entry, line)
            )
        )

    def _is_stock(self, entry, line) -> bool:
        """Odoo's point of sale gives such lines no name in the entry of a session, and no product in that of an order,
        while sales have both there.
        """
        if line.tax_repartition_line_id or line.tax_ids or line.display_type == "rounding":
            return False
        return not (line.product_id if entry.reversed_pos_order_id else line.name)

    def _read_money(self) -> dict:
        """Return ``{entry id: {journal id, or False: amount}}``. Orders that were invoiced before the session was
        closed are not in its entry: their money is on their invoices.
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT s.move_id, m.journal_id, SUM(p.amount)
                     FROM pos_session s
                     JOIN pos_order o ON o.session_id = s.id AND o.state NOT IN ('draft', 'cancel')
                     JOIN pos_payment p ON p.pos_order_id = o.id
                     JOIN pos_payment_method m ON m.id = p.payment_method_id
                    WHERE s.move_id = ANY(%(ids)s) AND (o.account_move IS NULL
                       OR EXISTS (SELECT FROM account_move r WHERE r.reversed_pos_order_id = o.id))
                    GROUP BY 1, 2
                    UNION ALL
                   SELECT r.id, m.journal_id, -SUM(p.amount)
                     FROM account_move r
                     JOIN pos_payment p ON p.pos_order_id = r.reversed_pos_order_id
                     JOIN pos_payment_method m ON m.id = p.payment_method_id
                    WHERE r.id = ANY(%(ids)s)
                    GROUP BY 1, 2""",
                ids=self.entries.ids,
            )
        )
        found = defaultdict(dict)
        for entry_id, journal_id, amount in rows:
            found[entry_id][journal_id or False] = amount
        return found

    def _read_differences(self) -> dict:
        """Return ``{entry id: [(journal id, account id, amount)]}`` of what was counted differently when the session
        was closed, in cash and in what a terminal says.
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT s.move_id, j.id, l.account_id, -SUM(l.amount_currency)
                     FROM pos_session s
                     JOIN (SELECT pos_session_id, move_id FROM account_bank_statement_line
                            UNION ALL SELECT pos_session_id, move_id FROM account_payment) c ON c.pos_session_id = s.id
                     JOIN account_move e ON e.id = c.move_id AND e.state = 'posted'
                     JOIN account_journal j ON j.id = e.journal_id
                     JOIN account_move_line l ON l.move_id = e.id
                          AND l.account_id IN (j.profit_account_id, j.loss_account_id)
                    WHERE s.move_id = ANY(%s)
                    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
                self.entries.ids,
            )
        )
        found = defaultdict(list)
        for entry_id, *row in rows:
            found[entry_id].append(row)
        return found

    # === ONE ENTRY === #

    def lines_of(self, entry):
        """Return the journal items of ``entry`` that are sales, tax or rounding."""
        return self._by_entry.get(entry, self.lines.browse())

    def till(self, entry, currency) -> Till:
        """Return what ``entry`` says.

        :param currency: ``res.currency`` of the till
        """
        places, lines, paid = currency.decimal_places, self.lines_of(entry), self._money[entry.id]
        return Till(
            sold=-sum((decimal_of(line.amount_currency, places) for line in lines), Decimal(0)),
            money={journal_id: decimal_of(amount, places) for journal_id, amount in paid.items() if journal_id},
            owed=decimal_of(paid.get(False, 0.0), places),
            differences=[
                Difference(journal_id, account_id, decimal_of(amount, places))
                for journal_id, account_id, amount in self._differences[entry.id]
            ],
            is_empty=not any(line.amount_currency for line in lines),
        )

    def own_rate(self, entry) -> float:
        """Return units of the currency of ``entry``'s till for one of the company's; 0 where nothing tells."""
        lines = self.lines_of(entry)
        worth = sum(abs(line.balance) for line in lines)
        return sum(abs(line.amount_currency) for line in lines) / worth if worth else 0.0


class TillBooks(Books):
    """One batch of sessions, or of entries of orders.

    :param documents: of one model, in the connection's company, with the rights to read everything
    :param entries: ``{id of the document: account.move}``
    """

    def __init__(self, connection, documents, entries: dict, xero_type: str, partners, links: dict | None = None):
        self.entries = entries
        self.reader = TillReader(documents.env["account.move"].union(*entries.values()))
        lines = self.reader.lines
        super().__init__(connection, documents, xero_type, partners, links)
        self.prefetch_taxes(lines.tax_ids | lines.tax_repartition_line_id.tax_id | lines.group_tax_id)
        self.papers = {}

    def paper(self, document, currency, side: str, differences: str):
        """Return the :class:`~.divide.Paper` of ``document`` in the direction ``side``; ``None`` without one.

        :param currency: ``res.currency`` of the till
        :param differences: one of ``divide.MODES``
        """
        if document.id not in self.papers:
            entry = self.entries.get(document.id)
            till = self.reader.till(entry, currency) if entry else Till(is_empty=True)
            self.papers[document.id] = till, divide(till, differences)
        return self.papers[document.id][1].get(side)

    def till(self, document) -> Till:
        """Return the :class:`~.divide.Till` of ``document``, whose paper was asked for."""
        return self.papers[document.id][0]


def share_rate(reader, entry, is_foreign: bool) -> Decimal:
    """Return the rate that payments of ``entry`` are worth in the books, so that none of them gains or loses."""
    return rate(Decimal(repr(reader.own_rate(entry)))) if is_foreign else Decimal(0)
