"""Odoo's side of a trial balance: what stands on its accounts, what of it Xero books too, and which accounts of the
two books stand for one another.
"""

from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ...mappers.values import booked
from ...xero_api.trial_balance import CURRENCY_GROUP
from ..link.xero_link import GONE_STATUSES
from .tally import EARNINGS, Special

# What Xero has and does not book yet.
UNBOOKED = (*GONE_STATUSES, "DRAFT", "SUBMITTED")
CURRENCY_ACCOUNTS = ("REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN", "BANKCURRENCYGAIN")
SETTLED = ("asset_receivable", "liability_payable")
# Odoo's kinds of account, and what Xero books for them by itself (Xero: Accounts, system accounts).
BY_TYPE = {
    "asset_receivable": ("DEBTORS",),
    "liability_payable": ("CREDITORS",),
    "equity_unaffected": ("RETAINEDEARNINGS",),
}

class XeroLedgerHook(models.AbstractModel):
    """What other rooms and addons know of entries that Xero books otherwise than as a linked journal entry.

    ``connection`` is the ``xero.connection`` whose books are compared.
    """

    _name = "xero.ledger.hook"
    _inherit = "xero.hook"
    _description = "Xero Ledger Hook"

    @api.model
    def _moves_in_xero_sql(self, connection) -> SQL | None:
        """Return a query of the ids of ``account.move`` that Xero books whole; ``None`` for none."""

    @api.model
    def _lines_in_xero_sql(self, connection) -> SQL | None:
        """Return a query of the ids of ``account.move.line`` that Xero books apart from their entry; ``None`` for
        none.
        """

    @api.model
    def _accounts_in_xero(self, connection) -> list[tuple]:
        """Return pairs ``(account.account id, Xero's account id in small letters)`` of accounts that stand for one
        another beside those that are mapped.
        """
        return []


