"""Files of a database that were put back come back by a start of PostgreSQL: Xero is asked first what it holds."""

from odoo.tests import tagged
from odoo.tools import SQL

from ..mappers import marks
from .test_connection_identity import StrangerCommon


@tagged("post_install", "-at_install")
class TestAhead(StrangerCommon):
    def restarted(self):
        """Be a database server that was started since."""
        self.connection.server_start = "another start"
        self.simulator.reset_stats()

    def calls(self):
        return self.simulator.calls(self.tenant)

    def test_each_start_is_looked_at_once(self):
        self.pushed()
        self.restarted()
        self.make_move(partner=self.partner_a)
        self.drain()
        reads = {name: count for (method, name), count in self.calls().items() if method == "GET"}
        self.assertEqual(reads, {"Contacts": 1, "Invoices": 1})
        self.assertFalse(self.open_jobs())
        self.simulator.reset_stats()
        self.make_move(partner=self.partner_a)
        self.drain()
        self.assertFalse([name for method, name in self.calls() if method == "GET"])

    def test_nothing_is_made_where_xero_knows_more(self):
        """Yesterday's database gives the ids of today's records anew: what it sent would be taken for them."""
        self.pushed()
        self.restarted()
        [[last]] = self.env.execute_query(SQL("SELECT last_value FROM res_partner_id_seq"))
        future = self.env["res.partner"].browse(last + 1000)
        self.stranger_contact(marks.write_number(self.signed(future)), "Of tomorrow")
        self.simulator.reset_stats()
        move = self.make_move()
        self.drain()
        self.assertFalse([name for method, name in self.calls() if method != "GET"])
        self.assertEqual((self.job_of(move).state, self.connection.state), ("pending", "held"))
        self.assertTrue(self.connection.reason)
        self.restarted()
        self.drain()
        self.assertEqual(self.calls(), {}, "held until people decide")

    def test_what_others_made_meanwhile_holds_nothing(self):
        self.pushed()
        self.restarted()
        self.stranger_contact("C-77", "Of somebody else")
        self.stranger_contact(f"odoo-{self.database}-999999", "Made up")
        move = self.make_move()
        self.drain()
        self.assertInXero(move)
