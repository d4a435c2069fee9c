"""Undoing a run: what it made in Xero is voided, deleted or archived there, as far as Xero allows it."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .xero_link import GONE_STATUSES
from .xero_sync_job import HISTORY
from .xero_sync_push import Failure

TOUCHED = """l.state = 'conflict' OR (l.xero_updated_at > l.made_at
            AND l.made_digest IS DISTINCT FROM l.remote_digest)"""
UNDOING = ("void", "delete", "archive")
LIVING = "l.xero_id IS NOT NULL AND COALESCE(l.xero_status, '') NOT IN ('VOIDED', 'DELETED', 'ARCHIVED')"


class XeroRun(models.Model):
    _inherit = "xero.run"

    # === ASKING === #

    def action_undo(self):
        """Show exactly what undoing would do; nothing happens before it is confirmed there."""
        self.ensure_one()
        self._check_administrator()
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
        domain = [("document_id", "in", move_ids), ("credit_type", "=", False)]
        parts = self.env["xero.payment.part"].search([("connection_id", "=", self.connection_id.id), *domain])
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


class XeroPreview(models.Model):
    _inherit = "xero.preview"

    run_id = fields.Many2one("xero.run", readonly=True, ondelete="cascade", index="btree_not_null")

    def _seed_undo(self) -> None:
        """Add what the run made in Xero and is still there."""
        self.env["xero.link"].flush_model()
        self._insert_lines(
            SQL(
                """SELECT %s, l.connection_id, l.company_id, l.xero_type, l.res_model, l.res_id, 'void',
                          CASE l.res_model WHEN 'res.partner' THEN 99 ELSE 10 END, FALSE
                     FROM xero_link l WHERE l.run_id = %s AND %s""",
                self.id,
                self.run_id.id,
                SQL(LIVING),
            )
        )

    def _checks(self, mapper, lines, verdicts):
        found = super()._checks(mapper, lines, verdicts)
        return found + self._undo_checks(mapper, lines) if self.kind == "undo" else found

    def _undo_checks(self, mapper, lines) -> list:
        """Return what Xero does not let go, or what a person has touched since; two queries a chunk."""
        links = self.env["xero.link"]._map(
            self.connection_id, mapper._xero_type, mapper._odoo_model, lines.mapped("res_id")
        )
        runner, found, untouched = self.env["xero.sync.runner"], [], lines
        for line in lines:
            link = links.get(line.res_id)
            if not link:
                continue
            if line.res_model == "account.move" and runner._has_money_on_it(link):
                message = self.env._("%s is paid or credited in Xero: it stays. Undo the payment first.", line.number)
                found.append((line, "problem", self._problem("paid", message, line)))
            elif link._changed_since_made():
                message = self.env._("%s was changed since the run made it: it stays.", line.number)
                found.append((line, "problem", self._problem("changed", message, line)))
                untouched -= line
        if lines[:1].res_model == "res.partner":
            found += self._contacts_in_use(untouched)
        return found

    def _look_again(self) -> None:
        """Block what was paid or changed since the preview was made; contacts last, as documents use them."""
        lines = self.line_ids.filtered(lambda line: line.action in UNDOING)
        for xero_type, of_type in sorted(lines.grouped("xero_type").items(), key=lambda pair: pair[0] == "Contact"):
            self._store_problems(self._undo_checks(self.env["xero.mapper"]._for_type(xero_type), of_type))

    def _contacts_in_use(self, lines) -> list:
        """Contacts that documents of others use stay; documents come first, so it is known which of them go."""
        going = self._lines(("action", "in", ("void", "delete"))).mapped("res_id")
        rows = self.env.execute_query(self.run_id._unused_contacts_sql(going))
        free = {res_id for res_id, _company in rows}
        return [
            (
                line,
                "problem",
                self._problem(
                    "used", self.env._("%s stays: documents in Xero that do not go use it.", line.number), line
                ),
            )
            for line in lines
            if line.res_id not in free
        ]

    def action_undo(self):
        """Undo the run, as shown."""
        self.ensure_one()
        self.run_id._check_administrator()
        if self.kind != "undo" or self.state != "ready":
            raise UserError(self.env._("Wait until the preview is ready."))
        self.run_id._check_state("running", "paused", "done", "cancelled", "undone")
        lines = self.sudo().line_ids
        if not lines.filtered(lambda line: line.action in UNDOING):
            raise UserError(self.env._("Nothing of this run can be taken out of Xero. The reasons are below."))
        self.sudo()._look_again()
        if not lines.filtered(lambda line: line.action in UNDOING):
            # All of it was paid or changed meanwhile: the reasons are on the preview now.
            return self._open()
        self.run_id.sudo()._undo(lines)
        return self.run_id._get_records_action()


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === RUNS === #

    def _save_results(self, connection, mapper, batch, outcomes):
        """Extend: what a run made bears its mark."""
        duplicates = super()._save_results(connection, mapper, batch, outcomes)
        if batch.method == "PUT":
            made = [item for item, outcome in zip(batch.items, outcomes, strict=True) if outcome.ok]
            self._mark_created(connection, mapper, made)
        return duplicates

    def _adopt(self, connection, mapper, batch, found):
        """Extend: what arrived although its answer was lost was made by the run, too."""
        super()._adopt(connection, mapper, batch, found)
        self._mark_created(connection, mapper, [item for item in batch.items if item[1] in found])

    def _mark_created(self, connection, mapper, items) -> None:
        """Write on the links when each was made, and by which run; one statement."""
        if mapper._odoo_model == "xero.payment.part":
            return
        self.env["xero.link"].flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE xero_link l SET run_id = j.run_id, made_digest = l.remote_digest, made_at = l.xero_updated_at,
                          made_here_at = %s, made_xero_id = l.xero_id
                     FROM xero_sync_job j
                    WHERE j.id = ANY(%s) AND l.connection_id = %s AND l.xero_type = %s AND l.res_model = %s
                      AND l.res_id = ANY(%s) AND l.res_id = j.res_id
                      AND (l.run_id IS DISTINCT FROM j.run_id OR l.made_xero_id IS DISTINCT FROM l.xero_id)""",
                fields.Datetime.now(),
                [item[0] for item in items],
                connection.id,
                mapper._xero_type,
                mapper._odoo_model,
                # Named, so that the links are looked up by them and not joined with all of the organisation.
                [item[1] for item in items],
            )
        )
        self.env["xero.link"].invalidate_model(flush=False)

    def _save_links(self, connection, mapper, saved):
        """Extend: a document that was taken out of Xero by undoing its run stays out of the sync."""
        failures = super()._save_links(connection, mapper, saved)
        gone = [item[0] for item, element in saved if element.get(mapper._xero_status_field) in GONE_STATUSES]
        if gone and mapper._odoo_model == "account.move":
            self.env["xero.link"].flush_model()
            self.env.cr.execute(
                SQL(
                    """UPDATE xero_link l SET state = 'ignored', message = %s FROM xero_sync_job j
                        WHERE j.id = ANY(%s) AND j.operation = 'void' AND j.run_id IS NOT NULL
                          AND l.connection_id = j.connection_id AND l.xero_type = j.xero_type
                          AND l.res_model = j.res_model AND l.res_id = j.res_id AND l.xero_status IN %s""",
                    self.env._("Taken out of Xero when its run was undone. Sync to Xero sends it again."),
                    gone,
                    GONE_STATUSES,
                )
            )
            self.env["xero.link"].invalidate_model(flush=False)
        return failures

    def _take_in_first(self, connection, inbound, elements, job_ids):
        """Extend: what somebody changed in Xero since is not undone unseen."""
        undone = self.env["xero.sync.job"].search(
            [("id", "in", job_ids), ("operation", "=", "void"), ("run_id", "!=", False)]
        )
        super()._take_in_first(connection, inbound, elements, job_ids)
        message = self.env._("It was changed in Xero since the run made it, and stays. Look at it there.")
        undone.write({"state": "running", "done_at": False})
        self._fail(dict.fromkeys(undone.ids, Failure("closed", message)))

    def _is_left_out(self, mapper, link) -> bool:
        """Extend: a contact that was archived by undoing its run is not sent before a person restores it in Xero."""
        archived = link.xero_status == "ARCHIVED" and link.run_id.state in ("undoing", "undone")
        return archived or super()._is_left_out(mapper, link)
