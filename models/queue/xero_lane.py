from odoo import fields, models

from ..link.access import ALL


class XeroLane(models.Model):
    """The lock of an organisation: whoever holds this row works on it, alone.

    It is a table of its own, written by who holds it and by nobody else, because the lock outlives the commits of the
    worker that holds it: on the connection it would make an administrator's edit wait for Xero.
    """

    _name = "xero.lane"
    _inherit = ["xero.company.guard"]
    _description = "Xero Lane"
    _log_access = False

    _kept_by_workers = ALL

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade")

    served_at = fields.Datetime("Last Served", readonly=True, help="Whoever waits longest is served first.")

    _connection_unique = models.UniqueIndex("(connection_id)")
