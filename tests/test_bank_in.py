"""Money that people spend, receive and move in Xero, in Odoo's books."""

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..models.inbound.schedule import EVERY_LARGE
from .common.bank import BankCommon


@tagged("post_install", "-at_install")
class TestBankIn(BankCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fees = cls.company_data["default_account_expense"].copy({"code": "6404", "name": "Fees"})
        cls.interest = cls.company_data["default_account_revenue"].copy({"code": "7270", "name": "Interest"})

    def setUp(self):
        super().setUp()
        self.map_code("404", self.fees)
        self.map_code("270", self.interest)

    # === MONEY === #

    def test_a_fee_is_one_bank_line_with_what_it_was_for(self):
        element = self.spend(self.line("12.34"), Reference="March fees")
        self.poll("BankTransaction")
        move = self.entry_of(element)
        self.assertRecordValues(
            move.statement_line_id,
            [{"amount": -12.34, "payment_ref": "March fees", "journal_id": self.bank.id, "state": "posted"}],
        )
        self.assertEqual(str(move.date), "2026-03-10")
        self.assertEqual(move.statement_line_id.partner_id.name, "The Bank")
        self.assertEqual(
            self.booked(move),
            {self.bank.default_account_id: (-12.34, -12.34), self.fees: (12.34, 12.34)},
        )
        self.assertEqual(move.with_user(self.env.user).xero_sync_state, "synced")
        self.assertIn(element["BankTransactionID"], move.xero_url)
        self.assertFalse(self.open_jobs())
        before = self.writes_of(move)
        self.poll("BankTransaction")
        self.assertEqual(self.writes_of(move), before, "an echo")

    def test_tax_is_booked_as_xero_has_it(self):
        spent = self.add_tax(15, "purchase", "INPUT2")
        earned = self.add_tax(15, "sale", "OUTPUT2")
        # Another tax than Odoo would compute: one that is inside the price, of two lines, rounded by line.
        bought = self.spend(
            self.line("33.33", tax="INPUT2"), self.line("33.33", tax="INPUT2"), LineAmountTypes="Inclusive"
        )
        sold = self.spend(self.line("100", "270", "OUTPUT2"), kind="RECEIVE")
        back = self.spend(self.line("40", tax="INPUT2"), kind="RECEIVE")
        self.poll("BankTransaction")
        move = self.entry_of(bought)
        tax_line = move.line_ids.filtered("tax_line_id")
        self.assertEqual(sum(tax_line.mapped("balance")), 8.70)
        spent_on = move.line_ids.filtered(lambda line: line.account_id == self.fees)
        self.assertEqual(sum(spent_on.mapped("balance")), 57.96)
        self.assertEqual(move.statement_line_id.amount, -66.66)
        self.assertEqual(tax_line.tax_line_id, spent)
        parts = spent.invoice_repartition_line_ids
        self.assertEqual(tax_line.tax_tag_ids, parts.filtered(lambda part: part.repartition_type == "tax").tag_ids)
        base = move.line_ids.filtered(lambda line: line.account_id == self.fees)
        self.assertEqual(base.tax_ids, spent)
        self.assertEqual(base.tax_tag_ids, parts.filtered(lambda part: part.repartition_type == "base").tag_ids)
        move = self.entry_of(sold)
        self.assertEqual(move.statement_line_id.amount, 115.0)
        self.assertEqual(move.line_ids.filtered("tax_line_id").tax_repartition_line_id.document_type, "invoice")
        self.assertEqual(move.line_ids.filtered("tax_line_id").tax_line_id, earned)
        move = self.entry_of(back)
        self.assertEqual(move.line_ids.filtered("tax_line_id").tax_line_id, spent)
        self.assertEqual(move.line_ids.filtered("tax_line_id").tax_repartition_line_id.document_type, "refund")
        self.assertEqual(move.statement_line_id.amount, 46.0)

    def test_a_negative_line_keeps_its_sign(self):
        element = self.spend(self.line("50"), self.line("-8.5", "270", text="Interest"))
        self.poll("BankTransaction")
        self.assertEqual(
            self.booked(self.entry_of(element)),
            {
                self.bank.default_account_id: (-41.5, -41.5),
                self.fees: (50.0, 50.0),
                self.interest: (-8.5, -8.5),
            },
        )

    def test_drafts_by_setting(self):
        self.connection.bank_entries = "draft"
        element = self.spend()
        self.poll("BankTransaction")
        move = self.entry_of(element)
        self.assertEqual(move.state, "draft")
        move.action_post()
        self.assertEqual(self.booked(move)[self.fees], (10.0, 10.0))
        self.edit_money(element, self.line("11"))
        self.poll("BankTransaction")
        self.assertEqual(self.booked(move)[self.fees], (11.0, 11.0), "posting it was no change of what it books")
        self.assertEqual(move.state, "posted")

    def test_only_of_accounts_that_are_booked_from_xero(self):
        self.row.direction = "odoo_to_xero"
        element = self.spend()
        self.poll("BankTransaction")
        self.assertFalse(self.entry_of(element))
        self.assertFalse(self.open_jobs())

    def test_what_misses_something_waits_and_stops_no_other(self):
        lost = self.spend(self.line("7", "408"))
        old = self.spend(self.line("9"), date="2018-12-31")
        other = self.spend(self.line("5"), account="091")
        good = self.spend(self.line("3"))
        self.connection.account_mapping_ids.filtered(lambda row: row.xero_account_id.code == "408").unlink()
        self.poll("BankTransaction")
        self.assertTrue(self.entry_of(good))
        self.assertFalse(self.entry_of(lost) | self.entry_of(old) | self.entry_of(other))
        failed = self.failed_fetch().sorted("id")
        self.assertEqual(set(failed.mapped("xero_id")), {lost["BankTransactionID"], other["BankTransactionID"]})
        self.assertIn("408", " ".join(map(str, failed.mapped("failure_detail"))))
        row = self.connection.journal_mapping_ids.filtered(lambda row: row.xero_account_id.code == "091")
        row.write({"journal_id": self.second_bank.id, "state": "confirmed"})
        self.drain()
        self.assertEqual(self.entry_of(other).journal_id, self.second_bank, "a choice lets it go")

    def test_a_foreign_account_is_worth_what_xero_says(self):
        self.simulator.control(f"/organisations/{self.tenant}/act/edit_account", code="091", CurrencyCode="AUD")
        self.connection.action_pull()
        self.drain()
        row = self.map_bank(self.connection, "091", journal_id=self.second_bank.id, state="confirmed")
        element = self.spend(self.line("33.33"), self.line("0.01"), account="091", CurrencyRate="0.8123")
        self.poll("BankTransaction")
        self.assertFalse(self.entry_of(element), "the journal is in another currency")
        row.journal_id = self.aussie_bank
        self.drain()
        move = self.entry_of(element)
        self.assertEqual(self.booked(move)[self.aussie_bank.default_account_id], (-33.34, -41.04))
        self.assertFalse(round(sum(move.line_ids.mapped("balance")), 2))
        self.assertEqual(move.statement_line_id.amount, -33.34)

    def test_tracking_is_an_analytic_account(self):
        client_row = self.env["xero.mapping.tracking"].search([("connection_id", "=", self.connection.id)], limit=1)
        option = self.env["xero.tracking.option"].search([("connection_id", "=", self.connection.id)], limit=1)
        plan = self.env["account.analytic.plan"].create({"name": "Regions"})
        account = self.env["account.analytic.account"].create({"name": option.name, "plan_id": plan.id})
        (client_row or self.env["xero.mapping.tracking"]).create(
            {
                "connection_id": self.connection.id,
                "account_id": account.id,
                "xero_option_id": option.id,
                "state": "confirmed",
            }
        )
        tracking = [{"Name": option.category_id.name, "Option": option.name}]
        element = self.spend(self.line("10", Tracking=tracking), self.line("4"))
        self.poll("BankTransaction")
        lines = self.entry_of(element).line_ids.filtered(lambda line: line.account_id == self.fees)
        self.assertEqual(
            {line.balance: line.analytic_distribution for line in lines}, {10.0: {str(account.id): 100.0}, 4.0: False}
        )

    # === CHANGES === #

    def edit_money(self, element, *lines):
        """Somebody gives the bank transaction other lines."""
        edit = {"BankTransactionID": element["BankTransactionID"], "Type": element["Type"]}
        self.write_in_xero(
            "BankTransactions", {**edit, "LineAmountTypes": "Exclusive", "LineItems": list(lines)}, "post"
        )

    def test_the_same_money_as_a_payment_stays_one(self):
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.partner_a.id,
                "amount": 10.0,
                "journal_id": self.bank.id,
                "date": "2026-03-09",
            }
        )
        payment.action_post()
        element = self.spend(self.line("10"))
        self.poll("BankTransaction")
        conflict = self.conflict_of(payment.move_id)
        self.assertEqual(conflict.kind, "twin")
        said = {line.name: line.xero for line in conflict.line_ids}
        self.assertEqual((said["bank"], said["status"]), (self.row.xero_account_id.display_name, "Recorded"))
        link = conflict.link_id
        self.assertEqual((link.shown_kind, link.xero_status_name), ("Bank Transaction", "Recorded"))
        conflict.with_user(self.env.user).action_take_odoo()
        self.assertEqual(self.entry_of(element), payment.move_id)
        self.edit_money(element, self.line("12"))
        self.poll("BankTransaction")
        self.assertEqual(self.conflict_of(payment.move_id).kind, "refused", "a payment is changed by people")
        self.assertEqual(payment.amount, 10.0)

    def test_changes_in_xero_come_over(self):
        element = self.spend(self.line("10"))
        self.poll("BankTransaction")
        move = self.entry_of(element)
        name = move.name
        self.edit_money(element, self.line("11"), self.line("2", "270"))
        self.poll("BankTransaction")
        self.env.invalidate_all()
        self.assertEqual(
            self.booked(move),
            {
                self.bank.default_account_id: (-13.0, -13.0),
                self.fees: (11.0, 11.0),
                self.interest: (2.0, 2.0),
            },
        )
        self.assertEqual((move.state, move.name, move.statement_line_id.amount), ("posted", name, -13.0))
        self.person("delete_bank_money", bank_transaction=element["BankTransactionID"])
        self.poll("BankTransaction")
        self.assertEqual((move.state, move.name), ("cancel", name), "it keeps its number")
        self.assertFalse(self.open_jobs())

    def test_what_a_person_changed_in_odoo_is_asked_about(self):
        element = self.spend(self.line("10"))
        self.poll("BankTransaction")
        move = self.entry_of(element)
        move.line_ids.filtered(lambda line: line.account_id == self.fees).account_id = self.interest
        self.edit_money(element, self.line("12"))
        self.poll("BankTransaction")
        self.assertEqual(self.booked(move)[self.interest], (10.0, 10.0), "nothing is overwritten unseen")
        conflict = self.conflict_of(move)
        self.assertEqual((conflict.kind, conflict.state), ("both", "open"))
        conflict.with_user(self.env.user).action_take_xero()
        self.env.invalidate_all()
        self.assertEqual(self.booked(move)[self.fees], (12.0, 12.0))

    def test_a_closed_period_is_respected(self):
        element = self.spend(self.line("10"), date="2026-01-15")
        self.poll("BankTransaction")
        move = self.entry_of(element)
        self.company.fiscalyear_lock_date = fields.Date.to_date("2026-01-31")
        late = self.spend(self.line("8"), date="2026-01-20")
        self.person("delete_bank_money", bank_transaction=element["BankTransactionID"])
        self.poll("BankTransaction")
        self.assertEqual(move.state, "posted")
        self.assertEqual(self.conflict_of(move).kind, "refused")
        self.assertFalse(self.entry_of(late))
        self.connection.odoo_lock_policy = "move"
        self.drain()
        self.assertEqual(str(self.entry_of(late).date), "2026-02-01")
        self.conflict_of(move).with_user(self.env.user).action_take_xero()
        self.env.invalidate_all()
        reversal = move.reversal_move_ids
        self.assertEqual((move.state, str(reversal.date), reversal.state), ("posted", "2026-02-01", "posted"))
        lines = (move | reversal).line_ids
        self.assertFalse(round(sum(lines.filtered(lambda line: line.account_id == self.fees).mapped("balance")), 2))

    def test_deleted_in_odoo_it_does_not_come_again(self):
        element = self.spend()
        self.poll("BankTransaction")
        move = self.entry_of(element)
        move.statement_line_id.unlink()
        self.drain()
        self.poll("BankTransaction")
        self.assertFalse(self.entry_of(element))
        self.assertFalse(self.open_jobs())
        self.assertEqual(
            self.simulator.documents(self.tenant, "BankTransactions")[0]["Status"], "AUTHORISED", "Xero keeps it"
        )

    # === TWINS === #

    def test_the_same_money_is_never_booked_twice(self):
        undecided, coded = self.statement_line(-10.0), self.statement_line(-20.0, date="2026-03-12")
        coded.with_context(force_delete=True).write(
            {
                "line_ids": [
                    Command.clear(),
                    Command.create({"account_id": self.bank.default_account_id.id, "balance": -20.0}),
                    Command.create({"account_id": self.interest.id, "balance": 20.0}),
                ]
            }
        )
        far = self.statement_line(-10.0, date="2026-03-20")
        first, second = self.spend(self.line("10")), self.spend(self.line("20"))
        self.poll("BankTransaction")
        conflicts = {move: self.conflict_of(move) for move in (undecided.move_id, coded.move_id)}
        self.assertEqual([conflict.kind for conflict in conflicts.values()], ["twin", "twin"])
        self.assertFalse(self.conflict_of(far.move_id))
        count = self.env["account.bank.statement.line"].search_count([("journal_id", "=", self.bank.id)])
        self.poll("BankTransaction")
        self.assertEqual(
            self.env["account.bank.statement.line"].search_count([("journal_id", "=", self.bank.id)]), count
        )
        clerk = self.person_of_odoo("clerk", self.company, "account.group_account_invoice")
        with self.assertRaises(AccessError):
            conflicts[undecided.move_id].with_user(clerk).action_take_odoo()
        conflicts[undecided.move_id].with_user(self.env.user).action_take_odoo()
        conflicts[coded.move_id].with_user(self.env.user).action_take_xero()
        self.env.invalidate_all()
        self.assertEqual(self.entry_of(first), undecided.move_id)
        self.assertEqual(self.booked(undecided.move_id)[self.fees], (10.0, 10.0), "what nobody had decided is Xero's")
        other = self.entry_of(second)
        self.assertNotEqual(other, coded.move_id)
        self.assertEqual(self.booked(other)[self.fees], (20.0, 20.0))
        self.assertEqual(self.booked(coded.move_id)[self.interest], (20.0, 20.0))
        self.poll("BankTransaction")
        self.assertFalse(self.open_jobs())

    # === WHO AND WHERE === #

    def person_of_odoo(self, login, company, group):
        return self.env["res.users"].create(
            {
                "name": login,
                "login": f"bank_in_{login}",
                "company_ids": [Command.set(company.ids)],
                "company_id": company.id,
                "group_ids": [Command.set(self.env.ref(group).ids)],
            }
        )

    def test_a_branch_has_its_own_bank_and_another_company_sees_nothing(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids += branch
        journal = self.env["account.journal"].create(
            {"name": "Branch bank", "code": "BRB", "type": "bank", "company_id": branch.id}
        )
        self.map_bank(self.connection, "091", journal_id=journal.id, state="confirmed")
        element = self.spend(self.line("4"), account="091")
        self.deposit()
        self.poll("BankTransaction")
        move = self.entry_of(element)
        self.assertEqual((move.company_id, move.journal_id, move.state), (branch, journal, "posted"))
        self.assertEqual(self.booked(move)[self.fees], (4.0, 4.0))
        sightings = self.env["xero.bank.sighting"].sudo().search([("connection_id", "=", self.connection.id)])
        self.assertTrue(sightings)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        for company, seen in ((self.company, sightings), (elsewhere, sightings.browse())):
            user = self.person_of_odoo(f"reader {company.id}", company, "account.group_account_invoice")
            found = self.env["xero.bank.sighting"].with_user(user).search([("id", "in", sightings.ids)])
            self.assertEqual(found.ids, seen.ids)

    def test_an_account_that_comes_from_xero_from_now_on_is_read_once_more(self):
        self.row.direction = "none"
        element = self.spend()
        self.poll("BankTransaction")
        self.assertFalse(self.entry_of(element))
        self.row.direction = "xero_to_odoo"
        self.poll("BankTransaction")
        self.assertTrue(self.entry_of(element))

    # === TRANSFERS === #

    def savings(self):
        return self.map_bank(self.connection, "091", journal_id=self.second_bank.id, state="confirmed")

    def move_money(self, amount="250", **values):
        return self.person("transfer", **{"from": "090", "to": "091"}, amount=amount, date="2026-03-11", **values)

    def halves_of(self, element):
        links = self.env["xero.link"].search(
            [
                ("xero_type", "=", "BankTransaction"),
                ("xero_id", "in", [element["FromBankTransactionID"], element["ToBankTransactionID"]]),
            ]
        )
        return self.env["account.move"].browse(links.mapped("res_id")).sorted("amount_total_signed")

    def test_a_transfer_is_two_lines_that_settle_each_other(self):
        self.savings()
        element = self.move_money(reference="To savings")
        self.poll("BankTransaction", "BankTransfer")
        halves = self.halves_of(element)
        between = self.company.transfer_account_id
        self.assertEqual(
            {move.journal_id: move.statement_line_id.amount for move in halves},
            {self.bank: -250.0, self.second_bank: 250.0},
        )
        lines = halves.line_ids.filtered(lambda line: line.account_id == between)
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(lines.mapped("reconciled")))
        before = self.writes_of(halves)
        self.poll("BankTransaction", "BankTransfer")
        self.assertEqual(self.writes_of(halves), before)
        self.person("undo_transfer", transfer=element["BankTransferID"])
        self.poll("BankTransfer", "BankTransaction")
        self.env.invalidate_all()
        self.assertEqual(halves.mapped("state"), ["cancel", "cancel"])
        self.assertFalse(self.open_jobs())

    def test_half_a_transfer_until_the_other_account_is_mapped(self):
        element = self.move_money()
        self.poll("BankTransaction", "BankTransfer")
        half = self.halves_of(element)
        self.assertEqual(half.statement_line_id.mapped("amount"), [-250.0])
        self.assertTrue(any("091" in (message.body or "") for message in half.message_ids))
        before = self.writes_of(half)
        self.poll("BankTransfer")
        self.assertEqual(self.writes_of(half), before)
        self.savings()
        self.poll("BankTransfer")
        halves = self.halves_of(element).filtered(lambda move: move.state == "posted")
        self.assertEqual(sorted(halves.statement_line_id.mapped("amount")), [-250.0, 250.0])
        lines = halves.line_ids.filtered(lambda line: line.account_id == self.company.transfer_account_id)
        self.assertTrue(all(lines.mapped("reconciled")))
        self.assertEqual(half.state, "cancel", "it was booked anew with the other half")

    def test_a_transfer_into_another_currency_is_worth_the_same_on_both_sides(self):
        self.simulator.control(f"/organisations/{self.tenant}/act/edit_account", code="091", CurrencyCode="AUD")
        self.connection.action_pull()
        self.drain()
        self.map_bank(self.connection, "091", journal_id=self.aussie_bank.id, state="confirmed")
        element = self.move_money("1000", to_amount="913.37")
        # In this order: what arrived is not known yet.
        self.poll("BankTransfer")
        halves = self.halves_of(element)
        self.assertEqual(
            {move.journal_id: move.statement_line_id.amount for move in halves},
            {self.bank: -1000.0, self.aussie_bank: 913.37},
        )
        self.assertEqual(self.booked(halves.filtered(lambda move: move.journal_id == self.aussie_bank))[
            self.aussie_bank.default_account_id
        ], (913.37, 1000.0))
        lines = halves.line_ids.filtered(lambda line: line.account_id == self.company.transfer_account_id)
        self.assertTrue(all(lines.mapped("reconciled")))
        self.assertFalse(self.open_jobs())

    def test_half_a_transfer_by_hand_is_completed(self):
        """A person says that it is the same: what is missing of it is booked, what is there is not booked twice."""
        self.savings()
        lines = self.env["account.bank.statement.line"]
        for both in (False, True):
            with self.subTest(both=both):
                before, amount = lines.search([]), 250.0 + both
                mine = self.statement_line(-amount, date="2026-03-11")
                if both:
                    self.statement_line(amount, date="2026-03-12", journal=self.second_bank)
                element = self.move_money(str(amount))
                self.poll("BankTransaction", "BankTransfer")
                found = lines.search([]) - before
                conflict = self.conflict_of(mine.move_id) or self.conflict_of((found - mine).move_id[:1])
                self.assertEqual((conflict.kind, len(found)), ("twin", 1 + both))
                conflict.with_user(self.env.user).action_take_odoo()
                self.poll("BankTransaction", "BankTransfer")
                found = lines.search([]) - before
                self.assertEqual(sorted(found.mapped("amount")), [-amount, amount])
                between = found.move_id.line_ids.filtered(
                    lambda line: line.account_id == self.company.transfer_account_id
                )
                self.assertEqual(between.mapped("reconciled"), [True, True])
                self.assertFalse(self.open_jobs())
                self.person("undo_transfer", transfer=element["BankTransferID"])
                self.poll("BankTransaction", "BankTransfer")
                self.env.invalidate_all()
                self.assertEqual(found.mapped("state"), ["cancel", "cancel"])

    # === PREPAYMENTS === #

    def deposit(self):
        """Somebody whom both sides know pays in advance, into the savings account."""
        partner = self.pushed().commercial_partner_id
        contact = self.env["xero.link"].search([("res_model", "=", "res.partner"), ("res_id", "=", partner.id)]).xero_id
        return self.person(
            "bank_money",
            Type="RECEIVE-PREPAYMENT",
            contact=contact,
            account="091",
            Date="2026-03-10",
            LineAmountTypes="NoTax",
            LineItems=[self.line("80", "200", text="Deposit")],
        )

    def test_bank_transactions_say_through_which_account_prepayments_came(self):
        self.savings()
        deposit = self.deposit()
        self.poll("Prepayment")
        [failed] = self.failed_fetch()
        self.assertIn("bank transactions", str(failed.failure_detail))
        self.poll("BankTransaction")
        link = self.env["xero.link"].search([("xero_id", "=", deposit["PrepaymentID"])])
        payment = self.env["account.payment"].browse(link.res_id)
        self.assertEqual((payment.journal_id, payment.amount), (self.second_bank, 80.0))
        self.assertFalse(self.entry_of(deposit), "it is a payment, no bank line")
        self.assertFalse(self.open_jobs())

    def test_a_prepayment_in_the_wrong_journal_moves(self):
        self.connection.credit_journal_id = self.bank
        self.savings()
        deposit = self.deposit()
        self.poll("Prepayment")
        link = self.env["xero.link"].search([("xero_id", "=", deposit["PrepaymentID"])])
        before = self.env["account.payment"].browse(link.res_id)
        self.assertEqual(before.journal_id, self.bank)
        self.connection.bank_entries = "learn"
        fee = self.spend()
        self.poll("BankTransaction")
        link.invalidate_recordset()
        payment = self.env["account.payment"].browse(link.res_id)
        self.assertEqual((payment.journal_id, before.state), (self.second_bank, "canceled"))
        self.assertFalse(self.entry_of(fee), "nothing else is booked by this setting")

    # === COST === #

    def test_a_page_is_judged_in_few_queries_and_read_in_few_calls(self):
        for amount in "1234":
            self.spend(self.line(amount))
        self.move_money()
        self.simulator.reset_stats()
        self.poll("BankTransaction", "BankTransfer")
        calls = self.simulator.calls(self.tenant)
        self.assertEqual((calls["GET", "BankTransactions"], calls["GET", "BankTransfers"]), (1, 1))
        elements = [row for row in self.read("BankTransactions") if row["Type"] == "SPEND"]

        def many(count, first):
            return [
                {
                    **elements[0],
                    "BankTransactionID": f"00000000-0000-0000-0000-{first + number:012d}",
                    "Status": "AUTHORISED",
                }
                for number in range(count)
            ]

        inbound = self.env["xero.inbound"]._for_type("BankTransaction")
        worker = inbound._as_worker(self.connection)
        entries = {}

        def judge(count, first):
            rows, found = worker._rows(self.connection, many(count, first)), many(count, first)
            pairs = [(element, worker._row(element, rows)) for element in found]
            entries[count] = worker._entries(self.connection, pairs, {})
            worker._twins_of(self.connection, entries[count])

        judge(2, 1)
        for count, first in ((5, 10), (50, 100)):
            before = self.env.cr.sql_log_count
            judge(count, first)
            entries[f"queries {count}"] = self.env.cr.sql_log_count - before
        self.assertEqual(entries["queries 5"], entries["queries 50"])

    def test_it_is_read_seldom(self):
        schedule = self.env["xero.inbound.schedule"]
        self.poll("BankTransaction", "BankTransfer", "Invoice")
        self.connection.day_limit = 5000
        cursors = self.env["xero.sync.cursor"].sudo().search([("connection_id", "=", self.connection.id)])
        cursors.polled_at = fields.Datetime.now() - 2 * EVERY_LARGE
        due = schedule._due(self.connection)
        self.assertIn("Invoice", due)
        self.assertFalse({"BankTransaction", "BankTransfer"} & set(due))
        calls = schedule._calls_a_day(self.connection)
        self.connection.write({"sync_bank": False, "sync_transfers": False})
        self.assertEqual(calls - schedule._calls_a_day(self.connection), 24)
        self.assertNotIn("BankTransaction", schedule._due(self.connection))
        cursors.polled_at = fields.Datetime.now() - fields.Datetime.now().resolution * 3 * 10**6 * 3600
        self.connection.write({"sync_bank": True})
        self.assertIn("BankTransaction", schedule._due(self.connection))
