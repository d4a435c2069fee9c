"""Comparing both books, step by step. Here: the steps, and what every step asks."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...mappers.reason import unpack
from .compare_document import Found
from .kinds import KINDS
from .worksheet import Subject, Worksheet

# Odoo is read in pieces of so many records: a fixed number of queries each.
CHUNK = 250
# What changed while the books were compared is read and compared again, this often at most.
ROUNDS = 3
# What bears the mark of a document is found before the document is missed.
STEPS = (
    *("links", "elements", "moves", "advances", "open_payments", "contacts", "vanished", "twice", "taxes"),
    *("entries", "finish"),
)
BUSY = ("pending", "running", "blocked")


class XeroReconciliation(models.Model):
    _inherit = "xero.reconciliation"

    def _first_work(self, snapshot) -> dict:
        return {"step": 0, "after": 0, "round": 1, "again": [], "read_at": str(snapshot.started_at)}

    def _needs_reading(self) -> bool:
        """Whether what changed meanwhile is to be read before the next step."""
        return bool((self.work or {}).get("queue_reading"))

    def _caught_up(self) -> None:
        """What changed in Xero since the snapshot is in it now: compare the documents that changed once more."""
        self.work = {**self.work, "queue_reading": False, "read_at": str(fields.Datetime.now())}

    def _step(self) -> None:
        """Do one step and store what it found and where to go on, in the caller's transaction."""
        self.ensure_one()
        work = dict(self.work)
        steps = self.env["xero.reconciler"]._steps()
        # The last one, where an addon with a step of its own went meanwhile.
        name = steps[min(work["step"], len(steps) - 1)]
        if name == "finish":
            self._finish()
            return
        sheet = Worksheet(self)
        after = self.env["xero.reconciler"]._run(name, self, sheet, work)
        sheet.save()
        work = self._next_work(work, after, sheet.again)
        self.write({"work": work, "compare_progress": 100.0 * work["step"] / (len(steps) - 1)})
        self._notify_screens()

    def _next_work(self, work, after, again) -> dict:
        """Return where to go on after a step that ended at ``after`` (``None``: it is through)."""
        work["again"] = [*work["again"], *again]
        if after is not None:
            return {**work, "after": after}
        if self.env["xero.reconciler"]._steps()[work["step"]] == "links" and work["again"] and work["round"] < ROUNDS:
            queue = sorted(work["again"])
            return {
                **work,
                "after": 0,
                "round": work["round"] + 1,
                "again": [],
                "queue": queue,
                "queue_reading": True,
            }
        return {**work, "step": work["step"] + 1, "after": 0, "queue": None}


