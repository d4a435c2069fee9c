"""What accountants do by themselves, and what stays with administrators: real people of two companies and a branch."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import XeroCommon

# Whoever has one of these decides; nobody needs to be told that there are roles of Xero.
ACCOUNTANTS = ("account.group_account_manager", "account.group_account_user", "xero_connector.group_xero_accountant")
CLERKS = ("account.group_account_invoice", "xero_connector.group_xero_user")


@tagged("post_install", "-at_install")
class TestAccountantRole(XeroCommon):
    def person(self, groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            f"{groups}_{'_'.join(map(str, companies.ids))}",
            groups=f"base.group_user,{groups}",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def of(self, person, record):
        return record.with_user(person).with_context(allowed_company_ids=person.company_ids.ids)

    def undecided(self):
        row = self.connection.account_mapping_ids.filtered("xero_account_id")[0]
        row.write({"state": "suggested", "confidence": 50})
        return row

    def works(self, person):
        """Return ``{what: a call}`` of what an accountant does by herself in the company."""
        env = self.of(person, self.connection).env
        rate = self.connection.tax_mapping_ids.filtered("xero_tax_rate_id")[:1]
        journal = self.connection.journal_mapping_ids[:1]
        rule = {
            "name": "Sold by",
            "connection_id": self.connection.id,
            "document": "out_invoice",
            "target_id": self.env.ref("xero_connector.target_invoice_reference").id,
            "source": "constant",
            "constant_text": "Shop",
        }
        return {
            "confirm an account": self.of(person, self.undecided()).action_confirm,
            "choose a rate": lambda: self.of(person, rate).write({"xero_tax_rate_id": rate.xero_tax_rate_id.id}),
            "map a bank account": lambda: self.of(person, journal).write({"direction": "odoo_to_xero"}),
            "accept suggestions": self.of(person, self.connection).action_accept_suggestions,
            "write a field rule": lambda: env["xero.field.rule"].create(rule),
            "send past documents": lambda: (
                env["xero.run"].create({"connection_id": self.connection.id, "date_from": "2025-01-01"}).action_start()
            ),
            "match": self.of(person, self.connection).action_match,
            "reconcile": self.of(person, self.connection).action_reconcile,
        }

    @mute_logger("odoo.models", "odoo.orm.models")
    def test_accountants_work_by_themselves(self):
        for groups in ACCOUNTANTS:
            person = self.person(groups)
            self.assertFalse(person.has_group("xero_connector.group_xero_manager"))
            for what, call in self.works(person).items():
                with self.subTest(groups=groups, what=what), self.env.cr.savepoint() as savepoint:
                    call()
                    savepoint.rollback()
                self.env.invalidate_all()

    @mute_logger("odoo.models", "odoo.orm.models", "odoo.addons.base.models.ir_rule")
    def test_nobody_else_does(self):
        """Not clerks, nor accountants of another company or of a branch, whose books the organisation is not."""
        other = self.setup_other_company()["company"]
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        strangers = [self.person(groups) for groups in CLERKS]
        strangers += [self.person("account.group_account_manager", companies) for companies in (other, branch)]
        for person in strangers:
            for what, call in self.works(person).items():
                with self.subTest(person=person.login, what=what), self.assertRaises(AccessError):
                    call()

    @mute_logger("odoo.models", "odoo.orm.models")
    def test_connections_and_secrets_stay_with_administrators(self):
        for groups in ACCOUNTANTS:
            person = self.person(groups)
            connection, app = self.of(person, self.connection), self.of(person, self.credential)
            for name in ("connect", "choose", "check", "disconnect", "resume", "release", "setup", "recover"):
                with self.subTest(groups=groups, call=name), self.assertRaises(UserError):
                    getattr(connection, f"action_{name}")()
            calls = (
                lambda connection=connection: connection.write({"sync_bills": False}),
                lambda connection=connection: connection.copy(),
                lambda app=app: app.read(["client_id"]),
                lambda app=app: app.write({"name": "Mine"}),
                lambda app=app: app.search([]),
            )
            for call in calls:
                with self.assertRaises(AccessError):
                    call()
        self.assertEqual(self.connection.state, "connected")


@tagged("post_install", "-at_install")
class TestAsk(XeroCommon):
    """Who meets what others decide asks them, and hears when it is decided: the document is sent by itself."""

    def setUp(self):
        super().setUp()
        self.clerk = self.person("ask_clerk", "account.group_account_invoice")

    def person(self, login, groups, companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login,
            name=login,
            groups=f"base.group_user,{groups}",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def failed(self):
        """Return an invoice that an account which nobody mapped keeps from Xero."""
        account = self.company_data["default_account_revenue"].copy({"code": "PECULIAR", "name": "Peculiar income"})
        move = self.make_move(lines=[{"quantity": 1, "price_unit": 100.0, "account_id": account.id}])
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        return move

    def row_of(self, move, person):
        action = move.with_user(person).action_xero_fix()
        return self.env[action["res_model"]].with_user(person).browse(action["res_id"])

    def asked(self, row):
        return row.sudo().ask_ids.filtered("active")

    def test_a_clerk_asks_and_the_document_goes(self):
        accountant = self.person("ask_accountant", "account.group_account_manager")
        self.connection.alert_user_ids = accountant
        move = self.failed()
        self.assertTrue(move.with_user(self.clerk).xero_must_ask)
        self.assertFalse(move.with_user(accountant).xero_must_ask)
        row = self.row_of(move, self.clerk)
        self.assertIn(accountant.name, row.action_ask()["params"]["message"])
        activity = self.asked(row)
        self.assertEqual(activity.user_id, accountant)
        self.assertIn("Peculiar income", activity.summary)
        self.assertIn(f"/odoo/{row._name}/{row.id}", activity.note)
        self.assertEqual(row.asked_names, accountant.name)
        row.action_ask()
        self.assertEqual(self.asked(row), activity)
        income = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "200")])
        row.with_user(accountant).xero_account_id = income
        self.assertFalse(self.asked(row))
        self.assertFalse(row.asked_names)
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced")

    def test_whom_nobody_names_is_found(self):
        """People of the company who decide, not those of another one, and not all of them."""
        other = self.setup_other_company()["company"]
        stranger = self.person("ask_stranger", "account.group_account_manager", other)
        near = [self.person(f"ask_near{number}", "account.group_account_manager") for number in range(4)]
        self.connection.alert_user_ids = stranger
        row = self.row_of(self.failed(), self.clerk)
        row.action_ask()
        people = self.asked(row).user_id
        self.assertEqual(len(people), 3)
        self.assertNotIn(stranger, people)
        self.assertTrue(all(user.has_group("xero_connector.group_xero_accountant") for user in people))
        self.assertNotIn(self.clerk, people)
        with self.assertRaisesRegex(UserError, "yourself"):
            row.with_user(near[0]).action_ask()

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_employees_ask_nothing(self):
        row = self.row_of(self.failed(), self.clerk)
        with self.assertRaises(AccessError):
            row.with_user(self.person("ask_nobody", "base.group_user")).action_ask()
