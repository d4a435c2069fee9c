"""How far Xero has been read, and by whose clock."""

from datetime import timedelta

from odoo import api, fields, models

# Xero's times have seconds, and what was saved in the second of a reading may have come after it.
OVERLAP = timedelta(seconds=90)
# Some edits do not move Xero's time of change: everything is read once a week.
FULL_EVERY = timedelta(days=7)
# How exactly Xero's clock and ours are compared.
CLOCK_SLACK = timedelta(minutes=5)


class XeroSyncCursor(models.Model):
    """How far one kind of element of one organisation has been read. Times are Xero's, except where said."""

    _name = "xero.sync.cursor"
    _inherit = ["xero.company.guard"]
    _description = "Xero Cursor"
    _order = "connection_id, id"
    _rec_name = "xero_type"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    xero_type = fields.Char("Element", required=True, readonly=True)
    watermark = fields.Datetime(
        "Read Up To", readonly=True, help="By Xero's clock: every change up to this time is known."
    )
    polled_at = fields.Datetime("Last Read", readonly=True, help="By Odoo's clock.")
    polled_at_xero = fields.Datetime("Last Read by Xero's Clock", readonly=True)
    full_read_at = fields.Datetime("Last Full Read", readonly=True, help="By Odoo's clock.")
    full_page = fields.Integer("Next Page of the Full Read", readonly=True, help="0: no full read is under way.")
    full_page_count = fields.Integer("Pages of the Full Read", readonly=True)
    full_started_at = fields.Datetime("Full Read Began", readonly=True, help="By Xero's clock.")
    progress = fields.Float("Progress %", compute="_compute_progress")
    last_count = fields.Integer("Elements Last Read", readonly=True)
    last_changes = fields.Integer("Changes Last Imported", readonly=True)

    _type_unique = models.UniqueIndex("(connection_id, xero_type)")

    @api.depends("full_page", "full_page_count")
    def _compute_progress(self):
        for cursor in self:
            under_way = cursor.full_page and cursor.full_page_count
            cursor.progress = 100.0 * (cursor.full_page - 1) / cursor.full_page_count if under_way else 100.0

    @api.model
    def _of(self, connection, xero_type: str):
        """Return the cursor of a type; a new one begins where syncing begins."""
        cursor = self.search([("connection_id", "=", connection.id), ("xero_type", "=", xero_type)], limit=1)
        if cursor:
            return cursor
        start = fields.Datetime.to_datetime(connection._sync_start()) - timedelta(days=1)
        return self.create(
            {
                "connection_id": connection.id,
                "xero_type": xero_type,
                "watermark": start,
                "full_read_at": fields.Datetime.now(),
            }
        )

    def _heal(self, latest) -> None:
        """Forget what was noted of a time that has not come: what was missed meanwhile is read again, in full.

        :param latest: Xero's clock now
        """
        self.ensure_one()
        if self.watermark and self.watermark > latest:
            self.write({"watermark": False, "full_page": self.full_page or 1})
        for name in ("polled_at_xero", "full_started_at"):
            if self[name] and self[name] > latest:
                self[name] = False

    def _is_full_due(self) -> bool:
        """Whether everything is to be read: nothing was yet, a full read was cut short, or the last is long ago."""
        self.ensure_one()
        if self.full_page or not self.watermark:
            return True
        return not self.full_read_at or self.full_read_at < fields.Datetime.now() - FULL_EVERY

    def _since(self):
        """Return from when to ask for changes, on Xero's clock."""
        return self.watermark - OVERLAP

    def _reached(self, moment) -> None:
        """Everything up to ``moment`` (Xero's clock) is taken over. Never goes back.

        :param moment: not after the clock of the answer that showed it
        """
        if moment and (not self.watermark or moment > self.watermark):
            self.watermark = moment.replace(microsecond=0)

    def action_read_all(self):
        """Have everything read anew, resumable, in the background."""
        self.check_access("read")
        self.env["xero.sync.job"]._check_person()
        for cursor in self:
            self.env["xero.click"]._begin(cursor.connection_id, f"all {cursor.xero_type}")
        for cursor in self.sudo():
            cursor.full_page = cursor.full_page or 1
            self.env["xero.sync.job"].sudo()._enqueue_poll(cursor.connection_id, cursor.xero_type)
        self.env["xero.sync.runner"]._wake(self.sudo().connection_id.ids)
