"""What became of the repairs that were begun: their jobs tell."""

from odoo import api, models
from odoo.tools import SQL

from ...mappers.reason import unpack
from ...mappers.text import named


class XeroReconciliationDifference(models.Model):
    _inherit = "xero.reconciliation.difference"

    @api.depends("state")
    def _compute_repair_state(self):
        """A repair is what its jobs are; one query. That they ended proves nothing: the next report does."""
        begun = self.filtered(lambda row: row.state == "repairing")
        found = begun._repair_jobs()
        for row in self:
            busy, failure = found.get(row.id, (False, False))
            ended = "failed" if failure else "ended"
            row.repair_state = row in begun and ("under_way" if busy else ended)
            row.repair_failure = not busy and failure

    def _is_to_mend(self) -> bool:
        """Whether a repair can begin: none did, or its jobs are through and it may be tried again."""
        return self.state == "open" or (self.state == "repairing" and self.repair_state != "under_way")

    def _repair_jobs(self) -> dict:
        """Return ``{id: (whether jobs about it wait, why one failed)}``; one query."""
        self.env["xero.sync.job"].flush_model()
        self.flush_model()
        removed = {self._mapper(xero_type)._odoo_model for xero_type in ("Invoice", "CreditNote", "Payment")}
        rows = self.env.execute_query(
            SQL(
                """WITH d AS (SELECT * FROM xero_reconciliation_difference WHERE id = ANY(%(ids)s)),
                   about AS (SELECT id, connection_id, res_model AS model, res_id FROM d
                       UNION SELECT id, connection_id, item_model, item_id FROM d
                       UNION SELECT d.id, d.connection_id, 'xero.payment.part', p.id FROM d
                               JOIN xero_payment_part p ON p.document_id = d.res_id AND d.section = 'settlement'
                       UNION SELECT id, connection_id, model, -id FROM d, UNNEST(%(removed)s) AS model),
                   fetched AS (SELECT id, connection_id, LOWER(xero_id) AS xero_id FROM d
                         UNION SELECT id, connection_id, LOWER(item_xero_id) FROM d),
                   found AS (
                       SELECT a.id, j.state, j.failure_detail FROM about a JOIN xero_sync_job j
                           ON j.connection_id = a.connection_id AND j.res_model = a.model AND j.res_id = a.res_id
                          AND j.operation != 'pull' AND j.state NOT IN ('done', 'cancelled')
                       UNION ALL
                       SELECT f.id, j.state, j.failure_detail FROM fetched f JOIN xero_sync_job j
                           ON j.connection_id = f.connection_id AND j.xero_id = f.xero_id
                          AND j.operation = 'pull' AND j.state NOT IN ('done', 'cancelled'))
                   SELECT id, BOOL_OR(state IN ('pending', 'running', 'blocked')),
                          MAX(COALESCE(failure_detail, '?')) FILTER (WHERE state IN ('failed', 'dead'))
                     FROM found GROUP BY id""",
                ids=self.ids,
                removed=sorted(removed),
            )
        )
        return {row_id: (busy, unpack(self.env, failure)) for row_id, busy, failure in rows}

    def _why_not_sent(self, entry) -> str:
        """Return why the payment ``entry`` is left to a person, for whoever wanted to send it."""
        row = self.env["xero.mapping.journal"]._outgoing_journals(self.connection_id).get(entry.journal_id.id)
        if row and entry.create_date < row.outgoing_since:
            return self.env["xero.reason"]._(
                "This payment is older than %(moment)s, since when payments of %(journal)s are sent: it may stand in "
                "Xero already. Look there for one of this document, day and amount. If there is none, register it in "
                "Xero.",
                moment=row.outgoing_since,
                journal=named(entry.journal_id.display_name),
            )
        return self.env["xero.reason"]._(
            "Payments of this journal do not go to Xero. Register it in Xero, or change the direction under "
            "Mapping, Bank Accounts."
        )
