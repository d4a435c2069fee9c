"""What tills have sold, on its way out."""

from odoo import models
from odoo.addons.xero_connector.mappers.document.canonical import DocumentState

from ..mappers.payment import TARGETS

# What Xero still lets change once something is paid (Xero: Invoices, updating paid invoices).
OPEN_WHEN_PAID = frozenset({"InvoiceNumber", "CreditNoteNumber", "Reference", "Contact", "DueDate", "Url", "Status"})


class XeroExporterTill(models.AbstractModel):
    _name = "xero.exporter.till"
    _inherit = "xero.exporter"
    _description = "Xero Till Exporter"

    _xero_types = tuple(TARGETS)
    _is_dated = True

    def _update_content(self, mapper, link, out):
        """Whether the totals still agree is read from the answer."""
        if link.xero_status != "PAID" and not DocumentState.load(link.base_state).money.is_settled():
            return out.payload
        return {name: value for name, value in out.payload.items() if name in OPEN_WHEN_PAID}

    def _namesakes(self, client, mapper, payloads):
        """Xero finds them by number or by their days: those of one number are meant."""
        field = mapper._xero_number_field
        rows = self._rows_of(client, mapper, mapper._lookup_params(payloads))
        return [
            [
                row
                for row in rows
                if (row.get("Type"), str(row.get(field) or "").lower())
                == (payload["Type"], str(payload.get(field) or "").lower())
            ]
            for payload in payloads
        ]

    def _follow(self, connection, items, made):
        """What paid them is looked at again: a journal may have been chosen since."""
        jobs = self.env["xero.sync.job"].browse([item.job_id for item in items if item.job_id]).exists()
        entries = self.env["account.move"].sudo()
        for model, of_model in jobs.grouped("res_model").items():
            found = self.env[model].sudo().browse(of_model.mapped("res_id")).exists()
            entries |= found.move_id if model == "pos.session" else found
        self.env["xero.payment.part"]._refresh_tills(entries)
