"""Payments made in Odoo on their way out."""

from decimal import Decimal

from odoo import models

from ...xero_api import codec
from ..queue.failure import Failure


class XeroExporterPayment(models.AbstractModel):
    """Xero deletes one payment a call, under its own address, and tells an amount where documents have a total."""

    _name = "xero.exporter.payment"
    _inherit = "xero.exporter"
    _description = "Xero Payment Exporter"

    _xero_types = ("Payment",)
    _marks_made = False
    _is_numbered = False
    _is_dated = True

    def _chunks(self, mapper, items):
        for chunk in super()._chunks(mapper, items):
            if chunk[0].payload.get("PaymentID"):
                yield from ([item] for item in chunk)
            else:
                yield chunk

    def _request(self, client, batch, body):
        if batch.method != "POST":
            return super()._request(client, batch, body)
        [element] = codec.loads(body)[batch.resource]
        path = f"{batch.resource}/{element['PaymentID']}"
        deletion = codec.dumps({"Status": element["Status"]})
        return client.post(path, deletion, idempotency_key=batch.idempotency_key)

    def _shown_for(self, records):
        """People look at payments, not at their parts."""
        payments = records.exists().entry_id.origin_payment_id
        return [records, *([payments] if payments else [])]

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
