"""What only one side knows: documents of Odoo without a link, elements of Xero without one."""

from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..mappers.inbound_values import lower
from ..mappers.reconcile_document import Found
from .xero_connection import MOVE_TYPE_SETTINGS
from .xero_inbound_document_new import MOVE_TYPES
from .xero_reconciler import CHUNK
from .xero_reconciler_document import DOCUMENTS
from .xero_reconciliation_sheet import APPROVED, GONE, Subject


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    # === ODOO === #

    def _step_moves(self, report, sheet, work):
        """Find posted documents that are to be synced and have no link."""
        histories = self._unlinked_moves(report, work["after"])
        ids = list(histories)
        moves = self._moves(report, ids)
        busy = self._busy_records(report, "account.move", ids)
        stuck = self._stuck_records(report, "account.move", ids)
        sides = self._facts_of_unlinked(report, moves)
        for move in moves:
            history = histories[move.id] if move.id not in stuck else None
            if move.id in busy or history:
                sheet.on_the_way += 1
                sheet.waits[history] += bool(history)
                continue
            mine, subject = sides.get(move.id), Subject(move, note=stuck.get(move.id))
            subject.xero_type = self._type_of(move)
            if mine:
                subject.rate = mine.rate
                sheet.add_document("odoo", subject, mine)
            amount = mine.total if mine else Decimal(f"{move.amount_total:.2f}")
            sheet.differ(Found("missing_in_xero", f"{amount:.2f}", "", amount), subject)
        return ids[-1] if len(ids) == CHUNK else None

    def _unlinked_moves(self, report, after) -> dict:
        """Return ``{id: the history at work on it}`` of the next documents in scope without a link; one query."""
        scope = self.env["xero.connection"]._scope(report.company_id.id)
        if not scope:
            return {}
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id, %(history)s FROM account_move m
                    WHERE %(mine)s AND m.move_type IN %(types)s AND NOT m.journal_id = ANY(%(excluded)s)
                      AND (%(recent)s) AND m.id > %(after)s AND %(unlinked)s AND NOT EXISTS (
                          SELECT FROM xero_reconciliation_difference d WHERE d.reconciliation_id = %(report)s
                             AND d.kind = 'unlinked' AND d.res_model = 'account.move' AND d.res_id = m.id)
                    ORDER BY m.id LIMIT %(limit)s""",
                mine=self._posted_sql(report),
                types=tuple(scope.move_types) or ("",),
                excluded=list(scope.excluded_journals),
                history=self.env["xero.run"]._history_of_sql(report.connection_id.id, ("running", "paused", "undoing")),
                recent=self._time_in_scope_sql(report, scope),
                after=after,
                report=report.id,
                unlinked=self._unlinked_sql(report),
                limit=CHUNK,
            )
        )
        return dict(rows)

    def _time_in_scope_sql(self, report, scope) -> SQL:
        """What the connection syncs by its age, and what a history brings besides. That a history was ended or undone
        keeps the sweep off its documents; the books lack them all the same.
        """
        self.env["xero.run"].flush_model()
        states = ("running", "paused", "undoing", "done")
        return SQL(
            "(%s) OR %s IS NOT NULL",
            self.env["xero.sync.runner"]._time_in_scope_sql(scope),
            self.env["xero.run"]._history_of_sql(report.connection_id.id, states),
        )

    def _posted_sql(self, report) -> SQL:
        return SQL("m.company_id = ANY(%s) AND m.state = 'posted'", self._served_companies(report))

    def _unlinked_sql(self, report) -> SQL:
        return SQL(
            """NOT EXISTS (SELECT FROM xero_link l WHERE l.res_model = 'account.move' AND l.res_id = m.id
                               AND l.connection_id = %s AND (l.xero_id IS NOT NULL OR l.state = 'ignored'))""",
            report.connection_id.id,
        )

    def _facts_of_unlinked(self, report, moves) -> dict:
        found = {}
        for xero_type in DOCUMENTS:
            of_type = self.env["xero.mapper"]._for_type(xero_type)._handles(moves)
            found |= self._odoo_facts(report, xero_type, of_type, {})
        return found

    def _type_of(self, move) -> str:
        return "CreditNote" if move.move_type.endswith("refund") else "Invoice"

    # === XERO === #

    def _step_elements(self, report, sheet, work):
        """Find elements that no record of Odoo is linked to: ours, doubles of ours, or made in Xero."""
        ids = self._unlinked_elements(report, DOCUMENTS, work["after"])
        elements = self.env["xero.snapshot.element"].browse(ids)
        for xero_type in DOCUMENTS:
            of_type = elements.filtered(lambda element, xero_type=xero_type: element.xero_type == xero_type)
            waiting = self._busy_elements(report, xero_type, of_type.mapped("xero_id"))
            stuck = self._stuck_elements(report, xero_type, of_type.mapped("xero_id"))
            marks = self._marks(report, xero_type, of_type)
            twins = self._twins(report, of_type)
            marked = self.env["account.move"].union(*(move for move, _link in marks.values()))
            sides = self._odoo_facts(report, xero_type, self._moves(report, marked.ids), {})
            for element in of_type:
                if lower(element.xero_id) in waiting:
                    sheet.on_the_way += 1
                elif element.status not in GONE:
                    twin = twins.get(element.id)
                    note = stuck.get(lower(element.xero_id))
                    self._judge_element(report, sheet, element, marks.get(element.id), twin, sides, note)
        return ids[-1] if len(ids) == CHUNK else None

    def _unlinked_elements(self, report, xero_types, after) -> list[int]:
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id FROM xero_snapshot_element e
                    WHERE e.snapshot_id = %s AND e.xero_type IN %s AND e.id > %s AND NOT EXISTS (
                          SELECT FROM xero_link l WHERE l.connection_id = %s AND l.xero_type = e.xero_type
                             AND l.xero_id = e.xero_id)
                    ORDER BY e.id LIMIT %s""",
                report.snapshot_id.id,
                xero_types,
                after,
                report.connection_id.id,
                CHUNK,
            )
        )
        return [element_id for [element_id] in rows]

    def _marks(self, report, xero_type, elements) -> dict:
        """Return ``{element id: (record, its link or None)}`` of those that bear the mark of a record; two queries."""
        inbound = self._inbound(report, xero_type)
        marked = {element.id: inbound._marked_id(element.data) for element in elements}
        moves = {move.id: move for move in self._moves(report, [res_id for res_id in marked.values() if res_id])}
        links = self.env["xero.link"]._map(report.connection_id, xero_type, "account.move", list(moves))
        return {
            element_id: (moves.get(res_id, self.env["account.move"]), links.get(res_id))
            for element_id, res_id in marked.items()
            if res_id
        }

    def _twins(self, report, elements) -> dict:
        """Return ``{element id: move}`` of linked documents with the same number, contact and total; two queries."""
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id, MIN(l.res_id) FROM xero_snapshot_element e
                     JOIN xero_snapshot_element t ON t.snapshot_id = e.snapshot_id AND t.number = e.number
                      AND t.xero_type = e.xero_type AND t.contact_xero_id = e.contact_xero_id AND t.total = e.total
                      AND t.id != e.id AND t.data->>'Type' = e.data->>'Type' AND t.status NOT IN %s
                     JOIN xero_link l ON l.connection_id = %s AND l.xero_type = t.xero_type AND l.xero_id = t.xero_id
                      AND l.res_model = 'account.move'
                    WHERE e.id = ANY(%s) GROUP BY e.id""",
                GONE,
                report.connection_id.id,
                elements.ids,
            )
        )
        moves = {move.id: move for move in self._moves(report, [res_id for _element_id, res_id in rows])}
        return {element_id: moves.get(res_id, self.env["account.move"]) for element_id, res_id in rows}

    def _judge_element(self, report, sheet, element, mark, twin, sides, note):
        theirs = self._xero_facts(element.xero_type, element)
        move, link = mark or (None, None)
        kind = self._kind_of_element(report, element, mark, twin)
        if kind is None:
            sheet.out_of_scope += 1
            return
        subject = Subject(move or twin, element, rate=theirs.rate)
        if kind in ("missing_in_odoo", "deleted_in_odoo"):
            subject.record = None
            subject.note = note or (self._import_note(report) if kind == "missing_in_odoo" else None)
        if element.status in APPROVED:
            sheet.add_document("xero", subject, theirs)
        mine = sides.get(move.id) if kind == "unlinked" and move.state == "posted" else None
        if mine:
            sheet.add_document("odoo", subject, mine)
        amount = mine.total - theirs.total if mine else -theirs.total
        sheet.differ(Found(kind, mine and f"{mine.total:.2f}", f"{theirs.total:.2f}", amount), subject)

    def _kind_of_element(self, report, element, mark, twin) -> str | None:
        """Return what is wrong with an element without a link; ``None`` when it is out of scope."""
        if mark:
            move, link = mark
            if not move:
                return "deleted_in_odoo"
            alive = link and link.xero_id and link.xero_status not in GONE
            return "duplicate_marked" if alive else "unlinked"
        if element.status not in APPROVED:
            return None
        if twin:
            return "duplicate"
        return "missing_in_odoo" if self._is_element_in_scope(report, element) else None

    def _is_element_in_scope(self, report, element) -> bool:
        setting = MOVE_TYPE_SETTINGS.get(MOVE_TYPES.get((element.data or {}).get("Type")))
        day = fields.Date.to_date(element.date)
        return bool(setting and report.connection_id[setting] and day and day >= report.from_date)

    def _import_note(self, report):
        if report.connection_id.inbound_documents == "ignore":
            return self.env._("New documents in Xero are ignored, by setting of the connection.")
        return None
