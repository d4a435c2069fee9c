from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        """Extend: Odoo makes such letters as superuser, for whoever reads a record, and shows them beside it."""
        if self.model and self.model.startswith("xero."):
            self.env[self.model]._check_may_decide()
        return super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
