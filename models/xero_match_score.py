"""From two books to proposals."""

from collections import namedtuple

from odoo import models

from ..mappers.inbound_contact import contact_view
from ..mappers.inbound_document import changed_fields
from ..mappers.match_book import match as match_contacts
from ..mappers.match_contact import party_of_partner
from ..mappers.match_document import match_documents
from .xero_match import CONTACTS, DOCUMENTS
from .xero_match_reader import DOCUMENT_KINDS

# Proposals of one kind, and what is known of both sides: ``{key: values of a line}``.
Batch = namedtuple("Batch", "kind xero_type res_model proposals odoo xero")
IGNORED_DIFFERENCES = {"status", "merged_to", "persons", "terms"}


class XeroMatch(models.Model):
    _inherit = "xero.match"

    def _stop(self):
        """Say that the connector met a fault of its own; people may begin anew."""
        self.write(
            {
                "state": "failed",
                "reason": self.env._(
                    "The connector met an unexpected error. Read Xero again; if it stays, an administrator finds it in "
                    "the server log."
                ),
            }
        )
        self._notify_screens()

    def _tell_too_old(self):
        """What was read is kept for a month only."""
        self.write({"state": "failed", "reason": self.env._("What was read from Xero is too old. Read Xero again.")})
        self._notify_screens()

    # === SCORE === #

    def _clear_open_lines(self):
        """Drop what is not decided yet, and what an interrupted run left."""
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
        decided = self.env["xero.match.line"].search_fetch(
            [("match_id", "=", self.id), ("stage", "=", self.stage), ("state", "in", ("open", "waiting"))],
            ["res_id", "xero_id"],
        )
        # A pair that people took apart may still go together with others, but is not proposed again.
        apart = {(line.res_id, line.xero_id) for line in decided if line.choice == "apart"}
        chosen = decided.filtered(lambda line: line.choice != "apart")
        if self.stage == CONTACTS:
            return [self._propose_contacts(set(chosen.mapped("res_id")), set(chosen.mapped("xero_id")), apart)]
        return [
            self._propose_documents(kind, set(chosen.mapped("res_id")), set(chosen.mapped("xero_id")))
            for kind in DOCUMENT_KINDS
        ]

    def _propose_contacts(self, taken, taken_there, apart) -> Batch:
        reader = self.env["xero.match.reader"]
        values = [row for row in reader._partner_values(self.connection_id) if row["id"] not in taken]
        parties, elements = reader._contact_parties(self.snapshot_id)
        parties = [party for party in parties if party.key not in taken_there]
        proposals = match_contacts([party_of_partner(row) for row in values], parties)
        ranked = {row["id"] for row in values if row["ranked"]}
        kept = [
            found for found in proposals if found.pair or found.rivals or found.odoo is None or found.odoo in ranked
        ]
        kept = [found for found in kept if (found.odoo, found.xero) not in apart]
        return Batch(
            "contact",
            "Contact",
            "res.partner",
            kept,
            {
                row["id"]: {
                    "odoo_name": row["name"],
                    "odoo_archived": not row["active"],
                    "fingerprint": reader._partner_fingerprint(row),
                }
                for row in values
            },
            {
                party.key: {
                    "xero_name": party.text,
                    "element_id": elements[party.key][0],
                    "xero_archived": party.archived,
                }
                for party in parties
            },
        )

    def _propose_documents(self, kind, taken, taken_there) -> Batch:
        reader = self.env["xero.match.reader"]
        linked = {xero_id.lower() for xero_id in reader._linked_ids(self.connection_id, "Contact")}
        moves = {move.id: move for move in reader._moves(self.connection_id, kind) if move.id not in taken}
        elements = {
            element.xero_id: element
            for element in reader._documents(self.snapshot_id, kind)
            if element.xero_id not in taken_there
        }
        proposals = match_documents(
            [reader._move_paper(move, kind) for move in moves.values()],
            [reader._document_paper(element, linked) for element in elements.values()],
        )
        return Batch(
            kind,
            DOCUMENT_KINDS[kind][0],
            "account.move",
            proposals,
            {key: self._move_values(move) for key, move in moves.items()},
            {key: self._document_values(element) for key, element in elements.items()},
        )

    def _move_values(self, move) -> dict:
        return {
            "odoo_name": " · ".join(filter(None, (move.name, move.ref, move.partner_name))),
            "fingerprint": self.env["xero.match.reader"]._move_fingerprint(move),
            "date": move.day,
            "amount": float(move.total),
            "currency_code": move.currency,
        }

    def _document_values(self, element) -> dict:
        return {
            "xero_name": " · ".join(filter(None, (element.number, element.name))),
            "element_id": element.id,
            "date": element.date,
            "amount": float(element.total or 0),
            "currency_code": element.currency,
        }

    # === WRITE === #

    def _write_proposals(self, batch: Batch, proposals, done, total):
        """Write a chunk of proposals as lines, with their rivals and how far the work is."""
        lines = self.env["xero.match.line"].create([self._line_values(batch, proposal) for proposal in proposals])
        if batch.kind == "contact":
            self._tell_differences(lines)
        self.env["xero.match.candidate"].create(
            [
                self._candidate_values(batch, line, pair)
                for line, proposal in zip(lines, proposals, strict=True)
                for pair in proposal.rivals
            ]
        )
        if self.stage == DOCUMENTS:
            self._propose_payments(lines)
        self.write({"work_done": done, "work_total": total})
        self._notify_screens()

    def _line_values(self, batch, proposal) -> dict:
        pair = proposal.pair
        changed = self.env.context.get("xero_match_changed", ())
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

    def _tell_differences(self, lines):
        """Write on pairs of contacts which fields differ, in one pass."""
        pairs = lines.filtered(lambda line: line.res_id and line.element_id)
        partners = self.env["res.partner"].with_context(active_test=False).browse(pairs.mapped("res_id"))
        outgoing = self.env["xero.inbound"]._for_type("Contact")._outgoing(self.connection_id, partners)
        labels = self.env["xero.conflict.line"]._labels()
        for line in pairs:
            ours, theirs = contact_view(outgoing[line.res_id].payload), contact_view(line.element_id.data)
            fields = changed_fields(ours, theirs) - IGNORED_DIFFERENCES
            fields = {name for name in fields if ours.get(name)}
            line.differing = ", ".join(str(labels.get(name, name)) for name in sorted(fields)) or False
        pairs.element_id.invalidate_recordset(["data"], flush=False)

    def _finish_scoring(self):
        self.write({"state": "review"})
        self._notify_screens()
