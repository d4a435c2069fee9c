"""What a reading of Xero says about a database that lost its last hours. Reads; decides nothing for people."""

import re

from odoo.tools import SQL

from ...mappers import marks
from ...mappers.document.canonical import DocumentState
from ...mappers.text import fold
from ...mappers.values import amount, day, lower
from ...xero_api import codec
from ..link.xero_link import GONE_STATUSES

MODELS = {
    "Contact": "res.partner",
    "Invoice": "account.move",
    "CreditNote": "account.move",
    "Payment": "xero.payment.part",
}
NUMBERS = {"Invoice": "InvoiceNumber", "CreditNote": "CreditNoteNumber"}


class Reader:
    """Goes through a snapshot, as superuser in the company of the connection.

    :ivar highest: ``{model: the highest id that a mark of ours bears}``
    """

    def __init__(self, recovery, snapshot):
        self.env = recovery.env
        self.connection = recovery.connection_id
        self.snapshot = snapshot
        ids = (recovery.former_uuid, self.env["ir.config_parameter"].sudo().get_param("database.uuid"))
        self.databases = {uuid[:8] for uuid in ids if uuid}
        self.highest = {}
        self.shapes = self._shapes()

    def rows(self):
        """Yield the values of a recovery line for everything that is not known here, or otherwise."""
        for xero_type in MODELS:
            elements = self.env["xero.snapshot.element"].search(
                [("snapshot_id", "=", self.snapshot.id), ("xero_type", "=", xero_type)], order="id"
            )
            inbound = self.env["xero.inbound"]._for_type(xero_type)._as_worker(self.connection)
            known = self._links(xero_type, elements.mapped("xero_id"))
            for element in elements:
                if element.xero_id in known and known[element.xero_id].xero_type != xero_type:
                    # Made of something else than this reads.
                    continue
                self._note(xero_type, element.data)
                row = (
                    self._changed(inbound, element, known[element.xero_id])
                    if element.xero_id in known
                    else self._unknown(inbound, xero_type, element)
                )
                if row:
                    yield {**self._shown(xero_type, element), **row}

    def _shown(self, xero_type, element):
        data = element.data
        return {
            "xero_type": xero_type,
            "xero_id": element.xero_id,
            "number": data.get("Name") if xero_type == "Contact" else element.number,
            "name": element.name or self._payer(data),
            "date": element.date,
            "currency": element.currency,
            "total": element.total,
            "status": element.status,
            "data": data,
        }

    def _payer(self, data):
        return ((data.get("Invoice") or data.get("CreditNote") or {}).get("Contact") or {}).get("Name")

    def _links(self, xero_type, xero_ids) -> dict:
        """Return ``{xero id: link}`` of what any connection with this organisation knows, archived ones too."""
        links = self.env["xero.link"].search(
            [
                ("connection_id.tenant_id", "=", self.connection.tenant_id),
                ("connection_id", "in", self._connections().ids),
                ("xero_type", "in", self.env["xero.mapper"]._family(xero_type)),
                ("xero_id", "in", xero_ids),
            ]
        )
        return {link.xero_id: link for link in links}

    def _connections(self):
        every = self.connection.with_context(active_test=False)
        return every.search([("tenant_id", "=", self.connection.tenant_id)])

    # === MARKS === #

    def mark(self, xero_type: str, element: dict) -> int | None:
        """Return the id of the record that ``element`` was made for by this database, or the one it comes from."""
        if xero_type == "Invoice":
            found = marks.read_url(element.get("Url"), "account.move")
        elif xero_type == "Contact":
            found = marks.read_number(element.get("ContactNumber"))
        else:
            found = marks.read_end(element.get("Reference"))
        return found.res_id if found and found.database in self.databases else None

    def _note(self, xero_type, element):
        res_id = self.mark(xero_type, element) if xero_type != "CreditNote" else None
        if res_id:
            model = MODELS[xero_type]
            self.highest[model] = max(res_id, self.highest.get(model, 0))

    def _shapes(self) -> set[str]:
        """Return how numbers look that Odoo gives to credit notes of this company: those bear no mark in Xero."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT move_type, sequence_prefix FROM account_move
                    WHERE company_id = ANY(%s) AND move_type IN ('out_invoice', 'out_refund')
                      AND sequence_prefix IS NOT NULL""",
                self._companies(),
            )
        )
        # A first credit note is numbered like invoices, with an R before it where the journal counts them apart.
        found = {prefix for _type, prefix in rows} | {f"R{prefix}" for kind, prefix in rows if kind == "out_invoice"}
        return set(map(_shape, found))

    def _companies(self) -> list[int]:
        return self.env["res.company"].search([("id", "child_of", self.connection.company_id.id)]).ids

    # === JUDGING === #

    def _changed(self, inbound, element, link):
        """What is known is taken over as every change in Xero is, once the queue goes on."""
        state = inbound._canonical(element.data)
        if link.state == "ignored" or link.base_digest == codec.digest(state):
            return None
        if link.base_state == state:
            return None
        return {"kind": "changed", "res_model": link.res_model, "res_id": link.res_id, "decision": False}

    def _unknown(self, inbound, xero_type, element):
        if element.status in GONE_STATUSES:
            return None
        res_id = self.mark(xero_type, element.data)
        if element.status == "ARCHIVED":
            return {"kind": "lost", "decision": "leave"} if res_id else None
        record = getattr(self, f"_same_{xero_type.lower()}")(inbound, element.data, res_id)
        if record:
            return {"kind": "unlinked", "res_model": record._name, "res_id": record.id, "decision": "link"}
        if res_id or self._bears_our_number(xero_type, element):
            taken = self.env[MODELS[xero_type]].browse(res_id or []).exists()
            return {"kind": "lost", "decision": "import", "mark_taken": bool(taken)}
        # Somebody made it in Xero: the settings of the connection say what becomes of it.
        return None

    def _bears_our_number(self, xero_type, element) -> bool:
        if xero_type != "CreditNote" or element.data.get("Type") != "ACCRECCREDIT":
            return False
        number = element.number or ""
        prefix = number.rstrip("0123456789")
        return prefix != number and _shape(prefix) in self.shapes

    def _free(self, xero_type, records):
        """Return those of ``records`` that stand for nothing in Xero yet."""
        links = self.env["xero.link"]._map(self.connection, xero_type, records._name, records.ids)
        taken = {res_id for res_id, link in links.items() if link.xero_id}
        return records.filtered(lambda record: record.id not in taken)

    def _same_contact(self, inbound, data, res_id):
        partners = self.env["res.partner"].with_context(active_test=False)
        marked = partners.browse(res_id or []).exists()
        # A mark is a claim: Odoo's side would be sent to whoever made it.
        guard = self.env["xero.partner.guard"]
        marked -= guard._foreign(marked, self.connection)
        if marked and not self.env["xero.identity"]._is_ours(self.connection, "Contact", data, res_id):
            marked -= guard._people(marked)
        marked = self._free("Contact", marked)
        same = marked.filtered(lambda partner: fold(partner.name).casefold() == fold(data.get("Name")).casefold())
        if same or not res_id:
            return same
        return inbound._same(self.connection, inbound._canonical(data))

    def _same_invoice(self, inbound, data, res_id):
        return self._same_document(inbound, data, res_id, "Invoice")

    def _same_creditnote(self, inbound, data, res_id):
        return self._same_document(inbound, data, res_id, "CreditNote")

    def _same_document(self, inbound, data, res_id, xero_type):
        """Return the document with the mark, or the number, that has the same content; empty without one."""
        moves = self.env["account.move"]
        number = data.get(NUMBERS[xero_type])
        domain = [("company_id", "in", self._companies()), ("name", "=", number)]
        found = moves.browse(res_id or []).exists() | (moves.search(domain) if number else moves)
        mapper = self.env["xero.mapper"]._for_type(xero_type)
        found = found.filtered(lambda move: move.company_id.id in self._companies())
        free = self._free(xero_type, mapper._handles(found))
        outgoing = inbound._outgoing(self.connection, free)
        theirs = DocumentState.load(inbound._canonical(data))
        for move in free:
            out = outgoing.get(move.id)
            if out and out.is_due and self._is_same_document(inbound, move, out, data, theirs):
                return move
        return moves

    def _is_same_document(self, inbound, move, out, data, theirs) -> bool:
        sent = inbound._canonical_payload(self.connection, self.env["xero.link"], out.payload, out.total)
        ours = DocumentState.load(sent)
        name = (data.get("Contact") or {}).get("Name")
        if not ours.contact and fold(move.commercial_partner_id.name) != fold(name):
            return False
        return ours.same_content(theirs)

    def _same_payment(self, _inbound, data, res_id):
        part = self.env["xero.payment.part"].browse(res_id or []).exists()
        part = self._free("Payment", part.filtered(lambda one: one.connection_id == self.connection and not one.over))
        same = (
            part
            and amount(f"{part.amount:.2f}") == amount(data.get("Amount"))
            and day(data.get("DateString") or data.get("Date")) == str(part.date)
        )
        document = self.env["xero.link"]._map(self.connection, "Invoice", "account.move", part.document_id.ids)
        target = lower((data.get("Invoice") or {}).get("InvoiceID"))
        linked = [lower(link.xero_id) for link in document.values() if link.xero_id]
        return part if same and (not target or not linked or target in linked) else part.browse()


def _shape(prefix: str) -> str:
    """Return ``prefix`` with a sign for each digit: the year in it goes on."""
    return re.sub(r"\d", "#", prefix, flags=re.ASCII)
