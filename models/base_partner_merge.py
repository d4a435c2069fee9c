from odoo import api, fields, models
from odoo.tools import SQL

from ..mappers.text import named
from .privacy.xero_erasure import MERGING


class MergePartnerAutomatic(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Extend `base`: who is merged away lives on in the other one, and is not erased; open documents follow."""
        merging = self.with_context(xero_merging=MERGING)
        documents = self._xero_documents(partner_ids)
        result = super(MergePartnerAutomatic, merging)._merge(partner_ids, dst_partner, extra_checks)
        self._move_xero_documents(partner_ids, documents)
        return result

    def _xero_documents(self, partner_ids) -> list[tuple]:
        """Return the documents that stand in Xero on contacts of ``partner_ids``.

        :return: rows: partner id; connection id, Xero's id and name of the contact; Xero type, id and company id of the
            document; whether it can move: it is open, and not in a period that is locked in Xero
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT c.res_id, c.connection_id, c.xero_id, c.xero_number, l.xero_type, m.id, m.company_id, m.date,
                          m.state = 'posted' AND m.payment_state IN ('not_paid', 'partial')
                     FROM xero_link c JOIN account_move m ON m.commercial_partner_id = c.res_id
                     JOIN xero_link l ON l.res_model = 'account.move' AND l.res_id = m.id
                                     AND l.connection_id = c.connection_id
                    WHERE c.res_model = 'res.partner' AND c.res_id = ANY(%s) AND c.xero_id IS NOT NULL
                      AND l.xero_id IS NOT NULL AND COALESCE(l.xero_status, '') NOT IN ('VOIDED', 'DELETED')
                    ORDER BY m.id""",
                list(partner_ids),
            )
        )
        connections = self.env["xero.connection"].sudo().browse({row[1] for row in rows})
        locks = {connection.id: connection._xero_lock_date() for connection in connections}
        return [(*row, is_open and not (locks[row[1]] and day <= locks[row[1]])) for *row, day, is_open in rows]

    def _move_xero_documents(self, partner_ids, documents) -> None:
        """Send ``documents`` again, to the contact of the survivor, as far as they can move; say on it what stays.

        :param documents: as :meth:`_xero_documents` returned them before the merge
        """
        survivor = self.env["res.partner"].browse(partner_ids).exists()
        if not documents or len(survivor) != 1:
            return
        links = self.env["xero.link"].sudo().search([("res_model", "=", "res.partner"), ("res_id", "=", survivor.id)])
        homes = {link.connection_id.id: link for link in links if link._is_alive()}
        moving, told = {}, {}
        for partner_id, connection_id, contact, name, xero_type, move_id, company_id, can_move in documents:
            home = homes.get(connection_id)
            if home and partner_id != survivor.id and home.xero_id != contact:
                told.setdefault((name, home.xero_number), []).append(can_move)
                if can_move:
                    moving.setdefault((connection_id, xero_type), []).append((move_id, company_id))
        for (connection_id, xero_type), records in moving.items():
            mapper = self.env["xero.mapper"]._for_type(xero_type)
            self.env["xero.sync.job"].sudo()._enqueue(connection_id, mapper, records)
        self.env["xero.sync.runner"]._wake({connection_id for connection_id, _type in moving})
        for (name, home), moves in told.items():
            message = self.env._(
                "In Xero, %(name)s stays a contact of its own. Its open documents go to %(survivor)s there: %(moved)s. "
                "Paid ones, and those of a locked period, stay with it: %(left)s. Merge the two contacts in Xero as "
                "well to have all of them in one place.",
                name=named(name),
                survivor=named(home),
                moved=sum(moves),
                left=len(moves) - sum(moves),
            )
            survivor._message_log(body=message)

    @api.model
    def _update_reference_fields_generic(
        self, referenced_model, src_records, dst_record, additional_update_records=None
    ):
        """Extend `base`: the surviving record keeps its own link and inherits one where it has none."""
        self._hand_over_xero_jobs(referenced_model, src_records, dst_record)
        self._merge_xero_links(referenced_model, src_records, dst_record)
        return super()._update_reference_fields_generic(
            referenced_model, src_records, dst_record, additional_update_records
        )

    def _hand_over_xero_jobs(self, referenced_model, src_records, dst_record):
        """What is being sent belongs to the survivor from now on: the answer is saved for the record of its job.

        Only one can be under way for a record; an answer for the others is set aside, as their partner is gone.
        """
        jobs = self.env["xero.sync.job"].sudo()
        # Whoever saves an answer writes these too: of the two, the later one begins anew and sees what the other did.
        # A lock alone would not do: it ends with the merge, and the older snapshot of a worker still shows the loser.
        jobs._sql(
            SQL(
                """UPDATE xero_sync_job SET write_date = %s
                    WHERE res_model = %s AND res_id = ANY(%s) AND state = 'running'""",
                fields.Datetime.now(),
                referenced_model,
                (src_records | dst_record).ids,
            )
        )
        rows = jobs._sql(
            SQL(
                """UPDATE xero_sync_job SET res_id = %(dst)s WHERE id IN (
                          SELECT DISTINCT ON (j.connection_id) j.id FROM xero_sync_job j
                           WHERE j.res_model = %(model)s AND j.res_id = ANY(%(src)s) AND j.state = 'running'
                             AND NOT EXISTS (SELECT FROM xero_sync_job d WHERE d.res_model = j.res_model
                                                AND d.res_id = %(dst)s AND d.connection_id = j.connection_id
                                                AND d.state = 'running'))
                RETURNING connection_id, company_id, xero_type""",
                model=referenced_model,
                src=src_records.ids,
                dst=dst_record.id,
            )
        )
        for connection_id, company_id, xero_type in rows:
            mapper = self.env["xero.mapper"]._for_type(xero_type)
            jobs._enqueue(connection_id, mapper, [(dst_record.id, company_id)])

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
