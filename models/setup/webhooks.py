"""Instant updates: what a person does in Xero's developer portal so that Xero calls Odoo, and whether it has called."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime


class XeroSetup(models.Model):
    _inherit = "xero.setup"

    webhook_url = fields.Char(related="connection_id.webhook_url")
    webhook_key = fields.Char(
        compute="_compute_webhook_key",
        inverse="_inverse_webhook_key",
        exportable=False,
        help="Goes encrypted into the Xero app, nowhere else.",
    )
    webhook_key_set = fields.Boolean(related="connection_id.webhook_key_set")
    webhook_state = fields.Selection(
        [("off", "Not set up"), ("waits", "Xero has not called yet"), ("refused", "The key is wrong"), ("on", "Works")],
        "Instant Updates",
        compute="_compute_webhook_state",
    )
    webhook_text = fields.Char("What Xero's Calls Say", compute="_compute_webhook_state")
    webhook_warning = fields.Char(compute="_compute_webhook_state")
    arrival_text = fields.Char("How Changes Arrive", compute="_compute_webhook_state")

    @api.depends_context("uid")
    def _compute_webhook_key(self):
        self.webhook_key = False

    def _inverse_webhook_key(self):
        """Put the key where it is encrypted at once: this table must never hold it."""
        for setup in self.filtered("webhook_key"):
            setup.connection_id.credential_id.webhook_key = setup.webhook_key
        self.invalidate_recordset(["webhook_key", "webhook_state", "webhook_text"])

    @api.depends("connection_id.webhook_key_set", "connection_id.webhook_seen_at", "connection_id.day_limit")
    @api.depends_context("lang", "tz")
    def _compute_webhook_state(self):
        for setup in self:
            credential = setup.connection_id.credential_id.sudo()
            seen, refused = credential.webhook_seen_at, credential.webhook_refused_at
            is_wrong = refused and (not seen or refused > seen)
            if seen and credential.webhook_key_set and not is_wrong:
                setup.webhook_state = "on"
            elif is_wrong:
                setup.webhook_state = "refused"
            else:
                setup.webhook_state = "waits" if credential.webhook_key_set else "off"
            setup.webhook_text = setup._webhook_text(seen, refused)
            setup.webhook_warning = setup._webhook_warning()
            setup.arrival_text = setup._arrival_text()

    def _webhook_text(self, seen, refused) -> str:
        if self.webhook_state == "on":
            moment = format_datetime(self.env, seen, dt_format="short")
            return self.env._("Xero has called, it works. The last call came %s.", moment)
        if self.webhook_state == "refused" and self.webhook_key_set:
            moment = format_datetime(self.env, refused, dt_format="short")
            return self.env._(
                "A call came on %s whose signature does not fit the key. Copy the key from Xero again, then click "
                "Send 'Intent to receive' there.",
                moment,
            )
        if self.webhook_state == "refused":
            return self.env._("Xero calls, but its key is not stored here yet: paste it above.")
        if self.webhook_state == "waits":
            return self.env._("The key is stored. Now click Send 'Intent to receive' in Xero: its call shows here.")
        return self.env._("Xero has not called yet.")

    def _webhook_warning(self) -> str | bool:
        """Return why Xero cannot call at all; ``False`` where nothing is known to be in the way."""
        if (self.webhook_url or "").startswith("https://"):
            return False
        return self.env._(
            "Xero calls https addresses on the internet only. This one is none, so that changes in Xero arrive with "
            "the readings. Your administrator sets the address in the system parameter web.base.url."
        )

    def _arrival_text(self) -> str:
        """Return how soon what changes in Xero is in Odoo, as things are."""
        minutes = int(self.env["xero.inbound.schedule"]._interval(self.connection_id).total_seconds() // 60)
        if self.webhook_state == "on":
            return self.env._(
                "What changes in Xero is in Odoo within seconds: Xero calls. Should a call get lost, it is there "
                "within %s minutes.",
                minutes,
            )
        return self.env._(
            "What changes in Xero is in Odoo within %s minutes. With Instant Updates it is there within seconds.",
            minutes,
        )

    def action_store_webhook_key(self):
        """Keep the key that was typed, which saving has done, and show what it leads to."""
        self._check_person()
        for setup in self:
            if not setup.webhook_key_set:
                raise UserError(self.env._("Paste the webhooks key that Xero shows."))
        return True


class XeroSetupWebhookHook(models.AbstractModel):
    """Open guides show at once that Xero has called."""

    _name = "xero.setup.webhook.hook"
    _inherit = "xero.connection.hook"
    _description = "Xero Connection Hook"

    @api.model
    def _called(self, credential):
        self.env["xero.setup"].search([("connection_id.credential_id", "=", credential.id)])._notify_screens()
