"""Making the links that people confirmed, with both sides agreed as they are."""

from odoo import fields, models
from odoo.tools import SQL

from ..mappers.match_contact import DOUBTFUL
from ..xero_api import codec
from .xero_inbound import Result, Untakeable
from .xero_inbound_document_apply import FORBIDDEN
from .xero_snapshot_element import KINDS
from .xero_sync_job import CLICK


class XeroMatch(models.Model):
    _inherit = "xero.match"

    def _waiting_ids(self, limit: int) -> list[int]:
        """Return the next lines to link, in an order that keeps equal names together: Odoo makes them unique."""
        domain = [("match_id", "=", self.id), ("state", "=", "waiting"), ("parent_id", "=", False)]
        return self.env["xero.match.line"].search(domain, order="odoo_name, id", limit=limit).ids

    # === CHANGED SINCE === #

    def _take_changed_elements(self, xero_type, elements):
        """Bring the snapshot up to date; pairs whose element says something else now are compared again."""
        form, inbound = KINDS[xero_type], self._kind()._side(xero_type)
        by_id = {element[form.id_field]: element for element in elements if element.get(form.id_field)}
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
                or inbound._remote_view(line.element_id.data) != inbound._remote_view(by_id[line.xero_id])
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
        line._trouble(self.env._("The connector met an unexpected error. An administrator finds it in the server log."))

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
                    lines -= line._trouble(self.env._("Xero's record is linked with another one by now."))
                elif not line.element_id:
                    lines -= line._trouble(self.env._("What was read from Xero is too old. Read Xero again."))
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
        self._agree_on_odoo(inbound, records, links)
        for line in lines:
            line.write({"state": "linked", "link_id": links[line.res_id].id, "linked_at": links[line.res_id].synced_at})
        self._settle_differences(inbound, lines, links)
        for line in lines:
            line.agreed = links[line.res_id]._agreement_mark()
        matching._after_linking(self, inbound, lines)
        shown = {line.xero_id: Result("linked", res_id=line.res_id) for line in lines}
        inbound._notify_screens(self.connection_id, shown)

    def _link_values(self, inbound, line, record) -> dict:
        element = line.element_id.data
        values = line._matching()._link_values(line, record, element)
        return inbound._link_row(self.connection_id, line.res_id, element, message=None, **values)

    def _agree_on_odoo(self, inbound, records, links):
        """Set what Odoo would send now as agreed, and drop what waits to be sent: neither side is written."""
        outgoing = inbound._outgoing(self.connection_id, records)
        digests = {
            links[res_id].id: codec.digest(out.agreed()) for res_id, out in outgoing.items() if out.status != "ABSENT"
        }
        self.env["xero.link"].flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE xero_link l SET digest = v.digest FROM unnest(%s::int[], %s::text[]) AS v(id, digest)"
                " WHERE l.id = v.id",
                list(digests),
                list(digests.values()),
            )
        )
        self.env["xero.link"].invalidate_model()
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

    def _settle_differences(self, inbound, lines, links):
        """Do what people chose for fields that differ; by default nothing."""
        for line in lines:
            side = line.differences or self.differences
            link = links[line.res_id]
            if side == "odoo" and line._differs(inbound, link):
                self._send_odoo(inbound, line, link)
            elif side == "xero" and line._differs(inbound, link):
                self._take_xero(inbound, line, link)

    def _send_odoo(self, inbound, line, link):
        link.write({"digest": False, "state": "to_sync"})
        mapper = self.env["xero.mapper"]._for_type(inbound._xero_type)
        records = [(line.res_id, link.company_id.id)]
        self.env["xero.sync.job"]._enqueue(self.connection_id.id, mapper, records, priority=CLICK)

    def _take_xero(self, inbound, line, link):
        """Write Xero's values to Odoo; where Odoo forbids it the two are linked as they are, and the reason told."""
        record = inbound.env[line.res_model].browse(line.res_id)
        try:
            with self.env.cr.savepoint():
                line._matching()._take_xero(line, inbound, link, record)
            line.touched = True
        except (Untakeable, *FORBIDDEN) as error:
            self.env.invalidate_all(flush=False)
            reason = str(error.args[0])
            line.problem = self.env._("Linked as it is. Xero's values could not be taken over: %s", reason)

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
        match = self.with_context(xero_match_changed=keys)
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


class XeroLink(models.Model):
    _inherit = "xero.link"

    def _agreement_mark(self) -> str:
        """Return what changes as soon as anything is synced through the link."""
        moment = fields.Datetime.to_string(self.synced_at)
        return f"{self.xero_id} {self.res_id} {self.digest or ''} {self.remote_digest or ''} {moment}"


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
