"""Where the guide leads: lists, spreadsheets, and the screens of other parts of the connector."""

from odoo import models
from odoo.exceptions import UserError

from ..link.own_context import sent_value
from .facts import SHEETS


class XeroSetup(models.Model):
    _inherit = "xero.setup"

    def _window(self, name, **more) -> dict:
        return {**self.env["ir.actions.act_window"]._for_xml_id(f"xero_connector.{name}"), **more}

    def _window_of_connection(self, name, **more) -> dict:
        self.ensure_one()
        return self._window(name, domain=[("connection_id", "=", self.connection_id.id)], **more)

    # === LISTS === #

    def _open_mapping(self, kind):
        """Open the mappings of a kind, what is undecided first, by how certain it is."""
        self.ensure_one()
        undecided = self[f"{kind}_open_count"] > 0
        context = {
            "search_default_undecided": undecided,
            "search_default_group_by_certainty": 1,
            "default_connection_id": self.connection_id.id,
        }
        return self._window_of_connection(f"action_xero_mapping_{kind}", context=context)

    def action_open_account(self):
        return self._open_mapping("account")

    def action_open_tax(self):
        return self._open_mapping("tax")

    def action_open_journal(self):
        return self._open_mapping("journal")

    def action_open_tracking(self):
        return self._window_of_connection("action_xero_mapping_tracking")

    def action_open_read_accounts(self):
        return self._window_of_connection("action_xero_account")

    def action_open_read_rates(self):
        return self._window_of_connection("action_xero_tax_rate")

    def action_open_jobs(self):
        return self._window_of_connection("action_xero_sync_job")

    def action_open_connection(self):
        self.ensure_one()
        return self.connection_id._get_records_action()

    def action_new_invoice(self):
        """Open an empty customer invoice."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return {
            **action,
            "views": [(False, "form")],
            "view_mode": "form",
            "context": {"default_move_type": "out_invoice"},
        }

    # === SPREADSHEETS === #

    def _mapping_of(self, kind):
        """Return the model that the context names; only those there are, since the client sends it."""
        if kind not in SHEETS:
            raise UserError(self.env._("There is no such list of mappings."))
        return self.env[SHEETS[kind]]

    def action_download(self):
        """Download the mappings of ``kind`` (in the context) as a spreadsheet."""
        self._check_person()
        if not (self.env.is_admin() or self.env.user.has_group("base.group_allow_export")):
            raise UserError(
                self.env._("You may not export data: an administrator gives you the right in your user's settings.")
            )
        model = self._mapping_of(sent_value(self.env, "kind", str))
        return {
            "type": "ir.actions.act_url",
            "url": model._sheet_address(self.connection_id, "xlsx"),
            "target": "download",
        }

    def action_import(self):
        """Open Odoo's import screen for the mappings of ``kind`` (in the context)."""
        self._check_person()
        self.ensure_one()
        model = self._mapping_of(sent_value(self.env, "kind", str))
        return {
            "type": "ir.actions.client",
            "tag": "import",
            "name": self.env._("Import Mappings"),
            "params": {"active_model": model._name, "context": {"default_connection_id": self.connection_id.id}},
        }

    # === OTHER PARTS === #

    def action_match(self):
        """Begin or go on matching what both sides hold."""
        self._check_person()
        self._check_connected()
        match = self.env["xero.match"]._start(self.connection_id)
        return self._window("action_xero_match", res_id=match.id, view_mode="form", views=[(False, "form")])

    def action_history(self):
        """Open the runs that send what was posted before the connection."""
        self.ensure_one()
        self._check_person()
        return self._window("action_xero_run", context={"default_connection_id": self.connection_id.id})
