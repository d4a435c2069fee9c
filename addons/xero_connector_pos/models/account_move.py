from odoo import models
from odoo.addons.xero_connector.mappers.text import named
from odoo.tools import SQL

from ..mappers.divide import LINE, PAID


class AccountMove(models.Model):
    _inherit = "account.move"

    def _xero_money_journal(self):
        """Orders that are invoiced are paid in the journal of the till; the money is in that of the method."""
        payments = self.sudo().pos_payment_ids
        return payments.payment_method_id.journal_id[:1] if payments else super()._xero_money_journal()

    def _xero_may_be_write_off(self):
        return super()._xero_may_be_write_off() and not self.sudo()._xero_till_session()

    def _xero_is_free_entry(self):
        return super()._xero_is_free_entry() and not self.sudo()._xero_till_session()

    def _xero_entries_sql(self, scope):
        own = super()._xero_entries_sql(scope)
        self.env["pos.session"].flush_model(["move_id"])
        self.env["pos.payment"].flush_model(["account_move_id"])
        return SQL(
            """(%s AND m.reversed_pos_order_id IS NULL
                AND NOT EXISTS (SELECT FROM pos_session s WHERE s.move_id = m.id)
                AND NOT EXISTS (SELECT FROM pos_payment p WHERE p.account_move_id = m.id))""",
            own,
        )

    def _xero_till_session(self):
        """Return the ``pos.session`` that this entry is part of: what was sold, the money for it, and orders taken out
        of it again; empty for what only happened during one, such as cash that was put into the drawer.
        """
        self.ensure_one()
        own = self.pos_session_ids | self.reversed_pos_order_id.session_id | self.pos_payment_ids.session_id
        return (own | self.origin_payment_id.pos_session_id | self._xero_cash_session())[:1]

    def _xero_cash_session(self):
        """Return the session of a cash statement line that stands for its sales, or for a difference when it was
        counted.
        """
        session = self.statement_line_id.pos_session_id
        if not session:
            return session
        others = self.line_ids.account_id - self.journal_id.default_account_id
        is_sale = others and others <= session._xero_debtor_accounts()
        return session if is_sale or self._xero_is_till_difference() else session.browse()

    def _xero_is_till_difference(self) -> bool:
        """Whether this entry of a cash statement line is a difference that goes with the document of its session."""
        session, journal = self.statement_line_id.pos_session_id, self.journal_id
        if session.xero_differences not in (PAID, LINE):
            return False
        others = self.line_ids.account_id - journal.default_account_id
        return bool(others) and others <= journal.profit_account_id | journal.loss_account_id

    def _xero_refusal(self, scope):
        self.ensure_one()
        entry = self.sudo()
        session = entry._xero_till_session() if entry.move_type == "entry" else None
        if not session:
            return super()._xero_refusal(scope)
        if entry.reversed_pos_order_id and "LateOrderInvoice" not in scope.off and entry.state == "posted":
            return None
        return self.env["xero.reason"]._(
            "%(entry)s is part of the till session %(session)s, which goes to Xero as one document.",
            entry=named(entry.display_name),
            session=named(session.name),
        )

    # === LATE ORDERS === #

    def _xero_with(self, side: str, xero_type: str):
        """Return those of these, entries of orders that were invoiced late, that have a document in the direction
        ``side``, or a link of ``xero_type``.
        """
        wanted = {move: (move, move.reversed_pos_order_id.currency_id) for move in self}
        divided = self.env["pos.session"]._xero_divided(wanted)
        linked = self.env["xero.link"].sudo().search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        known = set(linked.filtered(lambda link: link.xero_type == xero_type).mapped("res_id"))
        return self.filtered(lambda move: side in divided[move][1] or move.id in known)

    def _xero_changed(self):
        super()._xero_changed()
        entries = self.sudo().filtered(lambda move: move.move_type == "entry")
        for company, of_company in entries.grouped("company_id").items():
            scope = company and self.env["xero.connection"]._scope(company.id)
            if scope and "SessionInvoice" not in scope.off:
                of_company.pos_session_ids._xero_changed()
                of_company._xero_late_orders(scope)._xero_enqueue(scope)

    def _xero_late_orders(self, scope):
        """Return those of these that take an order out of a session that Xero has, or will have."""
        late = self.filtered(lambda move: move.reversed_pos_order_id and move.state != "draft")
        return late.filtered(
            lambda move: (
                move.reversed_pos_order_id.session_id._xero_concerns(scope)
                and move.journal_id.id not in scope.excluded_journals
            )
        )

    def _xero_enqueue(self, scope, *args, **values):
        super()._xero_enqueue(scope, *args, **values)
        late = self.sudo().filtered("reversed_pos_order_id")
        if late:
            late.reversed_pos_order_id.config_id._xero_make_contacts()
            self.env["xero.payment.part"]._refresh_tills(late)
