"""What a call costs in statements, which does not depend on how many documents are in it."""

from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged

from ..models.queue import claim
from .common import XeroCommon

# Of a call of new invoices with taxes, commits and savepoints left out; one of them is what their history says.
MOST = 30


@tagged("post_install", "-at_install")
class TestQueueCost(XeroCommon):
    def drained(self, count):
        """Send ``count`` new invoices of a known contact; return the statements that took."""
        moves = self.env["account.move"].concat(*(self.make_move() for _number in range(count)))
        self.env.flush_all()
        execute, seen = Cursor.execute, []

        def note(cr, query, *args, **options):
            text = getattr(query, "code", query)
            if "SAVEPOINT" not in text:
                seen.append(" ".join(text.split())[:120])
            return execute(cr, query, *args, **options)

        with patch.object(Cursor, "execute", note):
            self.drain()
        self.assertInXero(moves)
        return seen

    def test_statements_of_a_call(self):
        self.drained(1)
        few, many = self.drained(2), self.drained(6)
        self.assertEqual(len(many), len(few), "the same for six documents as for two")
        with patch.object(claim, "BATCH", 2):
            calls = self.drained(6)
        spent = (len(calls) - len(few)) / 2
        self.assertLessEqual(spent, MOST, "\n".join(calls))
