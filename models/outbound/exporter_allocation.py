"""Applying credits in Xero, and taking that back: what is applied already is read before anything is sent."""

from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.document.canonical import DocumentState
from ...mappers.payment.canonical import allocations_of, credits_on, is_whole
from ...mappers.values import decimal, lower
from ...xero_api import codec, errors
from ..payment.credit_part import ALLOCATION
from ..queue.failure import Failure
from .exporter import Item

DELETE = "DELETE"


class XeroExporterAllocation(models.AbstractModel):
    """Credits are applied one credit a call, and taken back one application a call."""

    _name = "xero.exporter.allocation"
    _inherit = "xero.exporter.payment"
    _description = "Xero Allocation Exporter"

    _xero_types = (ALLOCATION,)

    # === PLAN === #

    def _carry_out(self, drain, mapper, plan):
        for item in plan.get(DELETE, []):
            self._withdraw(drain, mapper, item)
        ready = self._screen_allocations(drain, plan.get("PUT", []))
        for path in dict.fromkeys(item.path for item in ready):
            chunk = [item for item in ready if item.path == path]
            self._store_and_send(drain, mapper, "PUT", chunk)

    def _plan_item(self, mapper, job, out, link):
        """What is sent is what Xero lacks of the amount that shall be applied in all."""
        held = self._held(link, out.number if out else None)
        wanted = out.total if out and out.is_due else Decimal(0)
        if wanted == held:
            return None, None
        part = self.env["xero.payment.part"].browse(job.res_id)
        number = out.number if wanted else link.xero_id
        path = f"{mapper._path(part.credit_type, number.split(':')[0])}/Allocations"
        if wanted < held:
            return DELETE, Item(job.id, job.res_id, job.company_id.id, {}, None, wanted, None, number, None, path)
        payload = {**out.payload, "Amount": wanted - held}
        total = payload["Amount"]
        return "PUT", Item(job.id, job.res_id, job.company_id.id, payload, None, total, out.status, number, None, path)

    def _held(self, link, number=None) -> Decimal:
        """Return what Xero is known to have applied; nothing between documents that took the place of others."""
        if not link or (number and link.xero_id != number):
            return Decimal(0)
        return link._applied()

    # === LOOK FIRST === #

    def _screen_allocations(self, drain, items) -> list:
        """Read what is applied already; take in what people applied in Xero meanwhile, and return what may be sent.

        Costs one call for forty invoices.
        """
        if not items:
            return []
        invoices = self._read_invoices(drain, [item.number for item in items])
        changed = [item for item in items if not self._is_as_known(drain.connection, item, invoices)]
        for item in changed:
            element = invoices.get(item.number.split(":")[1])
            drain.transaction(self._import_credits, drain, item, element)
        return [item for item in items if item not in changed]

    def _read_invoices(self, drain, numbers) -> dict:
        inbound = self.env["xero.inbound"]._for_type("Invoice")
        wanted = sorted({number.split(":")[1] for number in numbers})
        elements = self._read_current(drain, inbound, wanted)
        return {lower(element["InvoiceID"]): element for element in elements}

    def _applied_to(self, element, number) -> Decimal:
        """Return how much of the credit in ``number`` is applied to the invoice ``element``."""
        credit = number.split(":")[0]
        found = (amount for (_kind, xero_id), amount in credits_on(element).items() if xero_id == credit)
        return sum(found, Decimal(0))

    def _is_as_known(self, connection, item, invoices) -> bool:
        element = invoices.get(item.number.split(":")[1])
        if element is None or not is_whole(element, credits_on(element)):
            return False
        return self._applied_to(element, item.number) == self._held(self._allocation_link(connection, item.number))

    def _allocation_link(self, connection, number):
        return self.env["xero.link"].search(
            [("connection_id", "=", connection.id), ("xero_type", "=", ALLOCATION), ("xero_id", "=", number)]
        )

    def _import_credits(self, drain, item, element):
        """Xero holds something else than was agreed: bring Odoo up to it, then look at the job again."""
        drain.record_calls()
        connection = drain.connection
        link = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("xero_type", "=", "Invoice"),
                ("xero_id", "=ilike", item.number.split(":")[1]),
            ]
        )
        if element is not None and link:
            env = self.env["xero.inbound"]._as_worker(connection).env
            env["xero.inbound.settlement"]._settle_credits(connection, "Invoice", [(link.with_env(env), element)])
        held = self._held(self._allocation_link(connection, item.number))
        if element is not None and self._applied_to(element, item.number) == held:
            self._runner._finish_or_requeue(SQL("id = %s AND state = 'running'", item.job_id))
            return
        message = self.env["xero.reason"]._(
            "Xero shows this invoice with other credits than Odoo knows of. Read it again (Xero, Check), then try "
            "again."
        )
        self._runner._fail({item.job_id: Failure("closed", message)})

    # === WITHDRAW === #

    def _withdraw(self, drain, mapper, item) -> None:
        """Take back one application of the pair; the job comes again until what is left is what shall be."""
        credit = self._read_credit(drain.client, item.path)
        invoice = item.number.split(":")[1]
        found = [row for row in (credit or {}).get("Allocations") or [] if _is_for(row, invoice)]
        if not found:
            whole = credit is None or is_whole(credit, allocations_of(credit))
            drain.transaction(self._nothing_to_withdraw, drain, mapper, item, whole)
            return
        row, rest = found[-1], sum((_amount(row) for row in found[:-1]), Decimal(0))
        if not row.get("AllocationID"):
            drain.transaction(self._nothing_to_withdraw, drain, mapper, item, False)
            return
        path = f"{item.path}/{row['AllocationID']}"
        self._store_and_send(drain, mapper, DELETE, [item._replace(total=rest, path=path)])

    def _read_credit(self, client, path):
        resource, xero_id, _allocations = path.split("/")
        try:
            found = client.get(resource, xero_id=xero_id).data.get(resource) or [None]
        except errors.NotFound:
            return None
        return found[0]

    def _nothing_to_withdraw(self, drain, mapper, item, whole):
        drain.record_calls()
        if whole:
            self._save_applied(drain.connection, mapper, [(item, Decimal(0))])
            self._runner._finish_or_requeue(SQL("id = %s AND state = 'running'", item.job_id))
            return
        message = self.env["xero.reason"]._(
            "Xero does not say which of its credits this is. Remove the credit from the invoice there."
        )
        self._runner._fail({item.job_id: Failure("closed", message)})

    # === SEND === #

    def _request(self, client, batch, body):
        """An application is deleted under its own address; one that is gone has been deleted."""
        if batch.method != DELETE:
            return super()._request(client, batch, body)
        try:
            return client.delete(batch.resource)
        except errors.NotFound:
            return None

    def _save_answer(self, drain, mapper, batch, answer):
        """Xero answers to a deletion with what is gone; anything but an error is a success."""
        if batch.method != DELETE:
            super()._save_answer(drain, mapper, batch, answer)
            return
        drain.transaction(self._save_withdrawal, drain, mapper, batch)

    def _save_withdrawal(self, drain, mapper, batch):
        batch.write({"state": "done", "body": False})
        drain.record_calls(batch)
        [item] = self._items(batch)
        self._save_applied(drain.connection, mapper, [(item, item.total)])
        self._runner._finish_or_requeue(SQL("batch_id = %s AND state = 'running'", batch.id))

    def _save_links(self, connection, mapper, saved, made=False):
        """The link keeps how much is applied between the two documents in all."""
        failures, totals = {}, []
        for item, element in saved:
            sent, booked = item.total, _amount(element) or item.total
            totals.append((item, self._held(self._allocation_link(connection, item.number)) + booked))
            if sent != booked:
                message = self.env["xero.reason"]._(
                    "Xero applied %(xero)s instead of %(odoo)s.", xero=booked, odoo=sent
                )
                failures[item.job_id] = Failure("total_mismatch", message)
        self._save_applied(connection, mapper, totals)
        return failures

    def _save_applied(self, connection, mapper, totals) -> None:
        """Store what Xero has applied of each pair: pairs ``(item, total)``."""
        for item, total in totals:
            change = total - self._held(self._allocation_link(connection, item.number))
            self._foresee(connection, self.env["xero.payment.part"].browse(item.res_id), item.number, change)
        self.env["xero.link"]._save(
            [
                {
                    "connection_id": connection.id,
                    "company_id": item.company_id,
                    "xero_type": ALLOCATION,
                    "res_model": mapper._odoo_model,
                    "res_id": item.res_id,
                    "xero_id": item.number,
                    "state": "synced",
                    "xero_status": "AUTHORISED" if total else "DELETED",
                    "xero_total": total,
                    "synced_at": fields.Datetime.now(),
                }
                for item, total in totals
            ]
        )

    def _foresee(self, connection, part, number, change) -> None:
        """Bring what was agreed about both documents to what Xero holds now, so that the next reading is an echo."""
        credit, invoice = number.split(":")
        links = self.env["xero.link"]
        sides = [("Invoice", part.document_id, credit), ("CreditNote", part.entry_id, invoice)]
        for kind, move, other in sides if change else ():
            link = links._map(connection, kind, "account.move", move.ids).get(move.id)
            if link and link.base_state:
                state = DocumentState.load(link.base_state).after(kind, other, change).dump()
                link.write({"base_state": state, "base_digest": codec.digest(state)})

    # === RESOLVE === #

    def _find_created(self, drain, mapper, batch):
        """Ours has arrived where what is applied is what was known before and what was sent."""
        items = self._items(batch)
        invoices = self._read_invoices(drain, [item.number for item in items])
        found = {}
        for item in items:
            element = invoices.get(item.number.split(":")[1], {})
            held = self._held(self._allocation_link(drain.connection, item.number))
            if self._applied_to(element, item.number) == held + item.total:
                found[item.res_id] = {"Amount": item.total}
        return found


def _is_for(row: dict, invoice_id: str) -> bool:
    invoice = row.get("Invoice")
    return isinstance(invoice, dict) and lower(invoice.get("InvoiceID")) == invoice_id and not row.get("IsDeleted")


def _amount(row: dict) -> Decimal:
    value = row.get("Amount")
    return decimal(str(value if value is not None else row.get("AppliedAmount") or 0))
