from odoo import models

from ...xero_api import errors, trial_balance
from ..link.explain import explain
from ..queue.task import AGAIN, DONE
from ..snapshot.task_snapshot import FINAL
from .tally import DAY
from .xero_trial_balance import SCOPES


class XeroTaskTrialBalance(models.AbstractModel):
    """Reads Xero's trial balances and compares them; a slice is one comparison, of a call or two."""

    _name = "xero.task.trial.balance"
    _inherit = "xero.task"
    _description = "Xero Task: Trial Balance"

    _task = "Trial Balance"
    _scopes = SCOPES
    _switch = "compare_trial_balances"
    _rank = 62

    def _task_slice(self, drain):
        waiting = [("connection_id", "=", drain.connection.id), ("state", "=", "waiting")]
        row = self.env["xero.trial.balance"].search(waiting, order="id", limit=1)
        if not row:
            return DONE
        self._compare(drain, row.with_company(drain.connection.company_id))
        return AGAIN

    def _compare(self, drain, row) -> None:
        """Read what stands in Xero on the last day, and on the day before the first.

        :raise XeroError: what pauses or parks the organisation
        """
        days = [row.date_to, *([row.date_from - DAY] if row.date_from else [])]
        try:
            found = [self._read(drain.client, day) for day in days]
        except trial_balance.Unreadable as error:
            drain.transaction(
                row._give_up, self.env["xero.reason"]._("Xero's trial balance cannot be read (%s).", str(error))
            )
            return
        except FINAL as error:
            self.env.cr.rollback()
            drain.transaction(row._give_up, self._why(error))
            return
        drain.transaction(row._tally, *found)

    def _read(self, client, day) -> dict:
        return trial_balance.balances(client.get("Reports", xero_id="TrialBalance", params={"date": str(day)}).data)

    def _why(self, error) -> str:
        if isinstance(error, errors.Forbidden) and not error.scope:
            return self.env["xero.reason"]._(
                "Xero shows reports only to people who may see them: the person who connected needs that permission in "
                "Xero, or somebody who has it connects again."
            )
        return explain(self.env, error)
