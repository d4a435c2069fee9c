"""Tills in the trial balances of both books."""

from odoo import fields
from odoo.tests import tagged

from .till_common import TillCommon


@tagged("post_install", "-at_install")
class TestTillLedger(TillCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credential.requested_scopes += " accounting.reports.trialbalance.read"

    def compare(self):
        row = self.env["xero.trial.balance"].create(
            {"connection_id": self.connection.id, "date_to": fields.Date.context_today(self.connection)}
        )
        row.action_compare()
        self.drain()
        self.assertEqual(row.state, "done", row.reason)
        names = ("odoo_name", "xero_name", "odoo_amount", "xero_amount", "unexplained", "why")
        return row, row.line_ids.filtered(lambda line: line.unexplained or line.not_sent).read(names)

    def test_sessions_agree(self):
        self.day(
            ((self.table, (self.lamp, 2)), {}),
            ((self.chair,), {"paid": {self.card: 11.5}}),
            (((self.lamp, 5),), {"paid": {self.later: 50}, "partner": self.partner_a}),
            ((self.table,), {"paid": {self.card: 115}, "partner": self.partner_a, "invoice": True}),
        )
        self.day(((self.lamp,), {"paid": {self.card: 10}}), (((self.lamp, -2),), {"paid": {self.cash: -20}}))
        self.drain()
        row, differences = self.compare()
        self.assertEqual(row.verdict, "agree", differences)

    def test_what_is_left_out_of_a_session(self):
        self.connection.till_differences = "leave"
        session = self.open_till()
        start = session.cash_register_balance_start
        self.sell(session, (self.lamp, 10))
        self.close(session, start + 97)
        self.drain()
        row, differences = self.compare()
        self.assertEqual(row.verdict, "explained", differences)
        self.assertEqual({cause[0] for line in row.line_ids for cause in line.causes or []}, {"payments"}, differences)
        self.assertEqual(sorted(line.not_sent for line in row.line_ids if line.not_sent), [-3, 3])
