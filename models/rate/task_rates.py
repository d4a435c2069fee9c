from odoo import models

from ..queue.task import AGAIN, DONE


class XeroTaskRates(models.AbstractModel):
    """Judges the exchange rates of days on which documents came in or changed. It costs no call."""

    _name = "xero.task.rates"
    _inherit = "xero.task"
    _description = "Xero Task: Rates"

    _task = "Rates"
    _rank = 60

    def _task_slice(self, drain):
        more = drain.transaction(self._learn, drain)
        return AGAIN if more else DONE

    def _learn(self, drain):
        rates = self.env["xero.rate"].with_company(drain.connection.company_id)
        return rates._learn(drain.connection)
