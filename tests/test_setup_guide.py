"""The guide: what it finds out, where it leads, what its buttons do, and what it keeps when it is left."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.setup.facts import documents_domain
from .common.setup import SetupCommon

OPENING_QUERIES = 60


@tagged("post_install", "-at_install")
class TestGuideFacts(SetupCommon):
    def test_opening_makes_no_call_and_the_worker_makes_three(self):
        guide = self.guide()
        self.assertFalse(self.simulator.calls(self.tenant), "nobody waits for Xero")
        self.assertEqual((guide.reading_state, guide.counted_at), ("reading", False))
        self.assertFalse(guide.reading_reason)
        self.drain()
        self.assertEqual(
            self.simulator.calls(self.tenant),
            {("GET", "Organisation"): 1, ("GET", "Contacts"): 1, ("GET", "Invoices"): 1},
        )
        self.assertEqual((guide.reading_state, guide.is_empty), ("ready", True))

    def test_a_guide_is_there_once_and_asks_once(self):
        first = self.guide()
        self.drain()
        self.simulator.reset_stats()
        self.assertEqual(self.guide(), first)
        self.drain()
        self.assertFalse(self.simulator.calls(self.tenant))

    def test_what_xero_holds_is_counted(self):
        for number in range(3):
            self.simulator.control(f"/organisations/{self.tenant}/act/create_contact", Name=f"Held {number}")
        guide = self.guide()
        self.drain()
        self.assertEqual((guide.xero_contact_count, guide.is_empty), (3, False))
        self.assertEqual(guide.tracking_count, 2)

    def test_the_plan_is_read(self):
        self.simulator.control(f"/organisations/{self.tenant}", actions={"UseMulticurrency": False})
        guide = self.guide()
        self.assertEqual(guide.multi_currency, "unknown")
        self.drain()
        self.assertEqual(guide.multi_currency, "refused")
        words = (guide.plan_name, guide.edition_name, guide.timezone_name, guide.tax_basis_name)
        self.assertEqual(words, ("Premium", "Business", "New Zealand Time", "When paid"))
        self.connection.write({"organisation_class": "NON_GST_CASHBOOK", "timezone": "ELSEWHERE", "tax_basis": "NEW"})
        words = (guide.plan_name, guide.timezone_name, guide.tax_basis_name)
        self.assertEqual(words, ("Non-GST Cashbook", "ELSEWHERE", "New"), "what is unknown is shown as it is")
        self.assertEqual(self.connection.actions_refused, ["UseMulticurrency"])
        self.assertEqual(guide.refused_actions, "Documents in other currencies")
        self.connection.actions_refused = ["CreateApprovedBill", "DoNewThings"]
        guide.invalidate_recordset()
        self.assertEqual(guide.refused_actions, "Approved bills, Do New Things", "in words, also what is unknown")
        self.simulator.control(f"/organisations/{self.tenant}", actions={"UseMulticurrency": True})
        guide.action_read_again()
        self.drain()
        self.assertEqual((guide.multi_currency, self.connection.actions_refused or []), ("allowed", []))

    def test_reading_again_is_the_workers_and_finds_what_is_new(self):
        guide = self.guide()
        self.drain()
        before = guide.account_count
        self.simulator.reset_stats()
        self.simulator.control(f"/organisations/{self.tenant}/act/archive_account", code="400")
        guide.action_read_again()
        self.assertFalse(self.simulator.calls(self.tenant))
        self.drain()
        self.assertEqual(guide.account_count, before - 1)

    def test_a_refused_reading_is_said_and_can_be_tried_again(self):
        guide = self.guide()
        job = self.env["xero.sync.job"].sudo().search([("task", "=", "Setup")])
        job.write({"state": "failed", "failure_type": "auth", "failure_detail": "The permission is missing."})
        guide.invalidate_recordset()
        self.assertEqual((guide.reading_state, guide.reading_reason), ("failed", "The permission is missing."))
        guide.action_read_again()
        self.drain()
        self.assertEqual((guide.reading_state, guide.reading_reason), ("ready", False))

    def test_the_guide_asks_although_documents_are_held(self):
        self.connection.hold_until_matched = True
        guide = self.guide()
        self.drain()
        self.assertTrue(guide.counted_at)

    def test_documents_of_the_chosen_kinds_and_dates_are_counted(self):
        self.connection.sync_from = "2026-03-01"
        self.make_move()
        self.make_move("in_invoice", ref="B-1")
        self.make_move(invoice_date="2026-02-01")
        guide = self.guide()
        self.assertEqual(guide.odoo_document_count, 2)
        guide.sync_bills = False
        self.assertEqual(guide.odoo_document_count, 1)
        guide.excluded_journal_ids = self.company_data["default_journal_sale"]
        self.assertEqual(guide.odoo_document_count, 0, "as the sweep takes them")

    def test_documents_of_a_branch_with_its_own_connection_are_not_counted(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})

        def counted():
            domain = documents_domain(self.connection)
            leaf = next(leaf for leaf in domain.iter_conditions() if leaf.field_expr == "company_id")
            return self.env["res.company"].search([("id", leaf.operator, leaf.value)])

        self.assertIn(branch, counted())
        self.connection.copy({"company_id": branch.id, "tenant_id": "own", "state": "connected"})
        self.env.registry.clear_cache()
        self.assertNotIn(branch, counted())


@tagged("post_install", "-at_install")
class TestGuideSteps(SetupCommon):
    def test_opening_takes_few_queries_whatever_the_books_hold(self):
        guide = self.guide(self.person("guide_opener"))
        self.drain()
        names = dict.fromkeys(guide.get_views([(False, "form")])["models"]["xero.setup"]["fields"], {})
        for more in (0, 20):
            self.map_more_accounts(more)
            self.env.flush_all()
            self.env.invalidate_all()
            # The first to open it after a start of the server finds nothing prepared.
            self.env.registry.clear_all_caches()
            with self.assertQueryCount(OPENING_QUERIES):
                guide.web_read(names)

    def map_more_accounts(self, count):
        accounts = self.env["account.account"].create(
            [{"code": f"GUIDE{number}", "name": f"Guide {number}", "account_type": "income"} for number in range(count)]
        )
        rows = [{"connection_id": self.connection.id, "account_id": account.id} for account in accounts]
        self.env["xero.mapping.account"].sudo().create(rows)

    def test_every_step_can_be_left_and_taken_up_again(self):
        guide = self.guide()
        guide.step = "payments"
        guide.action_back()
        again = self.guide()
        self.assertEqual((again, again.step, again.furthest), (guide, "mapping", 3))
        self.assertEqual(again.finished_steps, ["organisation"], "Xero is being read, and mappings are undecided")
        self.drain()
        again.invalidate_recordset()
        self.assertEqual(again.finished_steps, ["organisation", "reading"])
        self.assertGreater(again.progress, 0)

    def test_forth_and_back_through_all_steps(self):
        guide, seen = self.guide(), []
        guide.sudo().write({"counted_at": fields.Datetime.now(), "xero_contact_count": 7})
        for _step in range(9):
            seen.append(guide.step)
            guide.action_next()
        self.assertEqual(
            seen, ["organisation", "reading", "mapping", "payments", "scope", "match", "alerts", "webhooks", "done"]
        )
        for _step in range(9):
            guide.action_back()
        self.assertEqual(guide.step, "organisation")

    def filled_guide(self):
        guide = self.guide()
        guide.sudo().write({"counted_at": fields.Datetime.now(), "xero_contact_count": 7})
        return guide

    def test_step_by_step_in_an_organisation_in_use_waits_until_a_person_decides(self):
        guide = self.filled_guide()
        guide.action_next()
        self.assertTrue(self.connection.hold_until_matched)
        guide.action_release()
        guide.step = "organisation"
        guide.action_next()
        self.assertFalse(self.connection.hold_until_matched, "a person said that they go")

    def test_who_lets_documents_go_before_the_first_step_is_not_asked_again(self):
        guide = self.filled_guide()
        self.connection.hold_until_matched = True
        self.connection.action_release()
        guide.step = "scope"
        self.assertFalse(self.connection.hold_until_matched)

    def test_what_the_guide_holds_goes_when_xero_turns_out_empty(self):
        guide = self.guide()
        guide.action_next()
        self.assertTrue(self.connection.hold_until_matched, "Xero was not asked yet")
        self.drain()
        self.assertTrue(guide.is_empty)
        self.assertFalse(self.connection.hold_until_matched)
        guide.step = "organisation"
        guide.action_next()
        self.assertFalse(self.connection.hold_until_matched)

    def test_the_end_of_a_guide_that_holds_is_a_decision(self):
        guide = self.filled_guide()
        self.assertFalse(guide.asks_to_send)
        guide.action_next()
        self.assertTrue(guide.asks_to_send)
        guide.action_finish_waiting()
        self.assertTrue(guide.finished_at and self.connection.hold_until_matched)
        guide.action_match()
        guide.invalidate_recordset(["asks_to_send"])
        self.assertFalse(guide.asks_to_send, "the matching holds them")

    def test_an_empty_organisation_has_nothing_to_match(self):
        guide = self.guide()
        self.drain()
        guide.step = "scope"
        guide.action_next()
        self.assertEqual(guide.step, "alerts")
        guide.action_back()
        self.assertEqual(guide.step, "scope")

    def test_choices_are_the_connections(self):
        guide = self.guide()
        guide.write({"sync_bills": False, "sync_from": "2026-04-01", "conflict_documents": "xero"})
        self.assertEqual(
            (self.connection.sync_bills, str(self.connection.sync_from), self.connection.conflict_documents),
            (False, "2026-04-01", "xero"),
        )

    def test_payments_are_decided_in_the_guide(self):
        """As the list of the screen saves: a command for one row."""
        guide = self.guide(self.person("guide_pay"))
        row = guide.journal_mapping_ids[:1]
        self.assertTrue(row, "the organisation has a bank account")
        journal = self.company_data["default_journal_bank"]
        command = fields.Command.update(row.id, {"journal_id": journal.id, "direction": "odoo_to_xero"})
        guide.write({"journal_mapping_ids": [command]})
        self.env.invalidate_all()
        self.assertEqual((row.journal_id, row.direction, row.state), (journal, "odoo_to_xero", "confirmed"))

    def test_who_is_told_is_the_connections_choice(self):
        guide = self.guide()
        self.assertEqual(guide.has_alerts, "alert_user_ids" in self.connection._fields)
        if guide.has_alerts:
            person = self.person("is_told")
            guide.alert_user_ids = person
            self.env.invalidate_all()
            self.assertEqual((self.connection.alert_user_ids, guide.alert_user_ids), (person, person))

    def test_sure_ones_are_confirmed_at_once_and_no_others(self):
        rows = self.connection.account_mapping_ids
        xero = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "400")])
        for row, confidence in zip(rows, (100, 89, 20), strict=False):
            row.sudo().write({"xero_account_id": xero.id, "state": "suggested", "confidence": confidence})
        self.assertEqual(rows[:3].mapped("certainty"), ["sure", "likely", "doubtful"])
        guide = self.guide()
        guide.action_confirm_sure()
        self.assertEqual(rows[:3].mapped("state"), ["confirmed", "suggested", "suggested"])
        likely = len(rows.filtered(lambda row: row.certainty == "likely"))
        self.assertIn(f"Likely: {likely}", guide.account_summary)

    def test_starting_leaves_what_is_not_sure_and_says_so(self):
        accounts, taxes = self.connection.account_mapping_ids, self.connection.tax_mapping_ids
        income = self.env["account.journal"].search([("type", "=", "sale"), ("company_id", "=", self.company.id)])
        account = accounts.filtered(lambda row: row.account_id == income[0].default_account_id)
        tax = taxes.filtered(lambda row: row.tax_ids == self.company.account_sale_tax_id)
        bank = self.connection.journal_mapping_ids[:1]
        self.assertTrue(account and tax and bank)
        for row in (*self.connection.journal_mapping_ids[1:], *accounts, *taxes):
            row.sudo().state = "confirmed"
        for row in (account, tax):
            row.sudo().write({"state": "suggested", "confidence": 60})
        bank.sudo().write({"state": "missing", "journal_id": False, "confidence": 0})
        guide = self.guide(self.person("guide_left"))
        self.drain()
        guide.action_start()
        self.env.invalidate_all()
        self.assertEqual((account.state, tax.state), ("suggested", "suggested"))
        self.assertEqual(guide.undecided_count, 3)
        rows = len(accounts) + len(taxes) + len(self.connection.journal_mapping_ids)
        self.assertEqual(guide.decided_count, rows - 3)
        self.assertEqual(guide.undecided_summary, "Accounts: 1 · Taxes: 1 · Bank accounts: 1")
        self.assertIn("the default sales account", guide.undecided_defaults)
        self.assertIn("the default sales tax", guide.undecided_defaults)
        self.assertNotIn("purchase", guide.undecided_defaults)
        action = guide.connection_id.action_open_mappings()
        screen = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((screen.account_mapping_ids, screen.tax_mapping_ids), (account, tax))
        self.assertEqual(screen.journal_mapping_ids, bank)
        self.assertEqual(guide.open_account_mapping_ids + guide.open_account_mapping_ids, account)
        self.assertEqual((guide.open_tax_mapping_ids, guide.open_journal_mapping_ids), (tax, bank))

    def test_nothing_is_left_when_all_is_decided(self):
        for rows in (
            self.connection.account_mapping_ids,
            self.connection.tax_mapping_ids,
            self.connection.journal_mapping_ids,
        ):
            rows.sudo().state = "confirmed"
        guide = self.guide()
        self.assertEqual((guide.undecided_count, guide.undecided_summary, guide.undecided_defaults), (0, "", False))

    def test_match_first_holds_and_the_end_of_the_guide_releases(self):
        guide = self.guide()
        guide.action_hold()
        self.assertEqual((guide.step, self.connection.hold_until_matched), ("match", True))
        move = self.make_move()
        self.connection.action_accept_suggestions()
        self.drain()
        self.assertEqual(move.xero_sync_state, "queued")
        guide.action_finish()
        self.assertFalse(self.connection.hold_until_matched)
        self.assertTrue(guide.finished_at)
        self.drain()
        self.assertNotEqual(move.xero_sync_state, "queued")

    def test_the_guide_leads_to_the_matching_and_holds_meanwhile(self):
        guide = self.guide(self.person("guide_match"))
        self.assertTrue(guide.has_match)
        action = guide.action_match()
        match = self.env["xero.match"].browse(action["res_id"])
        self.assertEqual((action["res_model"], match.connection_id), ("xero.match", self.connection))
        self.assertTrue(self.connection.hold_until_matched)
        self.drain()
        self.assertNotEqual(match.state, "reading", "the matching reads although documents are held")

    def test_one_click_starts_an_empty_organisation(self):
        guide = self.guide(self.person("guide_start"))
        self.drain()
        self.assertTrue(guide.is_empty)
        guide.action_start()
        self.assertEqual((guide.step, guide.progress), ("done", 100))
        self.assertEqual(guide.finished_by_id.login, "guide_start")
        self.assertFalse(guide.sure_count, "what is sure is taken")
        for row in guide.open_tax_mapping_ids.filtered("xero_tax_rate_id"):
            row.action_confirm()
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_a_connection_that_is_cut_off_cannot_start(self):
        guide = self.guide()
        self.connection.state = "reauth"
        for action in (guide.action_start, guide.action_read_again):
            with self.assertRaises(UserError):
                action()

    def test_the_menu_leads_to_what_comes_next(self):
        self.assertEqual(self.env["xero.setup"].action_open()["res_model"], "xero.setup")
        self.connection.state = "reauth"
        self.assertEqual(self.env["xero.setup"].action_open()["res_model"], "xero.connection")

    def test_a_finished_guide_does_not_open_by_itself(self):
        consent = self.connection.env["xero.consent"]
        self.assertEqual(consent._after_connecting(self.connection)["res_model"], "xero.setup")
        self.guide().action_finish()
        self.assertEqual(consent._after_connecting(self.connection)["res_model"], "xero.connection")

    def test_where_the_guide_leads(self):
        guide = self.guide()
        for name in (
            "account",
            "tax",
            "journal",
            "read_accounts",
            "read_rates",
            "jobs",
            "connection",
        ):
            action = getattr(guide, f"action_open_{name}")()
            self.assertIn(action["res_model"], self.env, name)
        self.assertEqual(guide.action_new_invoice()["res_model"], "account.move")
        self.assertEqual(guide.with_context(kind="tax").action_import()["params"]["active_model"], "xero.mapping.tax")
        with self.assertRaises(UserError):
            guide.with_context(kind="res.users").action_import()

    def test_old_guides_count_as_they_were(self):
        """Counts are as old as they say; reading again makes them new."""
        guide = self.guide()
        self.drain()
        guide.sudo().counted_at -= timedelta(days=3)
        guide.action_read_again()
        self.drain()
        self.assertGreater(guide.counted_at, fields.Datetime.now() - timedelta(minutes=5))
