"""Invoices and credit notes on their way out."""

from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ...mappers.document.canonical import DocumentState
from ...mappers.document.merge import LineRules, changed_payload, detailed, merged
from ...mappers.document.tracking import keep_foreign
from ...mappers.outgoing import Outgoing
from ...mappers.reason import pack
from ..connection.xero_connection import SENT_WAYS
from ..inbound.conflict_resolution import HEAD_FIELDS
from ..link.xero_link import GONE_STATUSES
from .exporter import FAILED, SEND
from .lookup import plain
from .plan import Plan

# Lines are sent with the currency that they are in.
RATED = ("CurrencyCode", "CurrencyRate")


class XeroExporterDocument(models.AbstractModel):
    """Of a document with money on it Xero takes the head and details of lines only; bills are looked for before they
    are made, as their numbers may repeat.
    """

    _name = "xero.exporter.document"
    _inherit = "xero.exporter.kept"
    _description = "Xero Document Exporter"

    _xero_types = ("Invoice", "CreditNote")
    _is_dated = True

    # === PLAN === #

    def _verdict(self, connection, mapper, wish, out, link):
        """Amounts that cannot change in Xero any more are no silent difference."""
        if link and isinstance(out, Outgoing):
            link._recall(mapper, out)
        verdict = super()._verdict(connection, mapper, wish, out, link)
        if verdict.kind != SEND or verdict.method != "POST" or not self._lines_differ(mapper, link, out):
            return verdict
        problem = self._closed_problem(mapper, link, out)
        return Plan(FAILED, out, problems=[problem]) if problem else verdict

    def _update_content(self, mapper, link, out):
        """Whether the totals still agree is read from the answer."""
        before = link.odoo_state
        if before:
            content = changed_payload(out.payload, mapper._said(out), before)
        else:
            content = self._without_agreed(mapper, link, out)
        if not self._has_money_on_it(link):
            return content
        head = {key: value for key, value in content.items() if key in mapper._open_when_paid or key == "Status"}
        details = self._details(mapper, link, out)
        return {**head, "LineItems": details} if details else head

    def _without_agreed(self, mapper, link, out) -> dict:
        """Return the payload without those fields of the head that Odoo says as they were agreed last: what it said of
        the others then is not known.
        """
        ours, agreed = self._states(mapper, link, out)
        same = {name for name, field in HEAD_FIELDS.items() if getattr(ours, field) == getattr(agreed, field)}
        return {name: value for name, value in out.payload.items() if name in RATED or name not in same}

    # === NUMBERS === #

    def _make_room(self, drain, mapper, plan):
        """A number that another document of ours has given up in Odoo is free in Xero when that bears another."""
        return self.env["xero.renumbering"]._make_room(self, drain, mapper, plan)

    def _is_changed(self, inbound, link, element):
        """A number on the way to another one, of which the answer was lost, is no change of a person."""
        mapper = self.env["xero.mapper"]._for_type(link.xero_type)
        if element.get(mapper._xero_number_field) == mapper._own_number(link.res_id) and link.xero_number:
            element = {**element, mapper._xero_number_field: link.xero_number}
        return super()._is_changed(inbound, link, element)

    # === LOOK FIRST === #

    def _screen_creations(self, drain, mapper, items):
        return self._keep_back_bills(drain, mapper, items)

    def _fitted(self, connection, mapper, links, elements, items, held):
        """Bring the lines into the form that they have in Xero, and send of them what Odoo changed."""
        rules = self._line_rules(connection, mapper)
        return [
            self._fitted_document(mapper, links[item.res_id], elements.get(item.res_id), item, rules)
            if item.said is not None and item.res_id not in held
            else item
            for item in items
        ]

    def _line_rules(self, connection, mapper) -> LineRules:
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", connection.id)])
        return LineRules(
            {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates},
            frozenset(self.env["xero.mapping.tracking"]._own_categories(connection)),
            mapper._price_places,
        )

    def _fitted_document(self, mapper, link, element, item, rules):
        before, payload = link.odoo_state or None, dict(item.payload)
        if element is None:
            # It could not be read: lines go whole, with what people track there by what was agreed.
            told = before and "LineItems" not in payload
            return item if told or "Type" not in payload else self._with_foreign(item, link, rules.own_categories)
        if "Url" in payload and not self._takes_url(mapper, element, payload["Url"], before or link.digest):
            payload.pop("Url")
        if "Type" in payload:
            payload = merged(payload, item.said, before, element, item.total, rules)
        elif "LineItems" in payload:
            payload["LineItems"] = detailed(payload["LineItems"], item.said, before, element)
            payload = {key: value for key, value in payload.items() if key != "LineItems" or value}
        if item.status == "DRAFT" and element.get("Status") == "SUBMITTED":
            # It waits for somebody's approval there, which is a kind of draft.
            payload["Status"] = "SUBMITTED"
            return item._replace(payload=payload, status="SUBMITTED")
        return item._replace(payload=payload)

    def _takes_url(self, mapper, element, url, before) -> bool:
        """Whether the link back is sent: where none is yet and nothing was agreed, or ours leads elsewhere by now."""
        held = element.get("Url")
        if not held:
            return not before
        return held != url and mapper._claim_of(element) is not None

    def _with_foreign(self, item, link, own):
        state = DocumentState.load(link.base_state)
        categories = self.env["xero.mapping.tracking"]._categories_of(link.connection_id)
        lines = [
            {
                "Description": line.description,
                "Tracking": [
                    {"TrackingOptionID": key, "TrackingCategoryID": categories[key]}
                    for key in options.split()
                    if key in categories
                ],
            }
            for line, options in zip(state.lines, state.tracking)
        ]
        return item._replace(payload=keep_foreign(item.payload, lines, own))

    # === WHO HAS IT === #

    def _namesakes(self, client, mapper, payloads):
        """Invoices cost a call for every forty, credit notes one for every thousand of their days."""
        rows = self._rows_of(client, mapper, mapper._lookup_params(payloads))
        return self._by_number(payloads, mapper._xero_number_field, rows)

    def _by_number(self, payloads, field, rows):
        found = defaultdict(list)
        for element in rows:
            found[element.get("Type"), plain(element.get(field))].append(element)
        return [found[payload["Type"], plain(payload.get(field))] for payload in payloads]

    # === WRITE DOWN === #

    def _link_values(self, job, row):
        """What was taken out of Xero by undoing its run stays out of the sync."""
        if row["xero_status"] not in GONE_STATUSES or job.operation != "void" or not job.run_id:
            return {}
        message = self.env["xero.reason"]._("Taken out of Xero when its run was undone. Sync to Xero sends it again.")
        return {"state": "ignored", "message": pack(self.env, message)}

    def _follow(self, connection, items, made):
        """Payments that waited for their documents to be in Xero are queued."""
        if not made or not self.env["xero.mapping.journal"]._outgoing_journal_ids():
            return
        jobs = self.env["xero.sync.job"].browse([item.job_id for item in items])
        for run, of_run in jobs.grouped("run_id").items():
            moves = self.env["account.move"].browse(of_run.mapped("res_id")).exists()
            self.env["xero.payment.part"]._follow(connection, moves, run, max(of_run.mapped("priority")))

    def _look_into(self, connection, refused):
        """A contact that Xero calls archived may have been merged there: what became of it is read at once."""
        super()._look_into(connection, refused)
        contacts = [
            (one.payload.get("Contact") or {}).get("ContactID")
            for one in refused
            if "contact_archived" in self._classes(one.messages)
        ]
        self.env["xero.sync.job"]._enqueue_fetch(connection, "Contact", filter(None, contacts))

    def _save_links(self, connection, mapper, saved, made=False):
        """Credits may have been applied in Odoo before the documents were in Xero; what stepped aside is sent."""
        failures = super()._save_links(connection, mapper, saved, made)
        self.env["xero.renumbering"]._queue_on_the_way(connection, mapper, [item for item, _element in saved])
        self._refresh_applied(connection, [item.res_id for item, _element in saved])
        return failures

    def _refresh_applied(self, connection, move_ids) -> None:
        """Look at the reconciliations of documents that are in Xero now: they may be older than the link; one query."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT l.move_id FROM account_move_line l WHERE l.move_id = ANY(%s) AND (
                       EXISTS (SELECT FROM account_partial_reconcile p WHERE p.debit_move_id = l.id)
                    OR EXISTS (SELECT FROM account_partial_reconcile p WHERE p.credit_move_id = l.id))""",
                list(move_ids),
            )
        )
        moves = self.env["account.move"].browse([move_id for [move_id] in rows])
        if moves and connection.credit_direction in SENT_WAYS:
            self.env["xero.payment.part"]._refresh_credits(moves)
        if moves:
            self.env["xero.payment.part"]._refresh_left_open(moves)
