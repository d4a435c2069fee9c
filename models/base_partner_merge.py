from odoo import api, fields, models
from odoo.tools import SQL


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_reference_fields_generic(
        self, referenced_model, src_records, dst_record, additional_update_records=None
    ):
        """Extend `base`: the surviving record keeps its own link and inherits one where it has none."""
        self._merge_xero_links(referenced_model, src_records, dst_record)
        return super()._update_reference_fields_generic(
            referenced_model, src_records, dst_record, additional_update_records
        )

    def _merge_xero_links(self, referenced_model, src_records, dst_record):
        """Two links of one organisation cannot both stand for the survivor: those over are set aside, not deleted."""
        self.env.cr.execute(
            SQL(
                """
            UPDATE xero_link SET res_id = %(dst)s
             WHERE id IN (SELECT DISTINCT ON (connection_id, xero_type) id FROM xero_link s
                           WHERE s.res_model = %(model)s AND s.res_id = ANY(%(src)s)
                             AND NOT EXISTS (SELECT FROM xero_link d WHERE d.res_model = s.res_model
                                    AND d.res_id = %(dst)s
                                                AND d.connection_id = s.connection_id AND d.xero_type = s.xero_type)
                           ORDER BY connection_id, xero_type, synced_at DESC NULLS LAST)
            """,
                model=referenced_model,
                src=src_records.ids,
                dst=dst_record.id,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE xero_link SET state = 'ignored' WHERE res_model = %s AND res_id = ANY(%s)",
                referenced_model,
                src_records.ids,
            )
        )
        self.env["xero.link"].invalidate_model()
        self._drop_xero_jobs(referenced_model, src_records)

    def _drop_xero_jobs(self, referenced_model, src_records):
        """Nobody sends what is merged away; documents that waited for it go on with the survivor."""
        jobs = self.env["xero.sync.job"].sudo()
        rows = jobs._sql(
            SQL(
                """UPDATE xero_sync_job SET state = 'cancelled', done_at = %s WHERE res_model = %s AND res_id = ANY(%s)
                  AND state IN ('pending', 'blocked', 'failed', 'dead') RETURNING id, connection_id""",
                fields.Datetime.now(),
                referenced_model,
                src_records.ids,
            )
        )
        jobs._release([job_id for job_id, _connection in rows])
        self.env["xero.sync.runner"]._wake({connection_id for _job, connection_id in rows})
