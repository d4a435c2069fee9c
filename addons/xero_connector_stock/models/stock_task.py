from odoo import api, models
from odoo.addons.xero_connector.models.queue.task import AGAIN, DONE


class XeroTaskStock(models.AbstractModel):
    """Collects what the stock journals are made of, and queues those that are due. It costs no call."""

    _name = "xero.task.stock"
    _inherit = "xero.task"
    _description = "Xero Task: Stock Journals"

    _task = "Stock"
    _rank = 34
    _switch = "stock_journals"

    @api.model
    def _enqueue_all(self) -> None:
        """Queue it for every organisation that gets stock journals. Each hour, since midnight is another moment in
        each company's time zone.
        """
        connections = self.env["xero.connection"].sudo().search([("stock_journals", "!=", False)])
        for connection in connections.filtered(lambda one: one._scope(one.company_id.id)):
            self._enqueue(connection)
        self.env["xero.sync.runner"]._wake(connections.ids)

    def _task_slice(self, drain):
        more = drain.transaction(self.env["xero.stock.collector"]._collect, drain.connection)
        return AGAIN if more else DONE
