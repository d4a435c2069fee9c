"""What people do with a connection: its buttons, and the lists and pages that they open."""

from odoo import api, models


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    # === GUIDE === #

    def action_setup(self):
        """Open the guide of this connection where it was left."""
        self.ensure_one()
        self._check_administrator()
        return self.env["xero.setup"]._open_for(self)

    # === MATCHING AND RECONCILIATION === #

    def action_match(self):
        """Open the matching of this organisation that is under way, or begin one."""
        self.ensure_one()
        match = self.env["xero.match"]._start(self)
        return match._get_records_action(name=self.env._("Match Records"))

    def action_reconcile(self):
        """Prove that the two books agree: begins a report, which the worker makes, and opens it."""
        self.ensure_one()
        self._check_may_decide()
        self._check_own_company()
        report = self.env["xero.reconciliation"]._request_by_click(self)
        return report.with_user(self.env.user)._get_records_action()

    def action_open_reconciliation(self):
        """Open the last report."""
        self.ensure_one()
        self.env["xero.reconciliation"]._check_person()
        report = self.last_reconciliation_id
        return report._get_records_action() if report else self.action_open_reconciliations()

    def action_open_reconciliations(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_reconciliation")
        return {**action, "domain": [("connection_id", "=", self.id)]}

    # === QUEUE === #

    def action_open_jobs(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job")
        return {**action, "domain": [("connection_id", "=", self.id)], "context": {"search_default_open": 1}}

    def action_preview_queue(self):
        """Show what the workers would do next; nothing is sent."""
        self.ensure_one()
        self.check_access("read")
        self._check_own_company()
        return self.env["xero.preview"]._open_for_queue(self.sudo())

    def action_resume(self):
        """Lift a pause now, for a person who knows that Xero answers again."""
        self.check_access("write")
        self.env.cr.execute(
            "UPDATE xero_connection SET paused_until = NULL, pause_reason = NULL, pause_count = 0 WHERE id = ANY(%s)",
            [self.ids],
        )
        self.invalidate_recordset(["paused_until", "pause_reason", "pause_count"])
        self.env["xero.sync.runner"]._wake(self.ids)

    def action_release(self):
        """End the hold: what waits is sent, and what changed in Xero is taken over."""
        self._check_administrator()
        self.write({"hold_until_matched": False})
        return True

    # === THE WAY IN === #

    def action_open_conflicts(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_conflict")
        return {**action, "domain": [("connection_id", "in", self.ids)], "context": {"search_default_open": 1}}

    def action_open_quarantine(self):
        """Show what of these organisations waits in the quarantine."""
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_quarantine")
        return {**action, "domain": [("connection_id", "in", self.ids)], "context": {"search_default_open": 1}}

    def action_webhook_guide(self):
        """Show how webhooks are set up, with the address to copy."""
        self.ensure_one()
        self._check_administrator()
        return self._get_records_action(
            target="new",
            name=self.env._("Set up webhooks"),
            views=[(self.env.ref("xero_connector.xero_connection_view_form_webhook").id, "form")],
        )

    # === HEALTH === #

    @api.model
    def get_xero_health(self) -> dict:
        """Return what the health page shows, as plain data."""
        return self.env["xero.health"]._page()

    def action_open_health(self):
        """Open the health page."""
        return self.env["ir.actions.client"]._for_xml_id("xero_connector.action_xero_health")

    def action_open_failed(self, failure_type=None):
        """Open the failed jobs of this connection.

        :param failure_type: only those of this reason; ``False`` for those without any, ``None`` for all
        """
        return self.env["xero.health"]._open_failed(self, failure_type)

    def action_retry_failed(self, failure_type=None):
        """Put the failed jobs that the user may see back to the queue.

        :param failure_type: as for ``action_open_failed``
        """
        return self.env["xero.health"]._retry_failed(self, failure_type)

    def action_read_again(self):
        """Have the worker read everything that changed in Xero, ahead of background work."""
        return self.env["xero.health"]._read_again(self)

    # === MAPPINGS === #

    def action_suggest_mappings(self):
        """Look again for what is not confirmed. Confirmed mappings stay as they are."""
        self.check_access("write")
        self.env["xero.mapping.service"]._refresh(self.sudo())
        return self.action_open_mappings()

    def action_accept_suggestions(self):
        """Confirm all suggestions at once."""
        self.check_access("write")
        self.env["xero.mapping.service"]._accept(self)
        return True

    def action_open_mappings(self):
        """Open the account mappings of this connection, or its tax mappings when only those are open."""
        open_accounts = self.account_mapping_ids.filtered(lambda row: row.state != "confirmed")
        open_taxes = self.tax_mapping_ids.filtered(lambda row: row.state != "confirmed")
        kind = "tax" if open_taxes and not open_accounts else "account"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"xero_connector.action_xero_mapping_{kind}")
        undecided = bool(open_accounts or open_taxes)
        return {
            **action,
            "domain": [("connection_id", "in", self.ids)],
            "context": {"search_default_undecided": undecided},
        }