class XeroReconciler(models.AbstractModel):
    """Compares one piece of the books at a time; finds and writes nothing but the report.

    ``report`` is the ``xero.reconciliation``, with its snapshot; ``sheet`` the :class:`~.worksheet.Worksheet` that
    takes what is found; ``work`` where the comparison stands: ``after`` (an id; 0 at first), ``round`` (from 1),
    ``read_at`` (naive UTC as text: since when the snapshot may be old) and, in later rounds, ``queue`` (the ids of
    links to look at once more). ``xero_type`` is as on links, ``xero_ids`` are Xero's ids, ``model`` and ``res_ids``
    name records of Odoo. A step is a method ``_step_`` and its name, and is found by that. Nobody calls Xero.
    """

    _name = "xero.reconciler"
    _description = "Xero Reconciler"

    @api.model
    def _steps(self) -> tuple[str, ...]:
        """Return the names of all steps in their order. Addons put theirs before the last one, ``finish``."""
        return STEPS

    @api.model
    def _kinds(self) -> dict:
        """Return the ``Kind`` of each kind of difference. Addons add theirs, and to the selection of differences."""
        return KINDS

    def _run(self, step: str, report, sheet, work) -> int | None:
        """Do the piece of ``step`` that follows ``work["after"]``.

        :param step: one of :meth:`_steps`, but ``finish``
        :return: the id to go on after, ``None`` when the step is through
        """
        return getattr(self, f"_step_{step}")(report, sheet, work)

    def _step_taxes(self, report, sheet, work):
        """Question the Xero tax rates that were chosen."""
        for row, reason in self.env["xero.tax.witness"]._doubts(report):
            subject = Subject(row, note=reason)
            sheet.differ(Found("tax_choice", row.display_name, row.xero_tax_rate_id.name), subject)

    # === WHAT EVERY STEP ASKS === #

    def _elements(self, report, xero_type, xero_ids) -> dict:
        """Return ``{xero id: element}`` of the snapshot; one query, and one for the contents.

        :return: ``xero.snapshot.element``
        """
        elements = self.env["xero.snapshot.element"].search(
            [
                ("snapshot_id", "=", report.snapshot_id.id),
                ("xero_type", "=", xero_type),
                ("xero_id", "in", list(xero_ids)),
            ]
        )
        return {element.xero_id: element for element in elements}

    def _busy_records(self, report, model, res_ids) -> set[int]:
        """Return those of ``res_ids`` that wait to be sent: they are on the way."""
        return set(self._jobs(report, model, res_ids, BUSY))

    def _stuck_records(self, report, model, res_ids) -> dict[int, str]:
        """Return ``{res_id: why}`` of those that could not be sent and wait for a person."""
        return self._jobs(report, model, res_ids, ("failed", "dead"))

    def _jobs(self, report, model, res_ids, states):
        """Return ``{res_id: why it waits}`` of those of ``res_ids`` that have a job to be sent or removed.

        :param states: of those jobs
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT res_id, failure_detail FROM xero_sync_job WHERE connection_id = %s AND res_model = %s
                      AND res_id = ANY(%s) AND operation IN ('push', 'void') AND state IN %s""",
                report.connection_id.id,
                model,
                list(res_ids),
                states,
            )
        )
        return {key: unpack(self.env, reason) for key, reason in rows}

    def _busy_elements(self, report, xero_type, xero_ids) -> set[str]:
        """Return those of ``xero_ids`` that wait to be read."""
        return set(self._fetches(report, xero_type, xero_ids, BUSY))

    def _stuck_elements(self, report, xero_type, xero_ids) -> dict[str, str]:
        """Return ``{xero id: why}`` of those that could not be taken over and wait for a person."""
        return self._fetches(report, xero_type, xero_ids, ("failed", "dead"))

    def _fetches(self, report, xero_type, xero_ids, states):
        rows = self.env.execute_query(
            SQL(
                """SELECT xero_id, failure_detail FROM xero_sync_job WHERE connection_id = %s AND operation = 'pull'
                      AND xero_type = %s AND xero_id = ANY(%s) AND state IN %s""",
                report.connection_id.id,
                xero_type,
                [xero_id.lower() for xero_id in xero_ids],
                states,
            )
        )
        return {key: unpack(self.env, reason) for key, reason in rows}

    def _inbound(self, report, xero_type):
        """Return the importer of a type, as the worker runs it."""
        return self.env["xero.inbound"]._for_type(xero_type)._as_worker(report.connection_id)

    def _served_companies(self, report) -> list[int]:
        """Return the ids of the companies whose books are compared."""
        return self.env["xero.sync.runner"]._served_companies(report.connection_id).ids

    def _is_changed_since(self, work, *moments, in_doubt=True) -> bool:
        """Whether something happened after Xero was read.

        Times have seconds only.

        :param in_doubt: what to say of the very second of the reading. Documents are looked at again then, though not
            for ever; what is looked at once is judged, because the worker that links is the one that reads
        :param moments: naive UTC; empty ones do not count
        """
        read_at = fields.Datetime.to_datetime(work["read_at"])
        known = [moment.replace(microsecond=0) for moment in moments if moment]
        if in_doubt and work["round"] < ROUNDS:
            return any(moment >= read_at for moment in known)
        return any(moment > read_at for moment in known)
