"""The world of the tests of the way in: people act in Xero, Odoo reads."""

from odoo import fields

from ...models.connection import gate as xero_gate
from . import XeroCommon


class InboundCommon(XeroCommon):
    TYPES = ("Contact", "Invoice", "CreditNote")

    def person(self, action, **values):
        """Act as a person in Xero; returns the element."""
        return self.simulator.control(f"/organisations/{self.tenant}/act/{action}", **values)

    def drain(self):
        super().drain()
        # A worker has a cursor of its own; what this one remembers of number sequences is out of date.
        self.env.cr.cache.clear()

    def poll(self, *types):
        """Read what changed, as the schedule would."""
        for xero_type in types or self.TYPES:
            self.env["xero.sync.job"]._enqueue_poll(self.connection, xero_type)
        self.drain()

    def fetch(self, xero_type, *xero_ids):
        self.env["xero.sync.job"]._enqueue_fetch(self.connection, xero_type, xero_ids)
        self.drain()

    def pushed(self, *args, **values):
        """Return a document that is in Xero and whose echo has been read."""
        move = self.make_move(*args, **values)
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.poll()
        return move

    def edit(self, move, **values):
        """Edit the document of ``move`` in Xero."""
        kind = "credit_note" if move.move_type.endswith("refund") else "invoice"
        return self.person("edit", **{kind: move.xero_invoice_id}, **values)

    def read(self, resource):
        """Return all elements of ``resource`` as the API shows them."""
        client = xero_gate.open_client(self.connection.sudo())
        try:
            return client.get(resource, params={"page": 1, "pageSize": 1000}).data[resource]
        finally:
            client.close()

    def open_jobs(self):
        return self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", self.connection.id),
                ("state", "not in", ("done", "cancelled")),
            ]
        )

    def failed_fetch(self):
        """Return the fetch job that waits for a person."""
        return self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", self.connection.id),
                ("operation", "=", "pull"),
                ("state", "=", "failed"),
            ]
        )

    def conflict_of(self, record):
        return (
            self.env["xero.conflict"]
            .sudo()
            .search([("res_model", "=", record._name), ("res_id", "=", record.id)], limit=1)
        )

    def cursor_of(self, xero_type):
        return self.env["xero.sync.cursor"].sudo()._of(self.connection, xero_type)

    def log_since(self, number):
        return self.env["xero.log"].search([("direction", "=", "in"), ("id", ">", number)])

    def writes_of(self, records):
        """Return what tells whether business rows were written."""
        self.env.flush_all()
        self.env.cr.execute(
            f"SELECT id, xmin::text, ctid::text FROM {records._table} WHERE id = ANY(%s) ORDER BY id", [records.ids]
        )
        return self.env.cr.fetchall()

    def pay(self, move, amount=None):
        """Register a payment in Odoo."""
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create(
                {
                    "payment_date": fields.Date.to_date("2026-03-12"),
                    **({"amount": amount} if amount else {}),
                }
            )
        )
        wizard._create_payments()
