"""The health of real connections, as real users ask for it."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.health.texts import page_actions
from .common import XeroCommon

QUERIES = 28


class HealthCommon(XeroCommon):
    def health(self, user=None, companies=None):
        """Return the answer of the page for ``user``, as its screen asks."""
        self.env.flush_all()
        self.env.invalidate_all()
        env = self.env(
            user=user or self.env.user,
            context={"allowed_company_ids": (companies or self.company).ids, "lang": "en_US"},
        )
        return env["xero.health"].get_page()

    def check_of(self, health, topic):
        return next(check for check in health["connections"][0]["checks"] if check["topic"] == topic)

    def person(self, login, groups="account.group_account_invoice", companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login,
            groups=groups,
            email=f"{login}@example.com",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def fail_jobs(self, count, failure_type="validation", connection=None):
        """Let ``count`` jobs be failed, as a worker leaves them."""
        connection = connection or self.connection
        now = fields.Datetime.now()
        self.env.cr.execute(
            """INSERT INTO xero_sync_job (connection_id, company_id, operation, xero_type, res_model, res_id, state,
                      priority, rank, run_after, attempts, failure_type, failure_detail, create_date, write_date)
               SELECT %s, %s, 'push', 'Invoice', 'account.move', -n, 'failed', 10, 50, %s, 0, %s, 'Mr. Secret', %s, %s
                 FROM generate_series(%s, %s) AS n""",
            [
                connection.id,
                connection.company_id.id,
                now,
                failure_type,
                now,
                now,
                self.numbers,
                self.numbers + count - 1,
            ],
        )
        self.numbers += count
        self.env.invalidate_all()

    numbers = 1


@tagged("post_install", "-at_install")
class TestHealthPage(HealthCommon):
    def test_a_new_connection_is_well_and_shows_what_was_sent(self):
        self.make_move()
        self.drain()
        self.connection._cron_poll()
        self.drain()
        self.simulator.reset_stats()
        health = self.health()
        connection = health["connections"][0]
        self.assertEqual(self.simulator.calls(), {}, "The page calls Xero")
        self.assertEqual((connection["id"], connection["name"]), (self.connection.id, "Kauri Trading"))
        flows = {flow["name"]: flow for flow in connection["flows"]}
        for name in ("contacts_out", "documents_out", "contacts_in", "documents_in", "payments_in", "reference"):
            self.assertTrue(flows[name]["last"], name)
        self.assertFalse(flows["payments_out"]["last"])
        self.assertEqual(connection["charts"]["documents"]["series"]["documents_out"][-1], 1)
        logged = self.env["xero.log"].search_count(
            [("connection_id", "=", self.connection.id), ("method", "!=", False)]
        )
        self.assertEqual(sum(connection["charts"]["calls"]["values"]), logged)
        self.assertEqual(connection["usage"]["limit"], self.connection.day_limit)
        self.assertLess(abs(self.connection.clock_offset), 30)
        self.assertEqual(
            {"queue": 0, "failed": 0},
            {"queue": connection["queue"]["waiting"], "failed": connection["queue"]["failed"]},
        )

    def test_the_clock_and_the_beginning_of_the_day_are_learnt_from_answers(self):
        self.simulator.control("/clock", advance=120)
        self.addCleanup(lambda: self.simulator.control("/clock", advance=-120))
        self.env.cr.execute("UPDATE xero_connection SET day_remaining = 1, limits_at = now(), day_began_at = NULL")
        self.make_move()
        self.drain()
        self.assertAlmostEqual(self.connection.clock_offset, 120, delta=20)
        self.assertTrue(self.connection.day_began_at)
        clock = self.check_of(self.health(), "clock")
        self.assertEqual(clock["level"], "attention")
        self.assertIn(f"{round(self.connection.clock_offset)} seconds ahead", clock["text"])

    def test_queries_do_not_grow_with_connections(self):
        self.fail_jobs(200)
        self.health(companies=self.company + self._second_connection().company_id)
        counts = []
        for companies in (
            self.company,
            self.env["res.company"].browse(self.env["xero.connection"].search([]).company_id.ids),
        ):
            self.health(companies=companies)
            self.env.invalidate_all()
            env = self.env(context={"allowed_company_ids": companies.ids})
            before = self.env.cr.sql_log_count
            found = env["xero.health"].get_page()["connections"]
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(found), len(companies))
        self.assertLessEqual(max(counts), QUERIES, counts)
        self.assertLessEqual(counts[1] - counts[0], 1, counts)

    def _second_connection(self):
        company = self.env["res.company"].create({"name": "Second"})
        return self.env["xero.connection"].create({"company_id": company.id, "credential_id": self.credential.id})

    def test_failures_by_reason_are_opened_and_retried(self):
        self.fail_jobs(3, "mapping")
        self.fail_jobs(2, "locked_period")
        failures = self.health()["connections"][0]["failures"]
        self.assertEqual([(row["type"], row["count"]) for row in failures], [("mapping", 3), ("locked_period", 2)])
        self.assertTrue(all(row["advice"] and row["label"] for row in failures))
        action = self.env["xero.health"].action_open_failed(self.connection.ids, "locked_period")
        self.assertEqual(self.env["xero.sync.job"].search_count(action["domain"]), 2)
        self.env["xero.health"].action_retry_failed(self.connection.ids, "mapping")
        self.assertEqual(self.env["xero.sync.job"].search_count([("state", "=", "pending"), ("res_id", "<", 0)]), 3)
        self.assertEqual(len(self.health()["connections"][0]["failures"]), 1)
        with self.assertRaises(UserError):
            self.env["xero.health"].action_retry_failed(self.connection.ids, "mapping")

    def test_read_again_asks_the_worker_and_makes_no_call(self):
        self.env["xero.health"].action_read_again(self.connection.ids)
        self.assertEqual(self.simulator.calls(), {})
        self.drain()
        self.assertIn(("GET", "Invoices"), self.simulator.calls())

    def test_each_button_has_something_to_open_or_to_call(self):
        for name, action in page_actions(self.env).items():
            with self.subTest(name):
                if action.window:
                    window = self.env.ref(action.window)
                    search = self.env[window.res_model].get_view(view_type="search")["arch"]
                    self.assertIn('name="connection_id"', search, "the page asks for the connection's")
                else:
                    self.assertTrue(callable(getattr(self.env[action.model], action.method)))

    def test_documents_that_were_drafts_for_long_are_shown(self):
        move = self.make_move()
        self.drain()
        move.button_draft()
        self.env.flush_all()
        link = self.env["xero.link"].search([("res_model", "=", "account.move"), ("res_id", "=", move.id)])
        for days, expected in ((6, []), (8, move.ids)):
            link.sudo().draft_since = fields.Datetime.now() - timedelta(days=days)
            action = self.env["xero.health"].action_open_drafts(self.connection.ids)
            self.assertEqual(self.env["account.move"].search(action["domain"]).ids, expected)

    def test_connections_are_named_by_ids(self):
        for odd in ("1", [True], [[1]], {"id": 1}, None, 7):
            with self.assertRaisesRegex(UserError, "list of their ids"):
                self.env["xero.health"].action_read_again(odd)

    def test_missing_permissions_are_named_in_words(self):
        self.credential.scopes = "accounting.contacts accounting.settings accounting.invoices"
        check = self.check_of(self.health(), "scopes")
        self.assertEqual(check["level"], "broken")
        self.assertIn("payments and credits", check["text"])
        self.assertEqual([action["method"] for action in check["actions"]], ["action_connect"])

    def test_no_secret_and_no_document_is_in_the_answer(self):
        self.fail_jobs(2)
        text = str(self.health())
        for secret in ("Mr. Secret", self.app["client_secret"], self.credential.webhook_token):
            self.assertNotIn(secret, text)

    def test_a_copy_is_named_and_a_pause_shown(self):
        self.connection.write({"paused_until": fields.Datetime.now() + timedelta(minutes=9), "pause_reason": "Busy."})
        check = self.check_of(self.health(), "connection")
        self.assertIn("Busy.", check["text"])
        self.assertEqual(check["actions"][0]["method"], "action_resume")
        self.env["ir.config_parameter"].set_param("database.uuid", "another")
        self.assertIn("copy", self.check_of(self.health(), "connection")["text"])

    def test_lists_show_the_same_level(self):
        self.assertEqual(self.connection.health_level, self.health()["connections"][0]["level"])
        self.fail_jobs(20)
        self.assertEqual(self.connection.health_level, "attention")
        self.assertIn("20", self.connection.health_summary)
        self.connection.sudo().state = "reauth"
        self.env.invalidate_all()
        self.assertEqual(self.connection.health_level, "broken")

    def test_a_queue_held_for_matching_says_so(self):
        self.connection.hold_until_matched = True
        self.make_move()
        check = self.check_of(self.health(), "queue")
        self.assertEqual((check["level"], check["actions"][0]["method"]), ("attention", "action_setup"))


@tagged("post_install", "-at_install")
class TestHealthAccess(HealthCommon):
    connect_first = False

    def test_each_sees_the_own_companies(self):
        other = self.env["res.company"].create({"name": "Other"})
        second = self.env["xero.connection"].create({"company_id": other.id, "credential_id": self.credential.id})
        self.fail_jobs(4, connection=second)
        both = self.person("both", companies=self.company + other)
        names = [found["id"] for found in self.health(both, self.company + other)["connections"]]
        self.assertEqual(set(names), {self.connection.id, second.id})
        one = self.person("one")
        self.assertEqual([found["id"] for found in self.health(one)["connections"]], [self.connection.id])
        with self.assertRaises(AccessError):
            self.env["xero.health"].with_user(one).action_retry_failed(second.ids)

    def test_a_branch_sees_its_own_failures_only(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.fail_jobs(4)
        health = self.health(self.person("branch", companies=branch), branch)
        self.assertEqual(health["connections"][0]["id"], self.connection.id)
        self.assertEqual(health["connections"][0]["queue"]["failed"], 0)

    def test_both_books_are_shown_to_those_who_see_the_companys_money(self):
        self.assertEqual(self.health()["connections"][0]["books"], {})
        self.env["xero.reconciliation"].sudo().create(
            {
                "connection_id": self.connection.id,
                "company_id": self.company.id,
                "state": "done",
                "verdict": "differ",
                "difference_count": 1,
                "difference_amount": 12.5,
                "as_of": fields.Datetime.now(),
                "receivable_odoo": 1250.0,
                "receivable_xero": 1237.5,
                "payable_odoo": 80.0,
                "payable_xero": 80.0,
            }
        )
        format_ = self.company.currency_id.format
        for groups in ("account.group_account_readonly,account.group_account_invoice", "account.group_account_user"):
            books = self.health(self.person(f"sees {groups}", groups))["connections"][0]["books"]
            self.assertEqual(
                [(row["label"], row["odoo"], row["xero"], row["difference"], row["differs"]) for row in books["sums"]],
                [
                    ("Receivable", format_(1250), format_(1237.5), format_(12.5), True),
                    ("Payable", format_(80), format_(80), format_(0), False),
                ],
            )
            self.assertIn("12.50", books["text"])
        clerk = self.health(self.person("clerk"))["connections"][0]["books"]
        self.assertEqual((clerk["verdict"], clerk["sums"]), ("differ", []))
        self.assertNotIn("12.50", clerk["text"])
        self.assertTrue(clerk["at"])

    def test_an_employee_sees_nothing(self):
        with self.assertRaises(AccessError):
            self.health(self.person("employee", "base.group_user"))

    def test_an_accountant_gets_no_buttons_of_administrators(self):
        accountant = self.health(self.person("accountant"))
        self.assertFalse(accountant["is_manager"])
        self.assertEqual(self.check_of(accountant, "connection")["actions"], [])
        manager = self.health(self.person("manager", "account.group_account_invoice,xero_connector.group_xero_manager"))
        self.assertTrue(manager["is_manager"])
        self.assertEqual(self.check_of(manager, "connection")["actions"][0]["method"], "action_connect")
        with self.assertRaises(UserError):
            self.env["xero.health"].with_user(
                self.env["res.users"].search([("login", "=", "accountant")])
            ).action_webhook_guide(self.connection.ids)

    def test_without_a_connection_the_page_is_empty(self):
        lonely = self.env["res.company"].create({"name": "Lonely"})
        self.assertEqual(self.health(self.person("lonely", companies=lonely), lonely)["connections"], [])
