"""Planning a preview: chunk by chunk, in savepoints that are rolled back, at once or by a cron worker."""

import time
from collections import defaultdict, namedtuple
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.tools import SQL

from ...mappers.outgoing import KEPT, Problem
from ...mappers.shares import without_suffix
from ...mappers.text import named
from ...xero_api.money import line_amount
from ..outbound.exporter import FAILED, SEND, WAITS
from ..outbound.plan import ASKED, LEFT, SAME
from .reader import PreviewReader
from .xero_preview import AT_ONCE

CHUNK = 200
WORK_SECONDS = 45
CRON = "xero_connector.ir_cron_xero_preview"
# What `_plan_jobs` asks of a job, for a record that has none.
Wish = namedtuple("Wish", "id res_id company_id operation")
REMOVALS = {"VOIDED": "void", "DELETED": "delete", "ARCHIVED": "archive"}
WITHOUT_CALL = {SAME: "same", KEPT: "left", LEFT: "left", ASKED: "conflict", FAILED: "blocked"}


class XeroPreview(models.Model):
    _inherit = "xero.preview"

    # === START === #

    def _start(self) -> None:
        """Look at small previews now; leave large ones to the cron worker."""
        for preview in self:
            preview._seed_needs()
            preview.total_count = self.env["xero.preview.line"].search_count([("preview_id", "=", preview.id)])
            if preview.total_count <= AT_ONCE:
                while preview._advance():
                    pass
            else:
                self.env.ref(CRON).sudo()._trigger()

    def _seed_needs(self) -> None:
        """Add what the records need first and Xero lacks, with the dependencies that a drain gathers."""
        runner = self.env["xero.sync.runner"]
        for mapper in reversed(self.env["xero.mapper"]._all()):
            lines = self.env["xero.preview.line"].search(
                [
                    ("preview_id", "=", self.id),
                    ("xero_type", "=", mapper._xero_type),
                    ("operation", "=", "push"),
                ]
            )
            if not lines:
                continue
            needs = mapper._dependencies(lines.mapped("res_id"), self.connection_id)
            for (xero_type, _model), res_ids in runner._lacking(self.connection_id, needs).items():
                pairs = [(res_id, self.company_id.id) for res_id in res_ids]
                self._seed(self.env["xero.mapper"]._for_type(xero_type), pairs, first=True)

    def _seed_run(self, run) -> None:
        """Add the documents that ``run`` would send.

        :param run: one ``xero.run``
        """
        self.env["xero.run"]._flush_read()
        for mapper in self.env["xero.mapper"]._for_model("account.move"):
            self._insert_lines(
                SQL(
                    """SELECT %s, %s, m.company_id, %s, 'account.move', m.id, 'push', %s, FALSE FROM %s
                          AND m.move_type = ANY(%s)""",
                    self.id,
                    run.connection_id.id,
                    mapper._xero_type,
                    mapper._push_rank,
                    run._documents_sql(),
                    list(mapper._xero_types),
                )
            )

    def _restart(self) -> None:
        """Forget what was found and look again."""
        self.problem_ids.unlink()
        self.env.cr.execute(
            SQL("UPDATE xero_preview_line SET action = NULL, message = NULL WHERE preview_id = %s", self.id)
        )
        self.env["xero.preview.line"].invalidate_model(flush=False)
        self.write({"state": "planning", "done_count": 0, "finished_at": False, "reason": False})
        self._start()

    # === CRON === #

    @api.model
    def _cron_plan(self) -> None:
        """Go on with the previews that are under way, a chunk in a transaction each."""
        deadline = time.monotonic() + WORK_SECONDS
        for preview in self.search([("state", "=", "planning")], order="id"):
            while time.monotonic() < deadline and preview.exists() and preview.state == "planning":
                preview._advance()
                if self.env.context.get("ir_cron_progress_id"):
                    self.env["ir.cron"]._commit_progress(1)
        if self.env.context.get("ir_cron_progress_id"):
            self.env["ir.cron"]._commit_progress(remaining=self.search_count([("state", "=", "planning")]))

    # === CHUNK === #

    def _advance(self) -> bool:
        """Look at the next records of one kind; return whether there may be more."""
        todo = self.env["xero.preview.line"].search(
            [("preview_id", "=", self.id), ("action", "=", False)], order="rank, id", limit=CHUNK
        )
        if not todo:
            self._conclude()
            return False
        head = todo[0]
        lines = todo.filtered(lambda line: (line.xero_type, line.operation) == (head.xero_type, head.operation))
        self._plan_lines(lines)
        self.done_count += len(lines)
        self._notify_screens()
        return True

    def _plan_lines(self, lines) -> None:
        """Fill ``lines``, all of one Xero type, and the problems found on them."""
        mapper = self.env["xero.mapper"]._for_type(lines[0].xero_type)
        refusals = self._refusals(lines)
        wishes = [
            Wish(line.id, line.res_id, line.company_id, line.operation) for line in lines if line.id not in refusals
        ]
        exporter = self.env["xero.exporter"]._for_type(mapper._xero_type)
        with self._dry():
            verdicts = exporter._plan_jobs(self.connection_id, mapper, wishes)
        reader = PreviewReader(self, mapper, lines, verdicts)
        for line in lines:
            if line.id in refusals:
                line.write({**reader.plain(line), "action": "left", "message": refusals[line.id]})
                continue
            verdict = verdicts[line.id]
            values = {**reader.values(line, verdict), "action": self._action_of(mapper, verdict, line, reader)}
            if verdict.kind == KEPT:
                values["message"] = self.env["xero.reason"]._(
                    "A draft again: Xero keeps it as it is until it is posted or cancelled."
                )
            line.write(values)
        self._note_problems(mapper, lines, verdicts, refusals)

    @contextmanager
    def _dry(self):
        """Take back whatever the block writes: a preview leaves no trace in what it looks at."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)

    def _refusals(self, lines) -> dict:
        """Return ``{line id: sentence}`` of chosen records that are not synced at all."""
        if self.kind != "records":
            return {}
        scope = self.env["xero.connection"]._scope(self.company_id.id)
        if not scope:
            return dict.fromkeys(lines.ids, self.env["xero.reason"]._("The company is not connected to Xero."))
        records = self.env[lines[0].res_model].browse(lines.mapped("res_id")).exists()
        if not hasattr(records, "_xero_refusal"):
            return {}
        found = {record.id: record._xero_refusal(scope) for record in records}
        return {line.id: found[line.res_id] for line in lines if not line.first and found.get(line.res_id)}

    def _action_of(self, mapper, verdict, line, reader) -> str:
        if verdict.kind in WITHOUT_CALL:
            return WITHOUT_CALL[verdict.kind]
        if verdict.kind == WAITS or verdict.method == "PUT":
            return "update" if reader.exists(line) else "create"
        if verdict.method == "DELETE":
            return "delete"
        return REMOVALS.get(verdict.item.payload.get(mapper._xero_status_field), "update")

    # === END === #

    def _conclude(self) -> None:
        """Look at what only shows when all records are known, and call it ready."""
        self._find_shared_numbers()
        self._find_approval_limits()
        self._find_unread_numbers()
        self._find_stuck()
        self.write({"state": "ready", "finished_at": fields.Datetime.now()})
        self._notify_screens()

    def _notify_screens(self):
        self.env["bus.bus"]._sendone(
            (self.company_id, "xero"), "xero_connector.status", {"model": self._name, "ids": self.ids}
        )

    # === PROBLEMS === #

    def _note_problems(self, mapper, lines, verdicts, refusals) -> None:
        """Store the problems of ``lines``: what several records share is one row."""
        found = []
        for line in lines:
            if line.id in refusals:
                found.append((line, "problem", self._problem("scope", refusals[line.id], line)))
                continue
            verdict = verdicts[line.id]
            if verdict.kind == FAILED and verdict.failure:
                message = self.env["xero.reason"]._("The connector could not prepare it; the server log says why.")
                found.append((line, "problem", self._problem("bug", message, line)))
            found += [(line, "problem", problem) for problem in verdict.problems]
            if verdict.kind == ASKED:
                message = self.env["xero.reason"]._("Both sides changed. Choose which is right, under Conflicts.")
                found.append((line, "problem", self._problem("conflict", message, line)))
            if verdict.out and verdict.kind in (SEND, WAITS, FAILED):
                topic = "amount" if verdict.out.status == "DRAFT" else "other"
                remarks = verdict.out.remarks
                notices = [text for text in verdict.out.notices if text not in remarks]
                found += [(line, "warning", self._problem(topic, text, line)) for text in notices]
                found += [(line, "notice", self._problem("length", text, line)) for text in remarks]
                divided = self._divided_texts(verdict.out)
                found += [(line, "notice", self._problem("shares", text, line)) for text in divided]
        found += self._checks(mapper, lines, verdicts)
        self._store_problems(found)

    def _divided_texts(self, out) -> list:
        """Return a sentence for each line that becomes several, with what each of them comes to."""
        groups = defaultdict(list)
        for line_id, row in zip(out.line_ids, out.payload.get("LineItems") or []):
            groups[line_id].append(row)
        return [
            self.env["xero.reason"]._(
                "%(line)s: 1 line becomes %(count)s: %(amounts)s.",
                line=named(without_suffix(rows[0]["Description"])),
                count=len(rows),
                amounts=" + ".join(f"{line_amount(row):,.2f}" for row in rows),
            )
            for line_id, rows in groups.items()
            if line_id and len(rows) > 1
        ]

    def _problem(self, topic, message, line):
        return Problem("validation", message, line.res_model, line.res_id, topic=topic)
