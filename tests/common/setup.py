"""The world of the guide's tests: people of each kind, and what a person does in the guide."""

from odoo import fields
from odoo.tests import new_test_user

from . import XeroCommon


class SetupCommon(XeroCommon):
    def person(self, login, groups="xero_connector.group_xero_manager,account.group_account_manager", companies=None):
        companies = companies or self.company
        return new_test_user(
            self.env,
            login=login,
            groups=f"base.group_user,{groups}",
            company_id=companies[0].id,
            company_ids=[fields.Command.set(companies.ids)],
        )

    def guide(self, user=None, connection=None):
        """Open the guide as ``user`` does, and return it with the rights of that user."""
        connection = connection or self.connection
        action = connection.with_user(user or self.env.user).action_setup()
        return self.env["xero.setup"].with_user(user or self.env.user).browse(action["res_id"])

    def map_everything(self, connection):
        """Leave the mappings as they were suggested: this is what the guide is for."""
