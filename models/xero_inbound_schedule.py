"""When what is read: often enough to be current, seldom enough to leave the day's calls to people."""

from datetime import timedelta

from odoo import api, fields, models

from .xero_connection_oauth import FACTS_EVERY
from .xero_sync_job import CLICK

# Xero gives 1,000 calls a day to small apps and 5,000 to larger ones. Each kind of element costs a call a round.
SMALL_DAY = 1000
EVERY_SMALL = timedelta(minutes=30)
EVERY_LARGE = timedelta(minutes=10)
POLICIES = [("ask", "Ask"), ("newest", "The newest wins"), ("odoo", "Odoo wins"), ("xero", "Xero wins")]


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    inbound_contacts = fields.Selection(
        [("ignore", "Ignore"), ("create", "Create them in Odoo")],
        "New Contacts in Xero",
        required=True,
        default="ignore",
    )
    inbound_documents = fields.Selection(
        [("ignore", "Ignore"), ("draft", "Import as draft"), ("post", "Import and post")],
        "New Documents in Xero",
        required=True,
        default="ignore",
        help="Approved documents that were made in Xero, of the kinds and dates that are synced. "
        "What was made in Odoo is never imported.",
    )
    inbound_sale_journal_id = fields.Many2one(
        "account.journal",
        "Journal for Sales",
        check_company=True,
        domain="[('type', '=', 'sale')]",
        help="Where imported invoices and credit notes go. Empty: the first sales journal.",
    )
    inbound_purchase_journal_id = fields.Many2one(
        "account.journal",
        "Journal for Purchases",
        check_company=True,
        domain="[('type', '=', 'purchase')]",
        help="Where imported bills go. Empty: the first purchase journal.",
    )
    conflict_contacts = fields.Selection(
        POLICIES,
        "Contacts Changed on Both Sides",
        required=True,
        default="ask",
        help="What happens when Odoo and Xero changed the same contact since they last agreed.",
    )
    conflict_documents = fields.Selection(
        POLICIES,
        "Documents Changed on Both Sides",
        required=True,
        default="ask",
        help="What happens when Odoo and Xero changed the same document since they last agreed.",
    )
    cursor_ids = fields.One2many("xero.sync.cursor", "connection_id", "Readings")
    conflict_count = fields.Integer("Conflicts", compute="_compute_conflict_count")

    def _compute_conflict_count(self):
        groups = self.env["xero.conflict"]._read_group(
            [("connection_id", "in", self.ids), ("state", "=", "open")],
            ["connection_id"],
            ["__count"],
        )
        counts = {connection.id: count for connection, count in groups}
        for connection in self:
            connection.conflict_count = counts.get(connection.id, 0)

    # === SCHEDULE === #

    @api.model
    def _cron_poll(self):
        """Queue the readings that are due. Workers make the calls; this makes none."""
        for connection in self.search([("state", "=", "connected")]):
            due = connection._due_polls()
            for xero_type in due:
                self.env["xero.sync.job"]._enqueue_poll(connection, xero_type)
            if due:
                self.env["xero.sync.runner"]._wake(connection.ids)

    def _due_polls(self) -> list[str]:
        """Return the types whose reading is due; one query."""
        self.ensure_one()
        now = fields.Datetime.now()
        read = {
            cursor.xero_type: cursor.polled_at
            for cursor in self.env["xero.sync.cursor"].search([("connection_id", "=", self.id)])
        }
        due = ["Organisation"] if not self.facts_at or self.facts_at < now - FACTS_EVERY else []
        return due + [
            inbound._xero_type
            for inbound in self.env["xero.inbound"]._all()
            if inbound._polled
            and inbound._xero_type != "Organisation"
            and (read.get(inbound._xero_type) or now.min) <= now - self._poll_interval()
        ]

    def _poll_interval(self) -> timedelta:
        """Return how often each kind is read: by the calls that Xero gives a day."""
        return EVERY_SMALL if (self.day_limit or SMALL_DAY) <= SMALL_DAY else EVERY_LARGE

    def _calls_of_way_in(self) -> int:
        """Return how many calls a day it takes at most to hear of changes: readings by schedule, and one for each event
        of an average day of the last week. One query.
        """
        self.ensure_one()
        kinds = sum(1 for inbound in self.env["xero.inbound"]._all() if inbound._polled)
        readings = (kinds - 1) * (timedelta(days=1) // self._poll_interval()) + 1
        week = fields.Datetime.now() - timedelta(days=7)
        events = self.env["xero.webhook.event"].search_count(
            [("connection_id", "=", self.id), ("create_date", ">=", week)]
        )
        return readings + events // 7

    # === ACTIONS === #

    def action_pull(self):
        """Read accounts and taxes now, and have everything that changed in Xero read by the worker."""
        result = super().action_pull()
        for connection in self:
            for inbound in self.env["xero.inbound"]._all():
                if inbound._polled and inbound._xero_type != "Organisation":
                    self.env["xero.sync.job"].sudo()._enqueue_poll(connection, inbound._xero_type, priority=CLICK)
        self.env["xero.sync.runner"]._wake(self.ids)
        return result

    def action_open_conflicts(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_conflict")
        return {**action, "domain": [("connection_id", "in", self.ids)], "context": {"search_default_open": 1}}
