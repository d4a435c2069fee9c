"""Undoing a run: what it made in Xero is voided, deleted or archived there, as far as Xero allows it."""

from odoo import models
from odoo.tools import SQL

from ..link.xero_link import GONE_STATUSES, LIVING
from ..queue.xero_sync_job import HISTORY

TOUCHED = """l.state = 'conflict' OR (l.xero_updated_at > l.made_at
            AND l.made_digest IS DISTINCT FROM l.base_digest)"""


class XeroRun(models.Model):
    _inherit = "xero.run"

    # === ASKING === #

    def action_undo(self):
        """Show exactly what undoing would do; nothing happens before it is confirmed there."""
        self.ensure_one()
        self._check_accountant()
        self._check_state("running", "paused", "done", "cancelled", "undone")
        preview = self.env["xero.preview"]._new(self.connection_id.sudo(), "undo")
        preview.run_id = self.sudo()
        preview._seed_undo()
        preview._start()
        self.sudo().undo_preview_id = preview
        return preview.with_env(self.env)._open()

    # === DOING === #

    def _undo(self, lines) -> None:
        """Have what ``lines`` of the preview stand for taken out of Xero, by jobs like any other.

        When a removal is done, its document is out of the sync, in the same transaction: neither the sweep nor an edit
        sends it again, only a person's click.

        :param lines: ``xero.preview.line``
        """
        self.ensure_one()
        self._cancel_pushes()
        going = lines.filtered(lambda line: line.action in ("void", "delete"))
        self._drop_payments(going.mapped("res_id"))
        for mapper in self.env["xero.mapper"]._for_model("account.move"):
            pairs = [(line.res_id, line.company_id.id) for line in going if line.xero_type == mapper._xero_type]
            self.env["xero.sync.job"]._enqueue(
                self.connection_id.id, mapper, pairs, operation="void", priority=HISTORY, run_id=self.id
            )
        self.write({"state": "undoing", "exhausted": True, "finished_at": False, "total_count": len(going)})
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)
        self._close_finished(self.connection_id)

    def _drop_payments(self, move_ids) -> None:
        """Forget the payments of documents that go, as far as they were not sent: they are made anew with them."""
        domain = [("connection_id", "=", self.connection_id.id), ("document_id", "in", move_ids)]
        parts = self.env["xero.payment.part"]._payments(domain)
        jobs = self.env["xero.sync.job"].search(
            [("res_model", "=", parts._name), ("res_id", "in", parts.ids), ("state", "=", "running")]
        )
        links = self.env["xero.link"].search([("res_model", "=", parts._name), ("res_id", "in", parts.ids)])
        sent = {*jobs.mapped("res_id"), *links.filtered("xero_id").mapped("res_id")}
        parts.filtered(lambda part: part.id not in sent).unlink()

    def _undo_contacts(self) -> bool:
        """Archive the contacts that the run made and that nothing in Xero uses any more; return whether there are any.

        Called when the documents are gone, so that one that had to stay keeps its contact.
        """
        self.env["xero.link"].flush_model()
        rows = self.env.execute_query(self._unused_contacts_sql())
        if not rows:
            return False
        mapper = self.env["xero.mapper"]._for_type("Contact")
        self.env["xero.sync.job"]._enqueue(
            self.connection_id.id, mapper, rows, operation="void", priority=HISTORY, run_id=self.id
        )
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)
        return True

    def _unused_contacts_sql(self, but=()) -> SQL:
        """Return a query for ``(partner id, company id)`` of the run's contacts without living documents in
        Xero, as far as nobody changed them since.

        :param but: ids of documents that are about to go
        """
        return SQL(
            """SELECT l.res_id, l.company_id FROM xero_link l
                WHERE l.run_id = %(run)s AND l.res_model = 'res.partner' AND %(living)s
                  AND COALESCE(%(touched)s, FALSE) IS FALSE
                  AND NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.run_id = l.run_id AND j.operation = 'void'
                                     AND j.res_model = 'res.partner' AND j.res_id = l.res_id)
                  AND NOT EXISTS (
                      SELECT FROM account_move m
                        JOIN xero_link d ON d.res_model = 'account.move' AND d.res_id = m.id
                             AND d.connection_id = l.connection_id
                       WHERE m.commercial_partner_id = l.res_id AND d.xero_id IS NOT NULL
                         AND COALESCE(d.xero_status, '') NOT IN %(gone)s AND NOT m.id = ANY(%(but)s))""",
            run=self.id,
            living=SQL(LIVING),
            touched=SQL("(%s)", SQL(TOUCHED)),
            gone=GONE_STATUSES,
            but=list(but),
        )


