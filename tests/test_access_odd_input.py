"""What programs send that no screen would: sentences, no tracebacks."""

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestOddInput(XeroCommon):
    def setUp(self):
        super().setUp()
        self.manager = new_test_user(
            self.env,
            "odd_manager",
            groups="xero_connector.group_xero_manager,account.group_account_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def rule(self, **values):
        target = self.env.ref("xero_connector.target_invoice_reference")
        own = {"name": "R", "connection_id": self.connection.id, "document": target.document, "target_id": target.id}
        constant = {"source": "constant", "constant_text": "C"}
        return self.env["xero.field.rule"].with_user(self.manager).create({**own, **constant, **values})

    def test_one_record_is_meant(self):
        rules = self.rule() | self.rule()
        nothing = self.env["xero.connection"].with_user(self.manager)
        for action, count in ((rules.action_try, 2), (rules.browse().action_try, 0), (nothing.action_setup, 0)):
            with self.assertRaisesRegex(UserError, f"Choose one record of .*; {count} were chosen"):
                action()

    def test_characters_that_are_none(self):
        rule = self.rule()
        for text in ("a\x00b", "a\ud800b"):
            with self.assertRaisesRegex(UserError, "cannot be stored"), self.env.cr.savepoint():
                rule.write({"constant_text": text})
            with self.assertRaisesRegex(UserError, "cannot be stored"), self.env.cr.savepoint():
                self.rule(name=text)

    def test_days_beyond_any_date(self):
        for days in (2147483647, -2147483648, 3651):
            with self.assertRaisesRegex(ValidationError, "3650 days"), self.env.cr.savepoint():
                self.rule(days=days)
