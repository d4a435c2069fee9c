"""Making the links that people confirmed, with both sides agreed as they are; and taking them back."""

from odoo import models
from odoo.tools import SQL

from ...mappers.outgoing import ABSENT
from ...mappers.text import quoted
from ...xero_api import shape
from ..inbound.importer import FORBIDDEN, Result, Untakeable
from ..link.own_context import own
from ..queue.xero_sync_job import CLICK
from .match_contact import DOUBTFUL


class XeroMatch(models.Model):
    _inherit = "xero.match"

    def _waiting_ids(self, limit: int) -> list[int]:
        """Return the next lines to link, in an order that keeps equal names together: Odoo makes them unique."""
        domain = [("match_id", "=", self.id), ("state", "=", "waiting"), ("parent_id", "=", False)]
        return self.env["xero.match.line"].search(domain, order="odoo_name, id", limit=limit).ids

    # === CHANGED SINCE === #

    def _refresh_elements(self, xero_type, elements):
        """Bring the snapshot up to date; pairs whose element says something else now are compared again."""
        id_field = self.env["xero.snapshot.element"]._kinds()[xero_type].id_field
        inbound = self._kind()._side(xero_type)
        by_id = {element[id_field]: element for element in shape.readable(xero_type, elements, id_field)}
        lines = self.env["xero.match.line"].search(
            [
                ("match_id", "=", self.id),
                ("xero_type", "=", xero_type),
                ("xero_id", "in", list(by_id)),
                ("state", "=", "waiting"),
            ]
        )
        changed = lines.filtered(
            lambda line: (
                not line.element_id
                or inbound._canonical(line.element_id.data) != inbound._canonical(by_id[line.xero_id])
            )
        )
        changed._set_changed()
        self.env["xero.snapshot.element"]._store(self.snapshot_id, xero_type, elements)

    # === LINK === #

    def _link_chunk(self, line_ids):
        """Link the lines ``line_ids``; a fixed number of queries, and no call."""
        lines = self.env["xero.match.line"].browse(line_ids).exists().filtered(lambda line: line.state == "waiting")
        lines = self._without_changed(lines)
        lines = self._without_linked(lines)
        for xero_type, of_type in lines.grouped("xero_type").items():
            self._link_type(xero_type, of_type)
        self._notify_screens()

    def _give_up_line(self, line_id):
        line = self.env["xero.match.line"].browse(line_id).exists()
        line._trouble(
            self.env["xero.reason"]._(
                "The connector met an unexpected error. An administrator finds it in the server log."
            )
        )

    def _without_changed(self, lines):
        """Set aside the lines whose record in Odoo changed since it was compared, or is gone."""
        now = {}
        for (stage, kind), of_kind in lines.grouped(lambda line: (line.stage, line.kind)).items():
            matching = self.env["xero.match.kind"]._for_stage(stage)
            found = matching._fingerprints(self.connection_id, kind, of_kind.mapped("res_id"))
            now |= {(matching._odoo_model, res_id): fingerprint for res_id, fingerprint in found.items()}
        changed = lines.filtered(lambda line: now.get((line.res_model, line.res_id)) != line.fingerprint)
        changed._set_changed()
        return lines - changed

    def _without_linked(self, lines):
        """Set aside the lines whose element stands for another record by now, or is not in the snapshot any more."""
        for xero_type, of_type in lines.grouped("xero_type").items():
            inbound = of_type[0]._matching()._side(xero_type)
            links = inbound._links(self.connection_id, of_type.mapped("xero_id"))
            for line in of_type:
                if line.xero_id in links:
                    lines -= line._trouble(
                        self.env["xero.reason"]._("Xero's record is linked with another one by now.")
                    )
                elif not line.element_id:
                    lines -= line._trouble(
                        self.env["xero.reason"]._("What was read from Xero is too old. Read Xero again.")
                    )
        return lines

    def _link_type(self, xero_type, lines):
        matching = lines[0]._matching()
        inbound = matching._side(xero_type)._as_worker(self.connection_id)
        records = inbound.env[inbound._odoo_model].with_context(active_test=False).browse(lines.mapped("res_id"))
        inbound.env["xero.link"]._save(
            [self._link_values(inbound, line, record) for line, record in zip(lines, records, strict=True)]
        )
        links = inbound.env["xero.link"]._map(
            self.connection_id, xero_type, inbound._odoo_model, lines.mapped("res_id")
        )
        elements = {line.res_id: line.element_id.data for line in lines}
        self._save_base_of_odoo(inbound, records, links, elements)
        for line in lines:
            line.write({"state": "linked", "link_id": links[line.res_id].id, "linked_at": links[line.res_id].synced_at})
        self._resolve_differences(inbound, lines, links)
        for line in lines:
            line.agreed = links[line.res_id]._base_mark()
        matching._after_linking(self, inbound, lines)
        shown = {line.xero_id: Result("linked", res_id=line.res_id) for line in lines}
        inbound._notify_screens(self.connection_id, shown)

    def _link_values(self, inbound, line, record) -> dict:
        element = line.element_id.data
        values = line._matching()._link_values(line, record, element)
        return inbound._link_row(self.connection_id, line.res_id, element, message=None, **values)

    def _save_base_of_odoo(self, inbound, records, links, elements):
        """Set what Odoo would send now as agreed, and drop what waits to be sent: neither side is written."""
        outgoing = inbound._outgoing(self.connection_id, records)
        self.env["xero.link"]._save_base_rows(
            [
                (links[res_id].id, inbound._odoo_columns(out, elements[res_id]))
                for res_id, out in outgoing.items()
                if out.status != ABSENT
            ]
        )
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET state = 'cancelled', done_at = now() AT TIME ZONE 'UTC'
                    WHERE connection_id = %s AND res_model = %s AND res_id = ANY(%s) AND operation = 'push'
                      AND state IN ('pending', 'blocked', 'failed', 'dead') RETURNING id""",
                self.connection_id.id,
                records._name,
                records.ids,
            )
        )
        waiting = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("state", "=", "blocked"),
                ("blocked_by_id.res_model", "=", records._name),
                ("blocked_by_id.res_id", "in", records.ids),
            ]
        )
        self.env["xero.sync.job"]._release(waiting.blocked_by_id.ids)

    # === DIFFERENCES === #

    def _resolve_differences(self, inbound, lines, links):
        """Do what people chose for fields that differ; by default nothing."""
        for line in lines:
            side = line.differences or self.differences
            link = links[line.res_id]
            if side == "odoo" and line._differs(inbound, link):
                self._send_odoo(inbound, line, link)
            elif side == "xero" and line._differs(inbound, link):
                self._adopt_xero(inbound, line, link)

    def _send_odoo(self, inbound, line, link):
        link.write({"digest": False, "odoo_state": False, "state": "to_sync"})
        mapper = self.env["xero.mapper"]._for_type(inbound._xero_type)
        records = [(line.res_id, link.company_id.id)]
        self.env["xero.sync.job"]._enqueue(self.connection_id.id, mapper, records, priority=CLICK)

    def _adopt_xero(self, inbound, line, link):
        """Write Xero's values to Odoo; where Odoo forbids it the two are linked as they are, and the reason told."""
        record = inbound.env[line.res_model].browse(line.res_id)
        try:
            with self.env.cr.savepoint():
                line._matching()._adopt_xero(line, inbound, link, record)
            line.touched = True
        except (Untakeable, *FORBIDDEN) as error:
            self.env.invalidate_all(flush=False)
            reason = quoted(error.args[0])
            line.problem = self.env["xero.reason"]._("Linked as it is. Xero's values could not be imported: %s", reason)

    # === END === #

    def _finish_linking(self):
        """Compare again what changed meanwhile; else go on with the review."""
        changed = self.env["xero.match.line"].search([("match_id", "=", self.id), ("state", "=", "trouble")])
        stale = changed.filtered(lambda line: not line.problem)
        if stale and self.state == "review":
            keys = {*stale.mapped("res_id"), *stale.mapped("xero_id")} - {False}
            stale.unlink()
            self._compare_changed(keys)
        self._notify_screens()

    def _compare_changed(self, keys):
        """Propose anew what changed, and mark it; what others are looking at stays where it is."""
        match = self.with_context(**own(xero_match_changed=keys))
        for batch in match._propose():
            fresh = [found for found in batch.proposals if found.odoo in keys or found.xero in keys]
            match._write_proposals(batch, [match._make_room(batch, found) for found in fresh], 0, 0)

    def _make_room(self, batch, proposal):
        """Return ``proposal`` without the side that stands on another line with a counterpart; lone lines give way."""
        for name, key in (("res_id", proposal.odoo), ("xero_id", proposal.xero)):
            if not key:
                continue
            lines = self.env["xero.match.line"].search(
                [("match_id", "=", self.id), ("kind", "=", batch.kind), (name, "=", key), ("state", "=", "open")]
            )
            lines.filtered(lambda line: not (line.res_id and line.xero_id)).unlink()
            if lines.exists() and proposal.pair:
                kept = {"odoo": None} if name == "res_id" else {"xero": None}
                rivals = (proposal.pair, *proposal.rivals)
                proposal = proposal._replace(**kept, pair=None, grade=DOUBTFUL, rivals=rivals)
        return proposal

    # === UNDO === #

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
        synced = whole.filtered(lambda line: line.link_id._base_mark() != line.agreed)
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
            (lambda line: line.touched, self.env["xero.reason"]._("Xero's values were written to the record in Odoo.")),
            (lambda line: line in synced, self.env["xero.reason"]._("Something was synced through it since.")),
            (
                lambda line: (line.res_model, line.res_id) in sending,
                self.env["xero.reason"]._("It is being sent just now."),
            ),
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
        self._keep_back(True)
        self._notify_screens()


class XeroMatchLine(models.Model):
    _inherit = "xero.match.line"

    def _set_changed(self):
        """What was compared is not so any more: it is compared again when the others are linked."""
        self.write({"state": "trouble", "choice": "open", "problem": False})

    def _trouble(self, reason):
        self.write({"state": "trouble", "choice": "open", "problem": reason})
        return self

    def _differs(self, inbound, link) -> bool:
        """Whether a field that both sides have says something else."""
        record = inbound.env[self.res_model].browse(self.res_id)
        return bool(self._matching()._differing(self, inbound, link, record))
