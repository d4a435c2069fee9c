"""Payments made in Odoo on their way out."""

from collections import defaultdict
from decimal import Decimal

from odoo import models

from ...mappers.payment.payment import LARGEST_RUN
from ...mappers.values import decimal, lower
from ...xero_api import codec
from ..queue.claim import BATCH
from ..queue.failure import Failure
from . import ahead as xero_ahead

# Where payment runs are.
RUNS = "BatchPayments"


class XeroExporterPayment(models.AbstractModel):
    """Xero deletes one payment a call, under its own address, and tells an amount where documents have a total.

    Where the connection wants one line of the bank account for a payment run, those of one account, day and direction
    are one batch payment (``outbound/payment_run``): Xero takes invoices or bills in its own currency in one, and
    deletes none of its payments without the others (Xero: Batch payments).
    """

    _name = "xero.exporter.payment"
    _inherit = "xero.exporter"
    _description = "Xero Payment Exporter"

    _xero_types = ("Payment",)
    _marks_made = False
    _is_numbered = False
    _is_dated = True

    # === SEND === #

    def _carry_out(self, drain, mapper, plan):
        """What is part of a run goes with it, and comes back with it."""
        undone = self._runs_to_undo(drain.connection, plan)
        runs = self._runs(drain, plan)
        super()._carry_out(drain, mapper, plan)
        if runs:
            xero_ahead.look(drain)
        for method, groups in (("POST", undone), ("PUT", runs)):
            for items in groups:
                self._store_and_send(drain, mapper, method, items)

    def _chunks(self, mapper, items):
        for chunk in super()._chunks(mapper, items):
            size = 1 if chunk[0].payload.get("PaymentID") else BATCH
            yield from (chunk[start : start + size] for start in range(0, len(chunk), size))

    def _elements(self, items):
        if items[0].path != RUNS:
            return super()._elements(items)
        return [items[0].payload if items[0].payload.get("BatchPaymentID") else self._run_element(items)]

    def _request(self, client, batch, body):
        if batch.method != "POST":
            return super()._request(client, batch, body)
        [element] = codec.loads(body)[batch.resource]
        path = f"{batch.resource}/{element.get('BatchPaymentID') or element['PaymentID']}"
        deletion = codec.dumps({"Status": element["Status"]})
        return client.post(path, deletion, idempotency_key=batch.idempotency_key)

    def _shown_for(self, records):
        """People look at payments, not at their parts."""
        payments = records.exists().entry_id.origin_payment_id
        return [records, *([payments] if payments else [])]

    # === ANSWER === #

    def _save_answer(self, drain, mapper, batch, answer):
        if batch.resource == RUNS:
            self._save_run(drain, mapper, batch, answer)
        else:
            super()._save_answer(drain, mapper, batch, answer)

    def _refuse_batch(self, drain, batch, messages):
        """What is wrong with a run is looked for before it is sent again."""
        if batch.resource == RUNS and batch.method == "PUT":
            self._refuse_run(drain, batch)
        elif batch.resource == RUNS:
            super()._refuse_batch(drain, batch, [*messages, self._way_out_of_run()])
        else:
            super()._refuse_batch(drain, batch, messages)

    def _save_links(self, connection, mapper, saved, made=False):
        failures = super()._save_links(connection, mapper, saved, made)
        self._note_runs(saved)
        return failures

    def _follow(self, connection, items, made):
        """What left Xero only because the rest of its run did is sent once more."""
        again = [item.res_id for item in items if not item.job_id and item.status == "DELETED"]
        parts = self.env["xero.payment.part"].browse(again).exists().filtered(lambda part: not part.over)
        pairs = [(part.id, part.company_id.id) for part in parts]
        self.env["xero.sync.job"]._enqueue(connection.id, self.env["xero.mapper"]._for_type("Payment"), pairs)

    def _judge(self, connection, mapper, link, item, element):
        adjustment, failure = super()._judge(connection, mapper, link, item, element)
        return adjustment, self._wrong_amount(item.total, element.get("Amount")) or failure

    def _wrong_amount(self, expected, found) -> Failure | None:
        if expected is None or found is None or Decimal(str(found)) == Decimal(str(expected)):
            return None
        return Failure(
            "total_mismatch",
            self.env["xero.reason"]._("Xero booked %(xero)s instead of %(odoo)s.", xero=found, odoo=expected),
        )

    # === LOOK-UP === #

    def _find_created(self, drain, mapper, batch):
        return self._find_run(drain, batch) if batch.resource == RUNS else super()._find_created(drain, mapper, batch)

    def _find_updated(self, drain, mapper, batch):
        if batch.resource == RUNS:
            return self._find_undone_run(drain, mapper, batch)
        return super()._find_updated(drain, mapper, batch)

    # === RUNS === #

    def _runs(self, drain, plan) -> list[list]:
        """Take what goes as payment runs out of ``plan``, in place.

        :param plan: items by HTTP method
        :return: the items of each run
        """
        connection, items = drain.connection, plan.get("PUT") or []
        if not connection.batch_payments or len(items) < 2:
            return []
        parts = self.env["xero.payment.part"].browse([item.res_id for item in items])
        by_id, groups = {part.id: part for part in parts}, defaultdict(list)
        rows = self.env["xero.mapping.journal"].sudo()._outgoing_journals(connection)
        for item in items:
            if key := self._run_key(connection, by_id[item.res_id], rows, item.payload):
                groups[key].append(item)
        runs = [
            group[start : start + LARGEST_RUN]
            for group in self._without_culprits(drain, by_id, groups.values())
            for start in range(0, len(group), LARGEST_RUN)
        ]
        runs = [run for run in runs if len(run) > 1]
        taken = {item.job_id for run in runs for item in run}
        plan["PUT"] = [item for item in items if item.job_id not in taken]
        return [[item._replace(path=RUNS) for item in run] for run in runs]

    def _run_key(self, connection, part, rows, payload) -> tuple | None:
        """Return what the payments of a run have in common; ``None`` for one that goes alone.

        :param rows: the mapping of bank accounts by journal id
        :param payload: of the payment
        """
        base = connection.currency_code or connection.company_id.currency_id.name
        row = rows.get(part.journal_id.id)
        held = row and (row.xero_account_id.currency_code or base)
        if "Invoice" not in payload or part.account_id or held != base or part.document_id.currency_id.name != base:
            return None
        is_sale = part.document_id.move_type.startswith("out_")
        return payload["Account"].get("AccountID"), payload["Date"], is_sale

    def _without_culprits(self, drain, by_id, groups) -> list[list]:
        """Return ``groups`` without what Xero would refuse of those that it has refused before; a call for forty
        invoices.

        Where nothing is found wrong each goes alone, so that Xero says what it is.

        :param by_id: the parts
        """
        found = []
        for items in groups:
            if not any(by_id[item.res_id].run_refused for item in items):
                found.append(items)
                continue
            invoices = self._read_paid(drain, [item.payload["Invoice"]["InvoiceID"] for item in items])
            good = [item for item in items if self._is_payable(item, invoices)]
            found.append(good if len(good) < len(items) else [])
        return found

    def _read_paid(self, drain, xero_ids) -> dict:
        inbound = self.env["xero.inbound"]._for_type("Invoice")
        elements = self._read_current(drain, inbound, sorted(set(xero_ids)))
        return {lower(element["InvoiceID"]): element for element in elements}

    def _is_payable(self, item, invoices) -> bool:
        element = invoices.get(lower(item.payload["Invoice"]["InvoiceID"]), {})
        return element.get("Status") == "AUTHORISED" and decimal(str(element.get("AmountDue") or 0)) >= item.total