class XeroLedger(models.AbstractModel):
    """Reads Odoo's ledger as superuser; a fixed number of queries for any number of entries and accounts."""

    _name = "xero.ledger"
    _description = "Xero Ledger"

    # === AMOUNTS === #

    @api.model
    def _amounts(self, connection, day, since=None, year_start=None) -> dict:
        """Return ``{(account, cause or None): amount}`` of posted entries, debits positive.

        An account is its id; one that several bank journals share, such as for suspense, is ``(id, journal id)``.

        :param connection: the ``xero.connection``; entries of its company, and of branches without one of their own
        :param day: the last day
        :param since: the first day; ``None`` for all there ever was
        :param year_start: first day of the financial year of ``day``: results before it count as ``EARNINGS``
        :return: amounts are ``Decimal`` in the company's currency. A cause says why Xero does not book the amount:
            ``(word, journal id or None)``, with a word of ``xero.trial.balance.line``
        """
        self.env.flush_all()
        found, places = defaultdict(Decimal), connection.company_id.currency_id.decimal_places
        rows = [*self._booked_amounts(connection, day, since, year_start)]
        for *account, cause, sender_id, amount in self._open_payments(connection, day, since):
            # It is among what was booked.
            rows += [(*account, None, None, -amount), (*account, cause, sender_id, amount)]
        for account_id, journal_id, cause, sender_id, amount in rows:
            account = (account_id, journal_id) if journal_id else account_id
            found[account, (cause, sender_id) if cause else None] += booked(amount, places)
        return dict(found)

    def _booked_amounts(self, connection, day, since, year_start):
        return self.env.execute_query(
            SQL(
                """WITH whole AS (%(whole)s), apart AS (%(apart)s), exchange AS (%(exchange)s), lines AS (
                    SELECT l.balance, m.journal_id, %(of_journal)s AS of_journal,
                           CASE WHEN l.date < %(year)s AND a.account_type ~ '^(income|expense)' THEN %(earnings)s
                                ELSE l.account_id END AS account_id,
                           CASE WHEN apart.id IS NOT NULL THEN NULL
                                WHEN l.display_type = 'cogs' THEN 'costs'
                                WHEN whole.id IS NOT NULL OR paid.id IS NOT NULL OR exchange.is_booked THEN NULL
                                WHEN m.date < %(start)s OR exchange.is_before THEN 'before'
                                WHEN m.move_type != 'entry' OR m.tax_cash_basis_origin_move_id IS NOT NULL
                                     OR exchange.lacks_document THEN 'documents'
                                WHEN m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL
                                     OR exchange.id IS NOT NULL THEN 'payments'
                                ELSE 'entries' END AS cause
                      FROM account_move_line l JOIN account_move m ON m.id = l.move_id
                      JOIN account_account a ON a.id = l.account_id
                      LEFT JOIN whole ON whole.id = m.id LEFT JOIN apart ON apart.id = l.id
                      LEFT JOIN whole paid ON paid.id = m.tax_cash_basis_origin_move_id
                      LEFT JOIN exchange ON exchange.id = m.id
                     WHERE l.parent_state = 'posted' AND l.company_id IN %(companies)s AND l.date <= %(day)s
                       AND l.date >= %(since)s AND a.account_type != 'off_balance')
                   SELECT account_id, of_journal, cause, CASE WHEN cause = 'entries' THEN journal_id END, SUM(balance)
                     FROM lines GROUP BY 1, 2, 3, 4""",
                whole=self._union(connection, "_moves_in_xero_sql"),
                apart=self._union(connection, "_lines_in_xero_sql"),
                exchange=self._exchange_sql(connection),
                of_journal=self._of_journal_sql(connection),
                earnings=EARNINGS,
                year=year_start or "-infinity",
                start=connection._sync_start(),
                companies=tuple(self.env["xero.sync.runner"]._served_companies(connection).ids),
                day=day,
                since=since or "-infinity",
            )
        )

    def _exchange_sql(self, connection) -> SQL:
        """Return a query of the entries of exchange differences, for which ``whole`` is told: Xero books those between
        what it has both of.
        """
        return SQL(
            """SELECT p.exchange_move_id AS id, BOOL_AND(whole.id IS NOT NULL) AS is_booked,
                      BOOL_OR(whole.id IS NULL AND m.date < %(start)s) AS is_before,
                      BOOL_OR(whole.id IS NULL AND m.move_type != 'entry') AS lacks_document
                 FROM account_partial_reconcile p
                CROSS JOIN LATERAL (VALUES (p.debit_move_id), (p.credit_move_id)) AS side (line_id)
                 JOIN account_move_line l ON l.id = side.line_id
                 JOIN account_move m ON m.id = l.move_id AND m.id != p.exchange_move_id
                 LEFT JOIN whole ON whole.id = m.id
                WHERE p.exchange_move_id IS NOT NULL
                  AND p.exchange_move_id IN (SELECT id FROM account_move WHERE company_id IN %(companies)s)
                GROUP BY 1""",
            start=connection._sync_start(),
            companies=tuple(self.env["xero.sync.runner"]._served_companies(connection).ids),
        )

    def _open_payments(self, connection, day, since):
        """Return what of payments, of which the rest is in Xero, no document there takes: Xero has no payment for it.

        That is what nothing takes, and what a document takes that Xero lacks.
        """
        return self.env.execute_query(
            SQL(
                """WITH whole AS (%(whole)s),
                   paid AS (SELECT DISTINCT p.entry_id AS id FROM xero_payment_part p JOIN xero_link k
                                     ON k.res_model = 'xero.payment.part' AND k.res_id = p.id
                                  WHERE %(alive)s AND p.entry_id IS NOT NULL),
                   rest AS (SELECT l.move_id, m.journal_id, l.account_id, l.amount_residual + SIGN(l.balance) * (
                              SELECT COALESCE(SUM(p.amount), 0) FROM account_partial_reconcile p
                                JOIN account_move_line o
                                  ON o.id = CASE WHEN l.id = p.debit_move_id THEN p.credit_move_id
                                                 ELSE p.debit_move_id END
                                JOIN account_move d ON d.id = o.move_id
                               WHERE l.id IN (p.debit_move_id, p.credit_move_id)
                                 AND (d.move_type != 'entry' OR NOT EXISTS (SELECT FROM whole WHERE whole.id = d.id))
                                 AND NOT EXISTS (SELECT FROM account_partial_reconcile e
                                                  WHERE e.exchange_move_id = d.id)
                                 AND NOT EXISTS (SELECT FROM xero_payment_part s JOIN xero_link k
                                                     ON k.res_model = 'xero.payment.part' AND k.res_id = s.id
                                                  WHERE %(alive)s AND s.entry_id = l.move_id
                                                    AND s.document_id = d.id)) AS amount
                              FROM paid JOIN account_move_line l ON l.move_id = paid.id
                              JOIN account_move m ON m.id = l.move_id
                              JOIN account_account a ON a.id = l.account_id
                             WHERE a.account_type IN %(settled)s
                               AND l.parent_state = 'posted' AND l.company_id IN %(companies)s
                               AND l.date BETWEEN %(since)s AND %(day)s
                               AND NOT EXISTS (SELECT FROM xero_link k JOIN account_move m ON m.id = l.move_id
                                                WHERE %(alive)s AND k.res_model = 'account.payment'
                                                  AND k.res_id = m.origin_payment_id))
                   SELECT account_id, NULL::int, 'payments', NULL::int, amount FROM rest WHERE amount != 0
                    UNION ALL
                   SELECT bank.account_id, bank.of_journal, 'payments', NULL, -amount
                     FROM rest CROSS JOIN LATERAL (
                            SELECT l.account_id, %(of_journal)s AS of_journal FROM account_move_line l
                              JOIN account_move m ON m.id = l.move_id
                              JOIN account_account a ON a.id = l.account_id
                             WHERE l.move_id = rest.move_id AND a.account_type NOT IN %(settled)s
                             ORDER BY ABS(l.balance) DESC LIMIT 1) bank
                    WHERE amount != 0""",
                whole=self._union(connection, "_moves_in_xero_sql"),
                alive=self._booked_sql(connection),
                of_journal=self._of_journal_sql(connection),
                settled=SETTLED,
                companies=tuple(self.env["xero.sync.runner"]._served_companies(connection).ids),
                day=day,
                since=since or "-infinity",
            )
        )

    def _union(self, connection, name) -> SQL:
        """Return what all hooks say under ``name``, as one query of a column ``id``."""
        told = [getattr(hook, name)(connection) for hook in self.env["xero.ledger.hook"]._all()]
        parts = [SQL("SELECT id FROM (%s) AS found (id)", part) for part in told if part]
        return SQL(" UNION ").join(parts) if parts else SQL("SELECT NULL::int AS id WHERE FALSE")

    @api.model
    def _booked_sql(self, connection) -> SQL:
        """Return a condition on links ``k``: what they stand for is on Xero's books."""
        return SQL(
            "k.connection_id = %s AND k.xero_id IS NOT NULL AND COALESCE(k.xero_status, '') NOT IN %s",
            connection.id,
            UNBOOKED,
        )

    # === ACCOUNTS === #

    def _bank_accounts(self, connection) -> tuple[dict, set]:
        """Return ``{(account id, journal id): Xero's account id in small letters}`` of the bank journals that are
        mapped, and the ids of the accounts that several of them share.
        """
        mine = [("connection_id", "=", connection.id), ("journal_id", "!=", False)]
        rows = self.env["xero.mapping.journal"].search(mine)
        used = self.env["account.payment"]._read_group(
            [("journal_id", "in", rows.journal_id.ids), ("outstanding_account_id", "!=", False)],
            ["journal_id", "outstanding_account_id"],
        )
        outstanding = defaultdict(set)
        for journal, account in used:
            outstanding[journal].add(account.id)
        found, journals, own = {}, defaultdict(set), set()
        for row in rows:
            journal = row.journal_id
            methods = journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids
            accounts = journal.default_account_id | methods.payment_account_id | journal.suspense_account_id
            own.add(journal.default_account_id.id)
            for account_id in {*accounts.ids, *outstanding[journal]}:
                found[account_id, journal.id] = _lower(row.xero_account_id)
                journals[account_id].add(journal.id)
        return found, {account_id for account_id, ids in journals.items() if len(ids) > 1} - own

    def _of_journal_sql(self, connection) -> SQL:
        """Return the id of the journal of an item ``l`` of the entry ``m``, where others share its account."""
        found, shared = self._bank_accounts(connection)
        journals = sorted({journal_id for account_id, journal_id in found if account_id in shared})
        return SQL(
            "CASE WHEN l.account_id = ANY(%s) AND m.journal_id = ANY(%s) THEN m.journal_id END", [*shared], journals
        )

    @api.model
    def _pairs(self, connection, account_ids) -> set[tuple]:
        """Return pairs ``(account, Xero's account id in small letters)`` of accounts that stand for one another.

        :param account_ids: accounts that are asked about, as :meth:`_amounts` has them
        """
        mine = [("connection_id", "=", connection.id)]
        mapped = self.env["xero.mapping.account"].search([*mine, ("state", "=", "confirmed")])
        mapped = mapped.filtered("xero_account_id")
        pairs = {(row.account_id.id, _lower(row.xero_account_id)) for row in mapped}
        banks, shared = self._bank_accounts(connection)
        pairs |= {(key if key[0] in shared else key[0], xero_id) for key, xero_id in banks.items()}
        pairs |= {pair for hook in self.env["xero.ledger.hook"]._all() for pair in hook._accounts_in_xero(connection)}
        # A clearing account stands for receivables and payables in manual journals only.
        cleared = {row.account_id.id for row in mapped if row.account_id.account_type in SETTLED}
        known, system = {account_id for account_id, _xero_id in pairs} - cleared, defaultdict(set)
        for account in self.env["xero.account"].search([*mine, ("system_account", "!=", False)]):
            system[account.system_account].add(_lower(account))
        asked = {account_id for account_id in account_ids if isinstance(account_id, int)}
        accounts = self.env["account.account"].browse(sorted(asked - known - {EARNINGS}))
        of_tax = self._tax_accounts(connection)
        for account in accounts:
            names = BY_TYPE.get(account.account_type) or (("GST",) if account in of_tax else ())
            pairs |= {(account.id, xero_id) for name in names for xero_id in system[name]}
        pairs |= {(EARNINGS, xero_id) for xero_id in system["RETAINEDEARNINGS"]}
        gains = {xero_id for name in CURRENCY_ACCOUNTS for xero_id in system[name]}
        company = connection.company_id
        exchange = company.income_currency_exchange_account_id | company.expense_currency_exchange_account_id
        return pairs | {(account.id, xero_id) for account in exchange for xero_id in {*gains, CURRENCY_GROUP}}

    def _tax_accounts(self, connection):
        """Return the accounts that taxes are booked on."""
        taxes = self.env["account.tax"].with_context(active_test=False)
        served = self.env["xero.sync.runner"]._served_companies(connection)
        own = [("company_id", "parent_of", connection.company_id.id)]
        taxes = taxes.search(["|", *own, ("company_id", "in", served.ids)])
        lines = (taxes.invoice_repartition_line_ids | taxes.refund_repartition_line_ids).filtered(
            lambda line: line.repartition_type == "tax"
        )
        return lines.account_id | taxes.cash_basis_transition_account_id


    # === WHAT ROUNDS === #

    @api.model
    def _foreign_documents(self, connection, day, since=None) -> int:
        """Return how many documents in another currency than the company's are in Xero; one query."""
        [[count]] = self.env.execute_query(
            SQL(
                """SELECT COUNT(DISTINCT m.id) FROM account_move m
                     JOIN xero_link k ON k.res_model = 'account.move' AND k.res_id = m.id
                    WHERE %s AND m.state = 'posted' AND m.currency_id != %s AND m.date BETWEEN %s AND %s""",
                self._booked_sql(connection),
                connection.company_id.currency_id.id,
                since or "-infinity",
                day,
            )
        )
        return count

    @api.model
    def _special_accounts(self, connection) -> Special:
        """Return which of Xero's accounts are revalued, or take what rounding leaves."""
        found = defaultdict(set)
        for account in self.env["xero.account"].search([("connection_id", "=", connection.id)]):
            found["BANK" if account.type == "BANK" else account.system_account].add(_lower(account))
        return Special(
            revalued=frozenset(found["DEBTORS"] | found["CREDITORS"] | found["BANK"]),
            unrealised=frozenset(found["UNREALISEDCURRENCYGAIN"] | {CURRENCY_GROUP}),
            rounding=frozenset(found["ROUNDING"]),
        )


class XeroLedgerLinked(models.AbstractModel):
    """Entries that are linked, as themselves or as the payment that made them."""

    _name = "xero.ledger.linked"
    _inherit = "xero.ledger.hook"
    _description = "Xero Ledger: Linked Entries"

    @api.model
    def _moves_in_xero_sql(self, connection):
        booked_in_xero = self.env["xero.ledger"]._booked_sql(connection)
        return SQL(
            """SELECT k.res_id FROM xero_link k WHERE %(booked)s AND k.res_model = 'account.move'
                UNION
               SELECT p.move_id FROM xero_link k JOIN account_payment p ON p.id = k.res_id
                WHERE %(booked)s AND k.res_model = 'account.payment'
                UNION
               SELECT p.entry_id FROM xero_link k JOIN xero_payment_part p ON p.id = k.res_id
                WHERE %(booked)s AND k.res_model = 'xero.payment.part'""",
            booked=booked_in_xero,
        )


def _lower(account) -> str:
    return (account.xero_id or "").lower()
