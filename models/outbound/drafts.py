"""Documents that are drafts again in Odoo: Xero keeps them as they are, and people see since when."""

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.document.document import DRAFT_QUIET
from ...mappers.outgoing import KEPT
from ..link.xero_link import LIVING
from ..queue.xero_sync_job import SWEEP


class XeroExporterKept(models.AbstractModel):
    """Shared by the types that Xero keeps as they are while they are drafts again in Odoo: records of ``account.move``,
    whose mappers say ``KEPT``.
    """

    _name = "xero.exporter.kept"
    _inherit = "xero.exporter"
    _description = "Xero Exporter of What Stays"

    def _note_verdicts(self, connection, mapper, verdicts):
        """Note which documents are drafts again; what waited for others to be posted is tried."""
        # Also while a person is being asked about it.
        kept = [res_id for res_id, verdict in verdicts.items() if getattr(verdict.out, "status", None) == KEPT]
        over = [res_id for res_id, verdict in verdicts.items() if res_id not in kept and verdict.method != "PUT"]
        if kept:
            self._mark_drafts(connection, mapper, kept, SQL("COALESCE(draft_since, %s)", fields.Datetime.now()))
        if over:
            posted = self._mark_drafts(connection, mapper, over, SQL("NULL"))
            if posted:
                self.env["xero.sync.job"]._retry_fixed(self.env[mapper._odoo_model].browse(posted))

    def _mark_drafts(self, connection, mapper, res_ids, since) -> list[int]:
        """Set since when ``res_ids`` are drafts; return those for which that is another time than before."""
        rows = self.env.execute_query(
            SQL(
                """UPDATE xero_link SET draft_since = %(since)s
                    WHERE connection_id = %(connection)s AND xero_type = %(type)s AND res_model = %(model)s
                      AND res_id = ANY(%(res_ids)s) AND draft_since IS DISTINCT FROM %(since)s RETURNING res_id""",
                since=since,
                connection=connection.id,
                type=mapper._xero_type,
                model=mapper._odoo_model,
                res_ids=res_ids,
            )
        )
        self.env["xero.link"].invalidate_model(["draft_since"], flush=False)
        return [res_id for [res_id] in rows]


class XeroFeederDraft(models.AbstractModel):
    _name = "xero.feeder.draft"
    _inherit = "xero.feeder"
    _description = "Xero Draft Feeder"

    _rank = 70

    def _has_news(self, connection):
        """Queue what has been a draft for longer than the connection wants Xero to keep it."""
        hours = connection.void_drafts_after
        if not hours:
            return False
        links = self.env["xero.link"].browse(
            row_id
            for [row_id] in self.env.execute_query(
                SQL(
                    """SELECT l.id FROM xero_link l JOIN account_move m ON m.id = l.res_id
                        WHERE l.connection_id = %s AND l.res_model = 'account.move' AND l.state IN ('synced', 'error')
                          AND l.draft_since <= %s AND m.write_date <= %s
                          AND m.state = 'draft' AND m.posted_before AND %s
                          AND NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.res_model = l.res_model
                                             AND j.res_id = l.res_id AND j.connection_id = l.connection_id
                                             AND j.state NOT IN ('done', 'cancelled'))""",
                    connection.id,
                    fields.Datetime.now() - timedelta(hours=hours),
                    fields.Datetime.now() - DRAFT_QUIET,
                    SQL(LIVING),
                )
            )
        )
        for xero_type, of_type in links.grouped("xero_type").items():
            mapper = self.env["xero.mapper"]._for_type(xero_type)
            pairs = [(link.res_id, link.company_id.id) for link in of_type]
            self.env["xero.sync.job"]._enqueue(connection.id, mapper, pairs, priority=SWEEP)
        return bool(links)
