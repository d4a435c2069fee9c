"""The trial balances of both books, over HTTP, as accountants compare them."""

from datetime import date
from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..models.ledger.tally import Special, explain, side_by_side, year_start
from .common.payment import PaymentCommon

REPORTS = ("accounting.reports.trialbalance.read",)


class TrialBalanceCommon(PaymentCommon):
    organisation = {**PaymentCommon.organisation, "FinancialYearEndDay": 31, "FinancialYearEndMonth": 12}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credential.requested_scopes += f" {REPORTS[0]}"
        groups = "base.group_user,account.group_account_manager,xero_connector.group_xero_accountant"
        companies = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.accountant = new_test_user(cls.env, "trial_accountant", groups, **companies)
        cls.clerk = new_test_user(cls.env, "trial_clerk", "account.group_account_invoice", **companies)

    def compare(self, first="2026-03-01", last="2026-03-31"):
        rows = self.env["xero.trial.balance"].with_user(self.accountant).with_company(self.company)
        row = rows.create({"connection_id": self.connection.id, "date_from": first, "date_to": last})
        row.action_compare()
        self.drain()
        jobs = self.env["xero.sync.job"].search([("operation", "=", "task")])
        self.assertEqual(row.state, "done", row.reason or jobs.read(["task", "state", "failure_detail", "run_after"]))
        return row

    def line_of(self, row, account):
        [line] = row.line_ids.filtered(lambda line: account in line.account_ids)
        return line

    def receivable(self):
        return self.company_data["default_account_receivable"]

    def revenue(self):
        return self.company_data["default_account_revenue"]

    def sent(self, *args, **values):
        move = self.make_move(*args, **values)
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        return move

    def entry(self, amount, day="2026-03-12"):
        """An adjustment that nobody sends."""
        accounts = (self.company_data["default_account_expense"], self.company_data["default_account_revenue"])
        lines = [
            {"account_id": account.id, "balance": sign * amount} for account, sign in zip(accounts, (1, -1))
        ]
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [Command.create(line) for line in lines],
            }
        )
        move.action_post()
        return move

    def shown(self, row):
        names = ("odoo_name", "xero_name", "odoo_amount", "xero_amount", "unexplained", "why")
        return row.line_ids.filtered(lambda line: not line.is_equal).read(names)


