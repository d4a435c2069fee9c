"""From two books to proposals."""

from collections import defaultdict

from odoo import models

from ..link.own_context import own_value
from .xero_match_kind import Batch


class XeroMatch(models.Model):
    _inherit = "xero.match"

    def _stop(self):
        """Say that the connector met a fault of its own; people may begin anew."""
        self.write(
            {
                "state": "failed",
                "reason": self.env["xero.reason"]._(
                    "The connector met an unexpected error. Read Xero again; if it stays, an administrator finds it in "
                    "the server log."
                ),
            }
        )
        self._notify_screens()

    def _fail_too_old(self):
        """What was read is kept for a month only."""
        self.write(
            {
                "state": "failed",
                "reason": self.env["xero.reason"]._("What was read from Xero is too old. Read Xero again."),
            }
        )
        self._notify_screens()

    # === SCORE === #

    def _clear_open_lines(self):
        """Drop what is not decided yet."""
        self.env.cr.execute(
            """DELETE FROM xero_match_line WHERE match_id = %s AND stage = %s AND state IN ('open', 'trouble')
                  AND (choice = 'open' OR state = 'trouble')""",
            [self.id, self.stage],
        )
        self.env["xero.match.line"].invalidate_model()
        self.write({"work_done": 0, "work_total": 0})
        self._notify_screens()

    def _propose(self) -> list[Batch]:
        """Return proposals for all that is neither linked nor decided in the present stage; reads only."""
        domain = [("match_id", "=", self.id), ("stage", "=", self.stage), ("state", "in", ("open", "waiting"))]
        if self.state == "scoring":
            # The other lines are this very scoring's, written by a former job.
            domain.append(("choice", "!=", "open"))
        decided = self.env["xero.match.line"].search_fetch(domain, ["res_id", "xero_id"])
        # A pair that people took apart may still go together with others, but is not proposed again.
        apart = {(line.res_id, line.xero_id) for line in decided if line.choice == "apart"}
        chosen = decided.filtered(lambda line: line.choice != "apart")
        taken, taken_there = set(chosen.mapped("res_id")), set(chosen.mapped("xero_id"))
        return self._kind()._propose(self, taken, taken_there, apart)

    def _written(self) -> dict:
        """Return by kind the keys of what this scoring has written already: sets of record ids and of Xero ids."""
        written = defaultdict(lambda: (set(), set()))
        lines = self.env["xero.match.line"].search_fetch(
            [
                ("match_id", "=", self.id),
                ("stage", "=", self.stage),
                ("state", "=", "open"),
                ("choice", "=", "open"),
                ("parent_id", "=", False),
            ],
            ["kind", "res_id", "xero_id"],
        )
        for line in lines:
            ours, theirs = written[line.kind]
            ours |= {line.res_id} - {0}
            theirs |= {line.xero_id} - {False}
        return written

    # === WRITE === #

    def _write_proposals(self, batch: Batch, proposals, done, total):
        """Write a chunk of proposals as lines, with their rivals and how far the work is."""
        lines = self.env["xero.match.line"].create([self._line_values(batch, proposal) for proposal in proposals])
        self._kind()._add_details(self, lines)
        self.env["xero.match.candidate"].create(
            [
                self._candidate_values(batch, line, pair)
                for line, proposal in zip(lines, proposals, strict=True)
                for pair in proposal.rivals
            ]
        )
        self.write({"work_done": done, "work_total": total})
        self._notify_screens()

    def _line_values(self, batch, proposal) -> dict:
        pair = proposal.pair
        changed = own_value(self.env, "xero_match_changed", ())
        reasons = [list(reason) for reason in pair.reasons] if pair else []
        if proposal.odoo in changed or proposal.xero in changed:
            reasons.append(["changed_since", ""])
        verdict = proposal.grade or ("odoo_only" if proposal.odoo is not None else "xero_only")
        return {
            "match_id": self.id,
            "stage": self.stage,
            "kind": batch.kind,
            "xero_type": batch.xero_type,
            "verdict": verdict,
            "score": pair.score if pair else 0,
            "reasons": reasons,
            "xero_id": proposal.xero or False,
            **(batch.xero[proposal.xero] if proposal.xero else {}),
            **(
                {"res_model": batch.res_model, "res_id": proposal.odoo, **batch.odoo[proposal.odoo]}
                if proposal.odoo is not None
                else {}
            ),
        }

    def _candidate_values(self, batch, line, pair) -> dict:
        return {
            "line_id": line.id,
            "res_id": pair.odoo,
            "odoo_name": batch.odoo[pair.odoo]["odoo_name"],
            "xero_id": pair.xero,
            "xero_name": batch.xero[pair.xero]["xero_name"],
            "score": pair.score,
            "verdict": pair.grade,
            "reasons": [list(reason) for reason in pair.reasons],
        }

    def _finish_scoring(self):
        self.write({"state": "review"})
        self._notify_screens()
