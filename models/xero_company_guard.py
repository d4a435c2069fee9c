from odoo import models

OWNERS = {"company_id", "connection_id", "rule_id"}


class XeroCompanyGuard(models.AbstractModel):
    """Records that people keep for their companies: nobody hands one to a company that is not theirs."""

    _name = "xero.company.guard"
    _description = "Xero Company Guard"

    def write(self, vals):
        """Extend: ask for access again when the owner changed; Odoo asks before the change only.

        :raise AccessError: the new owner is no company of the user's
        """
        result = super().write(vals)
        if not OWNERS.isdisjoint(vals):
            self.check_access("write")
        return result
