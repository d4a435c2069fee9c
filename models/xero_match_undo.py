"""Taking back the links of a matching, as far as nothing went through them."""

from odoo import models
from odoo.tools import SQL


class XeroMatch(models.Model):
    _inherit = "xero.match"

    def _undo_ids(self, limit: int) -> list[int]:
        """Return the next lines to undo, of one stage, the last stage first: all documents before their contacts."""
        domain = [("match_id", "=", self.id), ("state", "=", "linked"), ("parent_id", "=", False)]
        for kind in reversed(self.env["xero.match.kind"]._all()):
            lines = self.env["xero.match.line"].search([*domain, ("stage", "=", kind._stage)], order="id", limit=limit)
            if lines:
                return lines.ids
        return []

    def _undo_chunk(self, line_ids):
        """Delete the links of ``line_ids``, or say on the lines why they stay."""
        lines = self.env["xero.match.line"].browse(line_ids).exists().filtered(lambda line: line.state == "linked")
        used = self._used(lines)
        for line, reason in used.items():
            line.write({"state": "kept", "problem": reason})
        free = lines.filtered(lambda line: line not in used)
        whole = free | free.payment_ids.filtered(lambda line: line.state == "linked")
        self._cancel_pushes(free)
        whole.link_id.unlink()
        whole.write({"state": "undone", "choice": "open"})
        self.work_done += len(lines)
        self._notify_screens()

    def _used(self, lines) -> dict:
        """Return ``{line: reason}`` of the lines whose link must stay."""
        found = self._used_themselves(lines.filtered("link_id"))
        for stage, of_stage in lines.grouped("stage").items():
            leaned_on = self.env["xero.match.kind"]._for_stage(stage)._kept(self, of_stage)
            found = {**leaned_on, **found}
        return found

    def _used_themselves(self, lines) -> dict:
        """Return ``{line: reason}`` of those that something went through, or goes just now; a query for all of them."""
        whole = lines | lines.payment_ids.filtered("link_id")
        synced = whole.filtered(lambda line: line.link_id._agreement_mark() != line.agreed)
        synced |= synced.parent_id
        running = self.env["xero.sync.job"].search_fetch(
            [
                ("connection_id", "=", self.connection_id.id),
                ("state", "=", "running"),
                ("res_id", "in", lines.mapped("res_id")),
            ],
            ["res_model", "res_id"],
        )
        sending = {(job.res_model, job.res_id) for job in running}
        reasons = (
            (lambda line: line.touched, self.env._("Xero's values were written to the record in Odoo.")),
            (lambda line: line in synced, self.env._("Something was synced through it since.")),
            (lambda line: (line.res_model, line.res_id) in sending, self.env._("It is being sent just now.")),
        )
        found = {line: next((reason for holds, reason in reasons if holds(line)), None) for line in lines}
        return {line: reason for line, reason in found.items() if reason}

    def _booked_since(self, lines) -> set:
        """Return the ids of documents paid by payments that came from Xero by other ways than this matching."""
        settled = self.env["xero.match.reader"]._settlements(lines.mapped("res_id"))
        payments = {
            row["payment_id"]: move_id for move_id, rows in settled.items() for row in rows if row["payment_id"]
        }
        links = self.env["xero.link"]._map(self.connection_id, "Payment", "account.payment", list(payments))
        own = lines.payment_ids.link_id
        return {payments[payment_id] for payment_id, link in links.items() if link not in own}

    def _cancel_pushes(self, lines):
        """What waits to be sent would be made a second time in Xero without the link."""
        for model, of_model in lines.grouped("res_model").items():
            self.env["xero.sync.job"]._sql(
                SQL(
                    """UPDATE xero_sync_job SET state = 'cancelled', done_at = now() AT TIME ZONE 'UTC'
                        WHERE connection_id = %s AND res_model = %s AND res_id = ANY(%s)
                          AND state IN ('pending', 'blocked', 'failed', 'dead')""",
                    self.connection_id.id,
                    model,
                    of_model.mapped("res_id"),
                )
            )

    def _finish_undo(self):
        """End; what is new in Odoo keeps waiting, because Xero has it and nothing says so any more."""
        self._close("undone")
        self._hold(True)
        self._notify_screens()
