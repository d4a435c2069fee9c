"""What screens cost does not grow with the books: plans of PostgreSQL, counted in rows, not in seconds."""

import json

from odoo.tests import tagged
from odoo.tools import SQL

from .common import XeroCommon

MANY = 20_000


@tagged("post_install", "-at_install")
class TestGrowth(XeroCommon):
    def setUp(self):
        super().setUp()
        self.failed, self.waiting, self.sent, self.voided = (self.make_move() for _number in range(4))
        self.drain()
        self.job_of(self.failed).sudo().write({"state": "failed"})
        self.job_of(self.waiting).sudo().write({"state": "pending"})
        self.link_of(self.voided).sudo().xero_status = "VOIDED"
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO xero_link (connection_id, company_id, xero_type, res_model, res_id, state, create_date)
               SELECT %s, %s, 'Invoice', 'account.move', 10000000 + n, 'synced', now() FROM generate_series(1, %s) n""",
            [self.connection.id, self.company.id, MANY],
        )
        self.env.cr.execute("ANALYZE xero_link")

    def rows_read(self, query) -> int:
        """Return how many rows PostgreSQL reads in tables for ``query``, whatever it joins and sorts them by."""
        self.env.cr.execute(SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", query))
        [[plan]] = self.env.cr.fetchall()
        plan = plan if isinstance(plan, list) else json.loads(plan)
        return self.of_node(plan[0]["Plan"])

    def of_node(self, node) -> int:
        read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if "Relation Name" in node else 0
        return read * node["Actual Loops"] + sum(map(self.of_node, node.get("Plans", ())))

    def search(self, *states):
        domain = [("company_id", "=", self.company.id), ("xero_sync_state", "in", states)]
        query = self.env["account.move"]._search(domain)
        return self.env["account.move"].browse(query), self.rows_read(query.select())

    def test_what_is_open_is_found_among_what_is_open(self):
        for states, expected in (
            (["failed"], self.failed),
            (["queued", "sending"], self.waiting),
            (["conflict"], self.env["account.move"]),
            (["failed", "queued", "sending", "conflict"], self.failed | self.waiting),
            (["gone"], self.voided),
            (["gone", "failed"], self.voided | self.failed),
        ):
            with self.subTest(states=states):
                found, rows = self.search(*states)
                self.assertEqual(set(found), set(expected))
                # Small tables may be read as a whole; what grows with the books may not.
                self.assertLess(rows, MANY // 10)

    def test_what_is_synced_is_read_once(self):
        found, rows = self.search("synced")
        self.assertIn(self.sent, found)
        self.assertLess(rows, 2 * MANY)

    def test_what_is_not_synced_is_looked_up(self):
        """Of each document its own link, not all links; in a large list both are read once, side by side."""
        untouched = self.make_move(post=False)
        self.env.flush_all()
        found, rows = self.search("not_synced")
        self.assertIn(untouched, found)
        self.assertFalse(found & (self.failed | self.waiting | self.sent | self.voided))
        self.assertLess(rows, MANY // 10)

    def test_what_is_posted_and_not_in_xero_is_looked_up(self):
        """Whatever is the reason, and of each document its own link."""
        refused, queued, draft = self.make_move(), self.make_move(), self.make_move(post=False)
        self.job_of(refused).sudo().state = "failed"
        self.env.flush_all()
        domain = [("company_id", "=", self.company.id), ("xero_is_missing", "=", True)]
        query = self.env["account.move"]._search([*domain, ("move_type", "=", "out_invoice")])
        found = self.env["account.move"].browse(query)
        self.assertEqual(found, refused | queued, "an update that failed, a draft, and what was voided are in or out")
        self.assertLess(self.rows_read(query.select()), MANY // 10)
        everything = self.failed | self.waiting | self.sent | self.voided | refused | queued | draft
        self.assertEqual(everything.filtered("xero_is_missing"), found)
        mine = [("id", "in", everything.ids), ("xero_is_missing", "=", False)]
        self.assertEqual(self.env["account.move"].search(mine), everything - found)

    def test_what_was_voided_and_is_sent_anew_is_missing_meanwhile(self):
        move = self.voided
        self.assertFalse(move.xero_is_missing)
        move.action_xero_sync()
        for state in ("pending", "failed"):
            self.job_of(move).sudo().state = state
            self.env.invalidate_all()
            self.assertTrue(move.xero_is_missing, state)
            domain = [("id", "=", move.id), ("xero_is_missing", "=", True)]
            self.assertEqual(self.env["account.move"].search(domain), move)

    def test_not_synced_is_what_neither_job_nor_link_tells(self):
        moves = self.failed | self.waiting | self.sent
        voided, ignored, broken, unknown = (self.make_move() for _number in range(4))
        everything = moves | voided | ignored | broken | unknown
        self.drain()
        self.link_of(unknown).sudo().unlink()
        self.link_of(voided).sudo().xero_status = "VOIDED"
        self.link_of(ignored).sudo().state = "ignored"
        self.link_of(broken).sudo().state = "error"
        self.env.flush_all()
        self.env.invalidate_all()
        for operator, states in (
            ("in", ["not_synced"]),
            ("in", ["not_synced", "failed"]),
            ("in", ["not_synced", "gone"]),
            ("in", ["gone", "failed"]),
            ("not in", ["gone"]),
            ("in", ["not_synced", "synced"]),
            ("not in", ["not_synced"]),
            ("not in", ["not_synced", "synced"]),
            ("in", ["unheard of"]),
            ("not in", ["unheard of", "gone"]),
        ):
            with self.subTest(operator=operator, states=states):
                found = everything.search([("id", "in", everything.ids), ("xero_sync_state", operator, states)])
                told = [move for move in everything if (move.xero_sync_state in states) == (operator == "in")]
                self.assertEqual(set(found), set(told))
        unsynced = everything.filtered(lambda move: move.xero_sync_state == "not_synced")
        self.assertEqual(unsynced, ignored | unknown)
        self.assertEqual(voided.xero_sync_state, "gone")

    def test_groups_read_each_link_once(self):
        moves = self.env["account.move"]
        domain = [("company_id", "=", self.company.id), ("move_type", "=", "out_invoice")]
        counts = dict(moves._read_group(domain, ["xero_sync_state"], ["__count"]))
        self.assertEqual(counts, {"failed": 1, "queued": 1, "synced": 1, "gone": 1})
        query = moves._search(domain)
        query.groupby = moves._field_to_sql(moves._table, "xero_sync_state", query)
        self.assertLess(self.rows_read(query.select(query.groupby)), 2 * MANY)
