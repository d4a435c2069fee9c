"""What was paid in a till, on the document of its session."""

from odoo import api, fields, models
from odoo.addons.xero_connector.mappers.text import named
from odoo.addons.xero_connector.models.payment.xero_payment_part import REMOVAL
from odoo.addons.xero_connector.models.queue.xero_sync_job import EVENT

from ..mappers.divide import CREDIT, INVOICE
from ..mappers.payment import TARGETS
from ..mappers.till_books import share_rate

SESSION = {INVOICE: "SessionInvoice", CREDIT: "SessionCreditNote"}
LATE = {INVOICE: "LateOrderInvoice", CREDIT: "LateOrderCreditNote"}


class XeroPaymentPart(models.Model):
    """Parts of tills have no entry: Odoo adds up what a method took, invoices and all, and pays it in one."""

    _inherit = "xero.payment.part"

    till_type = fields.Selection([(name, name) for name in TARGETS], "Till Document", readonly=True)
    pos_session_id = fields.Many2one(
        "pos.session", "Till Session", readonly=True, ondelete="set null", index="btree_not_null"
    )

    @api.depends("pos_session_id.name", "journal_id.name")
    def _compute_display_name(self):
        tills = self.filtered("till_type")
        super(XeroPaymentPart, self - tills)._compute_display_name()
        for part in tills:
            part.display_name = part._till_memo()

    def _till_memo(self) -> str:
        """Return what people read as the reference of the payment: session, or order, and where the money went."""
        name = self.pos_session_id.sudo().name or self.document_id.sudo().ref or ""
        target = self.account_id.sudo().name or self.journal_id.sudo().name or ""
        return " ".join(filter(None, (named(name), named(target))))

    def _till_record(self):
        return self.pos_session_id or self.document_id

    def _get_records_action(self, **values):
        return (self._till_record() if self.till_type else super())._get_records_action(**values)

    def _message_log(self, **values):
        if self.till_type:
            self._till_record()._message_log(**values)
        else:
            super()._message_log(**values)

    # === REFRESH === #

    @api.model
    def _refresh_tills(self, entries) -> None:
        """Bring the payments of closing entries to the present state; what changed is queued for Xero.

        :param entries: ``account.move``, as superuser: of sessions, or of orders invoiced late
        """
        for company, of_company in entries.grouped("company_id").items():
            scope = self.env["xero.connection"].sudo()._scope(company.id)
            if scope and "SessionInvoice" not in scope.off:
                connection = self.env["xero.connection"].sudo().browse(scope.connection_id)
                self.sudo()._refresh_tills_of(connection, of_company)

    def _refresh_tills_of(self, connection, entries):
        sent = self._sent_journals(connection)
        known = self.search(
            [("connection_id", "=", connection.id), ("document_id", "in", entries.ids), ("till_type", "!=", False)]
        ).grouped("document_id")
        orders = {entry: entry.pos_session_ids[:1] or entry.reversed_pos_order_id for entry in entries}
        divided = self.env["pos.session"]._xero_divided(
            {entry: (entry, order.currency_id) for entry, order in orders.items() if order}
        )
        removed, revived, values = self.browse(), self.browse(), []
        for entry, (reader, papers) in divided.items():
            wanted = self._till_values(connection, entry, reader, papers) if entry.state == "posted" else []
            gone, again, new = self._compare_till(known.get(entry, self.browse()), wanted, sent)
            removed, revived, values = removed | gone, revived | again, values + new
        self._enqueue(connection, removed, REMOVAL)
        self._enqueue(connection, self.create(values) | revived, EVENT)

    def _sent_journals(self, connection):
        """Return a function that tells whether payments of a journal go to Xero. One that nobody has chosen an account
        for is asked for; one whose payments come from Xero, or do not go at all, is left alone.
        """
        rows = self.env["xero.mapping.journal"].search(
            [("connection_id", "=", connection.id), ("state", "=", "confirmed"), ("journal_id", "!=", False)]
        )
        left = {row.journal_id.id for row in rows} - {
            row.journal_id.id for row in rows if row.direction == "odoo_to_xero"
        }
        return lambda journal_id: journal_id not in left

    def _till_values(self, connection, entry, reader, papers) -> list[dict]:
        session, order = entry.pos_session_ids[:1], entry.reversed_pos_order_id
        currency = session.currency_id or order.currency_id
        rate = share_rate(reader, entry, currency != entry.company_id.currency_id)
        types = SESSION if session else LATE
        return [
            {
                "connection_id": connection.id,
                "company_id": entry.company_id.id,
                "pos_session_id": session.id,
                "till_type": types[side],
                "document_id": entry.id,
                "journal_id": share.journal_id,
                "account_id": share.account_id,
                "amount": float(share.amount),
                "rate": float(rate),
                "date": entry.date,
            }
            for side, paper in papers.items()
            for share in paper.shares
        ]

    def _compare_till(self, old, wanted, is_sent) -> tuple:
        """Return the parts that are over now, those that are so again, and the values of new ones.

        What is in Xero stays when its method of payment gets another journal afterwards.
        """
        left, kept, revived = list(wanted), self.browse(), self.browse()
        for part in old.sorted(lambda part: (part.over, part.id)):
            same = [values for values in left if part._is_till_share(values)]
            if same and (not part.over or part._is_in_xero()):
                of_journal = [values for values in same if values["journal_id"] == part.journal_id.id]
                left.remove((of_journal or same)[0])
                kept |= part
                revived |= part.filtered("over")
        revived.over = False
        gone = old.filtered(lambda part: not part.over) - kept
        gone.over = True
        return gone, revived, [values for values in left if is_sent(values["journal_id"])]

    def _is_till_share(self, values) -> bool:
        """Whether this is what ``values`` say, whatever journal it is in."""
        mine = (self.till_type, self.account_id.id or 0, f"{self.amount:.2f}", self.date)
        return mine == (values["till_type"], values["account_id"] or 0, f"{values['amount']:.2f}", values["date"])

    # === INVOICED ORDERS === #

    def _is_liquid(self, entry, line):
        """The entry that pays an invoice of a till has the money on the account that the till is owed on."""
        return super()._is_liquid(entry, line) or bool(entry.pos_payment_ids)
