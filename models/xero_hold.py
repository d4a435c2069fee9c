"""Nothing is sent before what both sides hold already is matched, where a person has chosen so."""

from odoo import api, fields, models
from odoo.tools import SQL


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    hold_until_matched = fields.Boolean(
        "Hold Until Matched",
        copy=False,
        tracking=True,
        help="Documents wait in the queue, and nothing from Xero is booked, until the records that both sides hold "
        "already are matched. Nothing is lost: everything goes on when this is switched off.",
    )
    hold_ended_at = fields.Datetime(
        "Hold Ended", readonly=True, copy=False, help="When a person, or a finished matching, last let documents go."
    )

    def write(self, vals):
        """Extend: what waited goes on in the moment the hold ends."""
        released = self.filtered("hold_until_matched") if vals.get("hold_until_matched") is False else self.browse()
        result = super().write(vals)
        if released:
            super(XeroConnection, released).write({"hold_ended_at": fields.Datetime.now()})
            self.env["xero.sync.runner"]._wake(released.ids)
        return result

    def _is_unmatched(self) -> bool:
        """Whether what existed before has to stay: nobody has matched it yet, nor said that it goes unmatched."""
        self.ensure_one()
        return self.hold_until_matched

    def _reason_of_waiting(self):
        reason = super()._reason_of_waiting()
        if reason or not self.hold_until_matched:
            return reason
        return self.env._(
            "It waits until the records that Odoo and Xero both hold are matched. An administrator matches them, or "
            "ends the wait, under Xero > Configuration > Set Up."
        )

    def action_release(self):
        """End the hold: what waits is sent, and what changed in Xero is taken over."""
        self._check_administrator()
        self.write({"hold_until_matched": False})
        return True


class XeroInbound(models.AbstractModel):
    _inherit = "xero.inbound"

    def _waits_for_matching(self) -> bool:
        """Whether reading it may write business records, so that it waits while documents are held."""
        return self._polled


class XeroInboundOrganisation(models.AbstractModel):
    _inherit = "xero.inbound.organisation"

    def _waits_for_matching(self):
        return False


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    @api.model
    def _free_sql(self, held: SQL) -> SQL:
        """Whether job ``j`` may be done although documents are ``held``: what only looks goes on, such as snapshots."""
        kinds = [inbound._xero_type for inbound in self.env["xero.inbound"]._all() if not inbound._waits_for_matching()]
        return SQL("(NOT %s OR j.operation = 'pull' AND j.xero_type = ANY(%s))", held, kinds)
