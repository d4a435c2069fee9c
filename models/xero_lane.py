from odoo import fields, models


class XeroLane(models.Model):
    """The lock of an organisation: whoever holds this row works on it, alone.

    It is a table of its own, never written, because the lock outlives the commits of the worker that holds it: on the
    connection it would make an administrator's edit wait for Xero.
    """

    _name = "xero.lane"
    _description = "Xero Lane"
    _log_access = False

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade")

    _connection_unique = models.UniqueIndex("(connection_id)")
