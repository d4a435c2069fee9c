"""Invoices, bills and credit notes: what Odoo would send now against what Xero holds, and what only one side knows."""

from dataclasses import replace
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.document.canonical import DocumentState, payload_element
from ...mappers.values import booked, decimal, lower
from ..connection.xero_connection import JOURNAL_TYPE, MOVE_TYPE_SETTINGS
from ..connection.xero_identity import APART, OURS, TAKEN
from ..connection.xero_identity import GONE as GONE_HERE
from ..inbound.importer_document import MOVE_TYPES
from .compare_document import Facts, Found, compare_documents, facts_of
from .compare_settlement import compare_settlements, total_of
from .reconciler import CHUNK, ROUNDS
from .worksheet import APPROVED, GONE, Subject

DOCUMENTS = ("Invoice", "CreditNote")
DRAFTS = ("DRAFT", "SUBMITTED")
# With these the lines that Odoo would send are not known.
UNKNOWN_LINES = ("mapping", "total_mismatch")
# Differences that make the tax of a document differ too.
TAX_CAUSES = ("currency", "rate", "date", "total", "tax", "line_tax")


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    def _step_links(self, report, sheet, work):
        """Compare the next linked documents; as :meth:`_run`.

        :return: the id of a link to go on after, ``None`` when all are compared
        """
        domain = [("connection_id", "=", report.connection_id.id), ("xero_type", "in", DOCUMENTS)]
        domain += [("res_model", "=", "account.move"), ("xero_id", "!=", False), ("id", ">", work["after"])]
        if work.get("queue") is not None:
            domain.append(("id", "in", work["queue"]))
        links = self.env["xero.link"].search(domain, order="id", limit=CHUNK)
        # Those are told of as what they are; compared, they would differ in everything.
        alone = links - links.browse([link_id for link_id, _element in self._shared_links(report, links)])
        for xero_type in DOCUMENTS:
            of_type = alone.filtered(lambda link, xero_type=xero_type: link.xero_type == xero_type)
            if of_type:
                self._compare_linked(report, sheet, work, xero_type, of_type)
        return links[-1].id if len(links) == CHUNK else None

    # === PAIRS === #

    def _compare_linked(self, report, sheet, work, xero_type, links):
        """Compare documents of one type; a fixed number of queries for any number of them."""
        elements = self._elements(report, xero_type, links.mapped("xero_id"))
        moves = self._moves(report, links.mapped("res_id"))
        by_id = {move.id: move for move in moves}
        busy = self._busy_records(report, "account.move", links.mapped("res_id"))
        waiting = self._busy_elements(report, xero_type, links.mapped("xero_id"))
        stuck = self._stuck_records(report, "account.move", links.mapped("res_id"))
        sides = self._odoo_facts(report, sheet, xero_type, moves, {link.res_id: link for link in links})
        settled = self._settlements(report, xero_type, links, moves, elements)
        for link in links:
            move, element = by_id.get(link.res_id), elements.get(link.xero_id)
            if link.state == "ignored":
                sheet.out_of_scope += 1
            elif link.res_id in busy or lower(link.xero_id) in waiting or settled.is_busy(link.res_id):
                sheet.on_the_way += 1
            elif self._is_changed_since(work, link.synced_at, move and move.write_date, settled.changed(link.res_id)):
                self._postpone(sheet, work, link)
            else:
                subject = Subject(move, element, xero_type=xero_type, note=self._note(link, stuck))
                self._compare_pair(report, sheet, link, subject, sides.get(link.res_id), settled)

    def _postpone(self, sheet, work, link):
        if work["round"] < ROUNDS:
            sheet.again.append(link.id)
        else:
            sheet.on_the_way += 1

    def _moves(self, report, res_ids):
        """Return those of the documents ``res_ids`` that exist, as superuser, in English."""
        moves = self.env["account.move"].sudo().with_company(report.company_id).with_context(lang="en_US")
        return moves.browse(res_ids).exists()

    def _note(self, link, stuck):
        """Return what else there is to say of a linked document, translated; ``None`` when there is nothing.

        :param link: its ``xero.link``
        :param stuck: what :meth:`_stuck_records` returned
        """
        if link.state == "conflict":
            return self.env["xero.reason"]._("A conflict about it waits for your decision.")
        return stuck.get(link.res_id) or link.left_open

    def _compare_pair(self, report, sheet, link, subject, mine, settled):
        move, element = subject.record, subject.element
        sheet.compared += 1
        if element is None:
            if move:
                self._vanished(report, sheet, link, subject, mine)
            return
        theirs = self._xero_facts(subject.xero_type, element)
        subject.rate = theirs.rate if mine is None else mine.rate
        posted, approved = bool(move) and move.state == "posted", element.status in APPROVED
        taxes = self._add_documents(report, sheet, subject, mine if posted else None, theirs if approved else None)
        kind = self._status_kind(link, move, element)
        if kind:
            sheet.differ(self._one_sided(kind, move, element, mine, theirs), subject)
        elif mine and element.status not in GONE and (posted == approved):
            self._compare_facts(report, sheet, subject, mine, theirs, settled if posted else None)
            if posted:
                self._compare_tax(report, sheet, subject, mine, theirs, taxes)

    def _add_documents(self, report, sheet, subject, mine, theirs):
        """Add the sides of a document that count to all sums.

        :return: the ``TaxComparison`` of both sides
        """
        for side, facts in (("odoo", mine), ("xero", theirs)):
            if facts:
                sheet.add_document(side, subject, facts)
        may_move = report.connection_id.xero_lock_policy == "move"
        return sheet.add_taxes(subject, mine, theirs, self._tax_map(report, sheet), may_move)

    def _tax_map(self, report, sheet):
        """Return what the confirmed mappings say of tax, read once for a step."""
        if sheet.tax_map is None:
            sheet.tax_map = self.env["xero.tax.witness"]._tax_map(report.connection_id)
        return sheet.tax_map

    def _compare_tax(self, report, sheet, subject, mine, theirs, taxes):
        """Compare what is booked of tax with Xero, unless the document differs in what makes that differ."""
        if not taxes.is_open or sheet.is_told(subject, TAX_CAUSES):
            return
        difference = self.env["xero.tax.witness"].with_company(report.company_id)._sentence(sheet.tax_map.names, taxes)
        sheet.differ(difference, subject, note=subject.note or self._tax_note(subject, mine, theirs))

    def _vanished(self, report, sheet, link, subject, mine):
        if mine is None and subject.record.state != "posted":
            return
        self._add_documents(report, sheet, subject, mine if subject.record.state == "posted" else None, None)
        sheet.differ(
            Found("vanished", subject.record.display_name, "", mine and mine.total), subject, xero_id=link.xero_id
        )

    def _status_kind(self, link, move, element) -> str | None:
        """Return the kind of difference in what state the two are; ``None`` when they can be compared or agree."""
        gone = element.status in GONE
        if not move:
            return None if gone else "deleted_in_odoo"
        if move.state == "posted":
            return "voided_in_xero" if gone else "status" if element.status in DRAFTS else None
        if gone or element.status in DRAFTS and move.state == "draft":
            return None
        if move.state == "draft" and link.from_xero and not move.posted_before:
            return "status"
        return "draft_in_odoo" if move.state == "draft" and link._is_alive() else "voided_in_odoo"

    def _one_sided(self, kind, move, element, mine, theirs) -> Found:
        state = self.env["xero.reason"]._label(move._name, "state", move.state) if move else ""
        amounts = {
            "voided_in_xero": mine.total if mine else None,
            "voided_in_odoo": -theirs.total,
            "draft_in_odoo": -theirs.total,
            "deleted_in_odoo": -theirs.total,
        }
        amount = amounts.get(kind)
        if kind == "status" and mine and move.state == "posted":
            amount = mine.total
        elif kind == "status":
            amount = -theirs.total
        return Found(kind, state, element.status, amount)

    def _compare_facts(self, report, sheet, subject, mine, theirs, settled):
        found = compare_documents(mine, theirs)
        for difference in found:
            sheet.differ(difference._replace(**self._sentence(report, difference)), subject)
        if settled is not None and not any(difference.kind == "currency" for difference in found):
            self._compare_due(report, sheet, subject, mine, theirs, settled)

    def _sentence(self, report, difference) -> dict:
        """Return the columns of ``difference`` (a ``Found``) as people read them: contacts are compared by id and shown
        by name.
        """
        if difference.kind != "contact":
            return {}
        names = self._contact_names(report, [difference.odoo, difference.xero])
        return {"odoo": names.get(difference.odoo) or "?", "xero": names.get(difference.xero) or "?"}

    def _contact_names(self, report, xero_ids) -> dict:
        """Return ``{contact's id in small letters: name}``, of those that are in the snapshot."""
        elements = self._elements(report, "Contact", [xero_id for xero_id in xero_ids if xero_id])
        return {lower(xero_id): element.name for xero_id, element in elements.items()}

    def _compare_due(self, report, sheet, subject, mine, theirs, settled):
        """Compare what settles the document; what is open and not explained by that is a difference of its own."""
        ours, others = settled.of(subject.record.id)
        later = report.connection_id.odoo_lock_policy == "move"
        for difference, one, other in compare_settlements(ours, others, later):
            if not settled.is_reported_elsewhere(subject.record.id, one, other):
                sheet.differ(
                    difference._replace(**settled.in_words(difference)), subject, **settled.columns(one, other)
                )
        rest = (mine.due - mine.total + total_of(ours)) - (theirs.due - theirs.total + total_of(others))
        if rest:
            sheet.differ(Found("amount_due", f"{mine.due:.2f}", f"{theirs.due:.2f}", rest), subject)

    def _tax_note(self, subject, mine, theirs):
        """Return what is left to say of tax that is booked otherwise than Xero has it."""
        if mine.ledger.month != theirs.date[:7]:
            return self.env["xero.reason"]._(
                "Booked on %(odoo)s in Odoo, dated %(xero)s in Xero: it is in another tax return.",
                odoo=mine.ledger.day,
                xero=theirs.date,
            )
        return self.env["xero.reason"]._(
            "What the connector would send now is what Xero has, but not what Odoo booked. Compare the tax lines of "
            "the document with the Xero tax rates chosen for its taxes (Xero > Mapping > Taxes), then send it again."
        )

    # === FACTS === #

    def _xero_facts(self, xero_type, element) -> Facts:
        """Return what Xero holds of a document.

        :param xero_type: ``Invoice`` or ``CreditNote``: whose form ``element``, an ``xero.snapshot.element``, has
        """
        inbound = self.env["xero.inbound"]._for_type(xero_type)
        data = element.data
        due = data.get("AmountDue") if xero_type == "Invoice" else data.get("RemainingCredit")
        facts = facts_of(DocumentState.load(inbound._canonical(data)), decimal(due))
        return replace(facts, contact=lower(facts.contact))

    def _odoo_facts(self, report, sheet, xero_type, moves, links) -> dict[int, Facts]:
        """Return ``{move id: Facts}`` of what Odoo would send now, and what is booked of tax; without those that shall
        not be there, or stay as they are.
        """
        ledgers = self.env["xero.tax.witness"]._ledgers(self._tax_map(report, sheet), moves)
        inbound = self._inbound(report, xero_type)
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", report.connection_id.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        found = {}
        entries = moves.filtered(lambda move: move.move_type == "entry")
        parts = self.env["xero.payment.part"]._discounts_of(report.connection_id, entries)
        discounted = parts.grouped("entry_id")
        for move_id, out in inbound._outgoing(report.connection_id, moves).items():
            if not out.is_due:
                continue
            link = links.get(move_id)
            xero_id = (link and link.xero_id) or ""
            element = payload_element(out.payload, percents, out.total, inbound._id_field, xero_id)
            move = moves.browse(move_id)
            known = not any(problem.code in UNKNOWN_LINES for problem in out.problems)
            state = DocumentState.load(inbound._canonical(element))
            places = move.currency_id.decimal_places
            due = booked(move.amount_residual, places)
            if move in discounted:
                due = out.total - sum(part._amount() for part in discounted[move])
            facts = facts_of(state, due, known)
            # The tax of lines without a mapping is Odoo's own.
            tax = facts.tax if known else booked(move.amount_tax, places)
            # What was given back or overpaid counts once, on either side.
            settled = {"due": abs(facts.due), "tax": tax, "ledger": ledgers[move_id]}
            found[move_id] = replace(facts, contact=lower(facts.contact), **settled)
        return found

    # === ONLY IN ODOO === #

    def _step_moves(self, report, sheet, work):
        """Find posted documents that are to be synced and have no link."""
        histories = self._unlinked_moves(report, work["after"])
        ids = list(histories)
        moves = self._moves(report, ids)
        busy = self._busy_records(report, "account.move", ids)
        stuck = self._stuck_records(report, "account.move", ids)
        sides = self._facts_of_unlinked(report, sheet, moves)
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
                self._add_documents(report, sheet, subject, mine, None)
            amount = mine.total if mine else booked(move.amount_total, move.currency_id.decimal_places)
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
        """Return the condition on ``account_move m`` of what the connection syncs by its age, and what a history brings
        besides. That a history was ended or undone keeps the sweep off its documents; the books lack them all the same.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        self.env["xero.run"].flush_model()
        states = ("running", "paused", "undoing", "done")
        return SQL(
            "(%s) OR %s IS NOT NULL",
            self.env["xero.sync.runner"]._time_in_scope_sql(scope),
            self.env["xero.run"]._history_of_sql(report.connection_id.id, states),
        )

    def _posted_sql(self, report) -> SQL:
        """Return the condition that ``account_move m`` is posted in one of the companies."""
        return SQL("m.company_id = ANY(%s) AND m.state = 'posted'", self._served_companies(report))

    def _unlinked_sql(self, report) -> SQL:
        """Return the condition that ``account_move m`` has no element in Xero, and nobody took it out of the sync."""
        return SQL(
            """NOT EXISTS (SELECT FROM xero_link l WHERE l.res_model = 'account.move' AND l.res_id = m.id
                               AND l.connection_id = %s AND (l.xero_id IS NOT NULL OR l.state = 'ignored'))""",
            report.connection_id.id,
        )

    def _facts_of_unlinked(self, report, sheet, moves) -> dict:
        found = {}
        for xero_type in DOCUMENTS:
            of_type = self.env["xero.mapper"]._for_type(xero_type)._handles(moves)
            found |= self._odoo_facts(report, sheet, xero_type, of_type, {})
        return found

    def _type_of(self, move) -> str:
        return "CreditNote" if move.move_type.endswith("refund") else "Invoice"

    # === JOURNAL ENTRIES === #

    def _step_entries(self, report, sheet, work):
        """Find posted journal entries that are to be sent and have no link. They add to no sum of documents: the trial
        balances compare what stands on accounts.
        """
        scope = self.env["xero.connection"]._scope(report.company_id.id)
        if not scope or not scope.entry_journals:
            return None
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id FROM account_move m
                    WHERE %s AND %s AND (%s) AND m.id > %s AND %s ORDER BY m.id LIMIT %s""",
                self._posted_sql(report),
                self.env["account.move"]._xero_entries_sql(scope),
                self._time_in_scope_sql(report, scope),
                work["after"],
                self._unlinked_sql(report),
                CHUNK,
            )
        )
        ids, mapper = [move_id for [move_id] in rows], self.env["xero.mapper"]._for_type(JOURNAL_TYPE)
        busy, stuck = self._busy_records(report, "account.move", ids), self._stuck_records(report, "account.move", ids)
        entries = mapper._handles(self._moves(report, ids))
        outgoing = mapper._prepare(entries, report.connection_id) if entries else {}
        for entry in entries.filtered(lambda entry: outgoing[entry.id].is_due):
            if entry.id in busy:
                sheet.on_the_way += 1
                continue
            debits = sum(entry.line_ids.mapped("debit"))
            amount = f"{booked(debits, entry.company_currency_id.decimal_places):.2f}"
            subject = Subject(entry, xero_type=JOURNAL_TYPE, note=stuck.get(entry.id))
            sheet.differ(Found("missing_in_xero", amount, "", None), subject)
        return ids[-1] if len(ids) == CHUNK else None

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
            sides = self._odoo_facts(report, sheet, xero_type, self._moves(report, marked.ids), {})
            for element in of_type:
                if lower(element.xero_id) in waiting:
                    sheet.on_the_way += 1
                elif element.status not in GONE:
                    twin = twins.get(element.id)
                    note = stuck.get(lower(element.xero_id))
                    self._judge_element(report, sheet, element, marks.get(element.id), twin, sides, note)
        return ids[-1] if len(ids) == CHUNK else None

    def _unlinked_elements(self, report, xero_types, after) -> list[int]:
        families = [self.env["xero.mapper"]._family(xero_type) for xero_type in xero_types]
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id FROM xero_snapshot_element e
                    WHERE e.snapshot_id = %s AND e.xero_type IN %s AND e.id > %s AND NOT EXISTS (
                          SELECT FROM xero_link l WHERE l.connection_id = %s AND l.xero_type = ANY(%s)
                             AND l.xero_id = e.xero_id)
                    ORDER BY e.id LIMIT %s""",
                report.snapshot_id.id,
                xero_types,
                after,
                report.connection_id.id,
                [xero_type for family in families for xero_type in family],
                CHUNK,
            )
        )
        return [element_id for [element_id] in rows]

    def _marks(self, report, xero_type, elements) -> dict:
        """Return ``{element id: (record, its link or None)}`` of those that bear the mark of a record; two queries.

        :param elements: ``xero.snapshot.element`` of the type, without links
        """
        verdicts = self.env["xero.identity"]._judge(report.connection_id, xero_type, elements.mapped("data"))
        id_field = self.env["xero.mapper"]._for_type(xero_type)._xero_id_field
        marked = {
            element.id: verdict.record.id
            for element in elements
            if (verdict := verdicts.get(element.data[id_field])) and verdict.kind in (OURS, APART, TAKEN, GONE_HERE)
        }
        moves = {move.id: move for move in self._moves(report, list(filter(None, marked.values())))}
        links = self.env["xero.link"]._map(report.connection_id, xero_type, "account.move", list(moves))
        return {
            element_id: (moves.get(res_id, self.env["account.move"]), links.get(res_id))
            for element_id, res_id in marked.items()
        }

    def _twins(self, report, elements) -> dict:
        """Return ``{element id: move}`` of linked documents with the same number, contact and total; two queries."""
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id, MIN(l.res_id) FROM xero_snapshot_element e
                     JOIN xero_snapshot_element t ON t.snapshot_id = e.snapshot_id AND t.number = e.number
                      AND t.xero_type = e.xero_type AND t.contact_xero_id = e.contact_xero_id AND t.total = e.total
                      AND t.id != e.id AND t.document_type = e.document_type AND t.status NOT IN %s
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
        mine = sides.get(move.id) if kind == "unlinked" and move.state == "posted" else None
        self._add_documents(report, sheet, subject, mine, theirs if element.status in APPROVED else None)
        amount = mine.total - theirs.total if mine else -theirs.total
        sheet.differ(Found(kind, mine and f"{mine.total:.2f}", f"{theirs.total:.2f}", amount), subject)

    def _kind_of_element(self, report, element, mark, twin) -> str | None:
        """Return what is wrong with an element without a link; ``None`` when it is out of scope."""
        if mark:
            move, link = mark
            if not move:
                return "deleted_in_odoo"
            return "duplicate_marked" if link and link._is_alive() else "unlinked"
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
            return self.env["xero.reason"]._("New documents in Xero are ignored, by setting of the connection.")
        return None
