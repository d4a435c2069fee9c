from odoo import models
from odoo.exceptions import AccessError

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

    def _check_own_company(self) -> None:
        """See that the user works in the companies of ``self``: branches see what their parents have, to read it.

        :raise AccessError: one of them is another's
        """
        foreign = self.sudo().company_id - self.env.companies
        if foreign and not self.env.su:
            raise AccessError(self.env._("This belongs to %s: switch to that company first.", foreign[0].name))
