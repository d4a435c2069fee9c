from odoo import models
from odoo.tools import SQL

from .link.access import XERO_USER, check_one, check_role
from .queue.xero_sync_job import FAILED


class AccountJournal(models.Model):
    _inherit = "account.journal"

    # === DASHBOARD === #

    def _fill_sale_purchase_dashboard_data(self, dashboard_data):
        """Extend: how many documents of each journal wait for a person because of Xero."""
        super()._fill_sale_purchase_dashboard_data(dashboard_data)
        self.filtered(lambda journal: journal.type in ("sale", "purchase"))._fill_xero_dashboard_data(dashboard_data)

    def _fill_general_dashboard_data(self, dashboard_data):
        """Extend: as of documents, of the journals whose entries are sent."""
        super()._fill_general_dashboard_data(dashboard_data)
        self.filtered(lambda journal: journal.type == "general")._fill_xero_dashboard_data(dashboard_data)

    def _fill_xero_dashboard_data(self, dashboard_data) -> None:
        """Add how many entries of each journal failed or are in question; one query."""
        if not self or not self.env.user.has_group(XERO_USER):
            return
        rows = self.env.execute_query(
            SQL(
                """SELECT m.journal_id, 'failed', count(*) FROM xero_sync_job j
                     JOIN account_move m ON m.id = j.res_id
                    WHERE j.res_model = 'account.move' AND j.state IN %(failed)s AND m.journal_id = ANY(%(ids)s)
                    GROUP BY m.journal_id
                    UNION ALL
                   SELECT m.journal_id, 'conflict', count(*) FROM xero_conflict c
                     JOIN account_move m ON m.id = c.res_id
                    WHERE c.res_model = 'account.move' AND c.state = 'open' AND m.journal_id = ANY(%(ids)s)
                    GROUP BY m.journal_id""",
                failed=FAILED,
                ids=self.ids,
            )
        )
        for journal in self:
            dashboard_data[journal.id].update(xero_failed=0, xero_conflict=0)
        for journal_id, kind, count in rows:
            dashboard_data[journal_id][f"xero_{kind}"] = count

    def action_xero_waiting(self):
        """Open the documents of this journal that failed, or are in question: what the context says."""
        check_one(self)
        check_role(self.env, XERO_USER, self.env._("Only Xero users see what waits for Xero."))
        self.check_access("read")
        state = "conflict" if self.env.context.get("xero_waiting") == "conflict" else "failed"
        names = {"purchase": "action_move_in_invoice_type", "general": "action_move_journal_line"}
        name = names.get(self.type, "action_move_out_invoice_type")
        action = self.env["ir.actions.act_window"]._for_xml_id(f"account.{name}")
        domain = [("journal_id", "=", self.id), ("xero_sync_state", "=", state)]
        return {**action, "domain": domain, "context": {"create": False}}
