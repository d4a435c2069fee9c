from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    def _get_forbidden_access(self, operation):
        """Extend: what the connector says of the books stands alone; only who decides about them adds to it.

        Odoo lets everybody write who follows a record, or may read the message that is answered.
        """
        forbidden = super()._get_forbidden_access(operation)
        if operation != "create":
            return forbidden
        guarded = (self - forbidden).filtered(lambda message: message.model and message.model.startswith("xero."))
        return forbidden + guarded.filtered(lambda message: not self.env[message.model]._may_decide())