@tagged("post_install", "-at_install")
class TestTrialBalance(TrialBalanceCommon):
    def test_documents_and_payments_agree_to_the_cent(self):
        sale = self.sent(lines=((3, 33.335),))
        self.sent("in_invoice", lines=((1, 80.0),), ref="BILL-1")
        self.sent("out_refund", lines=((1, 10.01),))
        self.poll(*self.TYPES)
        self.pay_in_xero(sale, amount=50, date="2026-03-20")
        self.poll(*self.TYPES)
        row = self.compare()
        self.assertEqual((row.verdict, row.open_count, row.explained_count), ("agree", 0, 0), self.shown(row))
        self.assertGreater(row.agreed_count, 4)
        line = self.line_of(row, self.receivable())
        self.assertAlmostEqual(line.odoo_amount, sale.amount_total - 50 - 11.51, 2)
        self.assertEqual(self.simulator.calls(self.tenant)[("GET", "Reports")], 2)

    def test_payments_are_on_the_bank_wherever_odoo_holds_them_outstanding(self):
        """Without the accounting app methods of payment name no account: Odoo takes that of the chart."""
        sale = self.sent(lines=((1, 100.0),))
        journal = self.row.journal_id
        (journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids).payment_account_id = False
        self.poll(*self.TYPES)
        self.pay_in_xero(sale, amount=50, date="2026-03-20")
        self.poll(*self.TYPES)
        payment = self.env["account.payment"].search([("journal_id", "=", journal.id), ("amount", "=", 50)])
        outstanding = payment.outstanding_account_id
        self.assertTrue(outstanding and outstanding != journal.default_account_id)
        row = self.compare()
        self.assertEqual(row.verdict, "agree", self.shown(row))
        self.assertIn(self.row.xero_account_id, self.line_of(row, outstanding).xero_account_ids)

    def test_what_is_not_sent_explains_its_part_and_nothing_else(self):
        self.sent(lines=((1, 100.0),))
        self.entry(25.5)
        self.connection.sync_invoices = False
        held = self.make_move(lines=((1, 40.0),))
        row = self.compare()
        self.assertEqual(row.verdict, "explained", self.shown(row))
        line = self.line_of(row, self.revenue())
        self.assertEqual((line.not_sent, line.unexplained), (-65.5, 0.0))
        self.assertIn("entries of", line.why)
        self.assertIn("documents that are not in Xero", line.why)
        self.assertFalse(held.xero_invoice_id)

    def test_what_xero_alone_has_is_not_explained(self):
        self.sent(lines=((1, 100.0),))
        lines = [{"LineAmount": sign * 12.34, "AccountCode": code} for sign, code in ((1, "400"), (-1, "200"))]
        scopes = ["accounting.manualjournals"]
        token = self.simulator.control("/token", organisations=[self.tenant], scopes=scopes)
        headers = {"Authorization": f"Bearer {token['access_token']}", "xero-tenant-id": self.tenant}
        answer = self.simulator.session.put(
            f"{self.simulator.url}/api.xro/2.0/ManualJournals",
            json={"Narration": "Year end", "Date": "2026-03-31", "Status": "POSTED", "JournalLines": lines},
            headers={**headers, "Accept": "application/json"},
            timeout=30.0,
        )
        self.assertTrue(answer.ok, answer.text)
        row = self.compare()
        self.assertEqual(row.verdict, "differ")
        self.assertEqual(row.line_ids[0].unexplained, self.line_of(row, row.line_ids[0].account_ids[:1]).unexplained)
        self.assertEqual(sorted(abs(line.unexplained) for line in row.line_ids if line.unexplained), [12.34, 12.34])

    def test_a_period_within_the_year_and_all_that_stands(self):
        self.sent(lines=((1, 100.0),), invoice_date="2025-11-05")
        self.sent(lines=((1, 70.0),), invoice_date="2026-02-05")
        march = self.sent(lines=((1, 30.0),))
        row = self.compare()
        self.assertEqual(self.line_of(row, self.revenue()).odoo_amount, -march.amount_untaxed)
        whole = self.compare(first=False)
        self.assertEqual(whole.verdict, "agree", self.shown(whole))
        # The organisation's year ends with December: last year's result is in its retained earnings.
        self.assertEqual(self.line_of(whole, self.revenue()).xero_amount, -100.0)
        year = self.compare(first="2026-01-01")
        self.assertEqual(year.verdict, "agree", self.shown(year))
        with self.assertRaisesRegex(ValidationError, "begin anew"):
            self.compare(first="2025-12-31")

    def test_without_the_permission_it_is_asked_for(self):
        self.credential.scopes = "accounting.contacts accounting.invoices accounting.payments"
        rows = self.env["xero.trial.balance"].with_user(self.accountant).with_company(self.company)
        row = rows.create({"connection_id": self.connection.id, "date_to": "2026-03-31"})
        self.assertEqual(row.missing_scopes, REPORTS[0])
        answer = row.action_compare()
        self.assertIn(REPORTS[0], answer["params"]["message"])
        self.assertEqual(row.state, "new")
        self.assertIn(REPORTS[0], self.credential._scopes_to_ask())
        [health] = self.env["xero.health"]._of(self.connection)
        [told] = [check for check in health["checks"] if check["topic"] == "scopes"]
        self.assertIn("the trial balance", told["text"])

    def test_a_person_without_reports_is_told_so(self):
        self.simulator.fault("error", status=403, path="/Reports/", count=None)
        rows = self.env["xero.trial.balance"].with_user(self.accountant).with_company(self.company)
        row = rows.create({"connection_id": self.connection.id, "date_to": "2026-03-31"})
        row.action_compare()
        self.drain()
        self.assertEqual(row.state, "failed")
        self.assertIn("may see them", row.reason)
        self.assertEqual(self.connection.state, "connected")

    def test_only_accountants_of_the_company_compare(self):
        with self.assertRaises(AccessError):
            self.env["xero.trial.balance"].with_user(self.clerk).create({"connection_id": self.connection.id})
        row = self.compare()
        with self.assertRaises(UserError):
            row.date_from = False
        stranger = new_test_user(
            self.env,
            "trial_stranger",
            "account.group_account_manager,xero_connector.group_xero_accountant",
            company_id=self.env.ref("base.main_company").id,
            company_ids=[Command.set(self.env.ref("base.main_company").ids)],
        )
        self.assertFalse(self.env["xero.trial.balance"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            row.with_user(stranger).line_ids.read(["odoo_amount"])

    def test_the_number_of_queries_does_not_grow_with_entries(self):
        ledger = self.env["xero.ledger"].sudo()

        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            ledger._pairs(self.connection, [one for one, _cause in ledger._amounts(self.connection, date(2026, 3, 31))])
            return self.env.cr.sql_log_count - before

        self.make_move()
        few = cost()
        for _number in range(6):
            self.make_move()
        self.assertEqual(cost(), few)


@tagged("post_install", "-at_install")
class TestTrialBalanceOfMonths(TrialBalanceCommon):
    """What else happens in a month: each amount is in both books, or its cause is the right one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.savings = cls.company_data["default_journal_bank"].copy({"name": "Savings", "code": "SAV"})
        cls.aud = cls.setup_other_currency("AUD", rates=[("2026-01-01", 1.5), ("2026-03-12", 1.7)])

    def connect(self, connection=None, tenant=None):
        values = {"code": "091", "CurrencyCode": self.organisation["BaseCurrency"]}
        self.simulator.control(f"/organisations/{tenant or self.tenant}/act/edit_account", **values)
        super().connect(connection, tenant)

    def setUp(self):
        super().setUp()
        self.row.direction = "odoo_to_xero"

    def register(self, moves, **values):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids)
            .create({"payment_date": date(2026, 3, 12), "journal_id": self.bank.id, **values})
        )
        return wizard._create_payments()

    def causes(self, row):
        return {cause[0] for line in row.line_ids for cause in line.causes or []}

    def assertVerdict(self, row, verdict, *causes):
        self.assertEqual(row.verdict, verdict, self.shown(row))
        self.assertEqual(self.causes(row), {*causes}, self.shown(row))

    def test_exchange_differences_follow_their_documents(self):
        move = self.sent(currency_id=self.aud.id)
        self.register(move)
        self.drain()
        self.assertTrue(self.env["account.partial.reconcile"].search([("exchange_move_id", "!=", False)]))
        self.assertVerdict(self.compare(), "agree")
        self.connection.sync_invoices = False
        held = self.make_move(currency_id=self.aud.id, lines=((1, 1000.0),))
        self.register(held)
        self.drain()
        self.assertVerdict(self.compare(last="2026-04-01"), "explained", "documents", "payments")

    def test_exchange_differences_before_the_sync_began(self):
        self.connection.sync_from = "2026-03-20"
        old = self.make_move(currency_id=self.aud.id, lines=((1, 1000.0),))
        self.register(old)
        self.drain()
        self.assertVerdict(self.compare(first=False), "explained", "before")

    def test_a_payment_on_two_documents_of_which_xero_has_one(self):
        journal = self.company_data["default_journal_sale"].copy({"name": "Held", "code": "ZHELD", "sequence": 99})
        self.connection.excluded_journal_ids = journal
        move, held = self.sent(), self.make_move(lines=((1, 40.0),), journal_id=journal.id)
        self.register(move | held, group_payment=True)
        self.drain()
        row = self.compare()
        self.assertVerdict(row, "explained", "documents", "payments")
        line = self.line_of(row, self.receivable())
        self.assertEqual((line.odoo_amount, line.xero_amount, line.not_sent), (0, 0, 0))

    def test_what_no_document_takes_of_a_payment(self):
        self.register(self.sent(), amount=200)
        self.drain()
        row = self.compare()
        self.assertVerdict(row, "explained", "payments")
        line = self.line_of(row, self.receivable())
        self.assertEqual((line.odoo_amount, line.xero_amount, line.not_sent), (-85, 0, -85))

    def test_money_in_another_bank_account_is_a_difference(self):
        """Bank journals share the company's suspense and outstanding accounts, and stay apart."""
        account = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "091")])
        second = self.env["xero.mapping.journal"]._ensure(self.connection, account)
        second.write({"journal_id": self.savings.id, "direction": "odoo_to_xero"})
        outstanding = self.bank.inbound_payment_method_line_ids.payment_account_id[:1]
        self.assertTrue(outstanding)
        for journal in self.bank | self.savings:
            journal.inbound_payment_method_line_ids.payment_account_id = outstanding
        self.register(self.sent())
        self.register(self.sent(lines=((1, 200.0),)), journal_id=self.savings.id)
        self.drain()
        row = self.compare()
        self.assertVerdict(row, "agree")
        one, two = (
            row.line_ids.filtered(lambda line, code=code: line.xero_account_ids.code == code) for code in ("090", "091")
        )
        self.assertEqual((one.odoo_amount, two.odoo_amount), (115, 230))
        self.assertEqual((one.xero_amount, two.xero_amount), (115, 230))
        self.assertEqual(
            sum(self.env["account.move.line"].search(one.action_open_entries()["domain"]).mapped("balance")), 115
        )

    def test_tax_on_payment(self):
        self.company.tax_exigibility = True
        transition = self.company_data["default_account_tax_sale"].copy({"code": "TRANS", "name": "Waiting tax"})
        transition.reconcile = True
        self.tax_sale_a.write({"tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition.id})
        move = self.sent()
        self.register(move)
        self.drain()
        self.assertVerdict(self.compare(), "agree")
        self.connection.sync_invoices = False
        held = self.make_move(lines=((1, 40.0),))
        self.register(held)
        self.drain()
        self.assertVerdict(self.compare(last="2026-04-01"), "explained", "documents", "payments")


@tagged("post_install", "-at_install")
class TestTally(PaymentCommon):
    connect_first = False

    def test_accounts_that_share_a_counterpart_stand_together(self):
        odoo = {(1, None): Decimal(5), (2, None): Decimal(7), (3, ("entries", 9)): Decimal(4), (4, None): Decimal(0)}
        rows = side_by_side(odoo, {"a": Decimal(12), "b": Decimal(1)}, [(1, "a"), (2, "a"), (3, "c")])
        found = {tuple(row.odoo_ids): row for row in rows}
        self.assertEqual((found[1, 2].odoo, found[1, 2].xero), (12, 12))
        self.assertEqual((found[3,].not_sent, found[3,].unexplained), (4, 0))
        self.assertEqual(found[()].unexplained, -1)
        self.assertNotIn((4,), found)

    def test_the_rate_of_the_day_explains_what_adds_up_to_it(self):
        special = Special(frozenset("rp"), frozenset("u"), frozenset("o"))

        def verdicts(xero, foreign=2):
            odoo = {(1, None): Decimal(100), (2, None): Decimal(-60), (3, None): Decimal(-40)}
            xero = {key: Decimal(value) for key, value in xero.items()}
            rows = side_by_side(odoo, xero, [(1, "r"), (2, "p"), (3, "s")])
            explain(rows, xero, special, foreign)
            return {"".join(row.xero_ids): (row.unexplained, list(row.causes)) for row in rows if row.odoo != row.xero}

        revalued, rounding = [("revaluation", None)], [("rounding", None)]
        self.assertEqual(
            verdicts({"r": "103", "p": "-61", "s": "-40", "u": "-2"}),
            {"r": (0, revalued), "p": (0, revalued), "u": (0, revalued)},
        )
        found = verdicts({"r": "103", "p": "-61", "s": "-40.02", "u": "-1.98"})
        self.assertEqual(found["s"], (0, rounding))
        self.assertEqual(found["r"], (0, revalued))
        # Another receivable than the gain says is nobody's doing.
        found = verdicts({"r": "108", "p": "-61", "s": "-45", "u": "-2"})
        self.assertEqual({key: value for key, (value, _causes) in found.items()}, {"r": -8, "p": 1, "s": 5, "u": 2})
        self.assertFalse(any(causes for _value, causes in found.values()))
        # Without another currency a cent is a cent.
        found = verdicts({"r": "100.01", "p": "-60", "s": "-40.01"}, foreign=0)
        cents = {"r": Decimal("-0.01"), "s": Decimal("0.01")}
        self.assertEqual({key: value for key, (value, _causes) in found.items()}, cents)

    def test_financial_years(self):
        for day, month, last, begin in (
            ("2026-03-31", 3, 31, "2025-04-01"),
            ("2026-04-01", 3, 31, "2026-04-01"),
            ("2026-06-30", 6, 30, "2025-07-01"),
            ("2024-02-29", 2, 29, "2023-03-01"),
            ("2025-03-01", 2, 29, "2025-03-01"),
            ("2026-12-31", 12, 31, "2026-01-01"),
        ):
            self.assertEqual(str(year_start(date.fromisoformat(day), month, last)), begin, day)
