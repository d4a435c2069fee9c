from datetime import timedelta

from odoo.tests import tagged

from .common.reconciliation import ReconCommon


@tagged("post_install", "-at_install")
class TestReconcileOutcomes(ReconCommon):
    """What is not sent yet, what a sum consists of, and what becomes of a repair."""

    def books(self) -> dict:
        """Return what the health of the connection is told of its books."""
        return self.env["xero.reconciliation.health"]._facts(self.connection)[self.connection.id]

    def test_a_repair_that_fails_says_why_and_begins_again(self):
        self.document()
        self.settle()
        self.simulator.control(f"/organisations/{self.tenant}/act/set_lock_date", period="2026-12-31")
        self.connection.period_lock_date = "2026-12-31"
        move = self.document()
        self.drain()
        report = self.reconcile()
        row = report.difference_ids
        report.action_repair_all()
        self.drain()
        self.env.invalidate_all()
        self.assertEqual((row.state, row.repair_state, row.proposed), ("repairing", "failed", "send"))
        self.assertIn("locked", row.repair_failure)
        self.assertEqual(report.open_count, 1)
        self.assertEqual(self.books()["differences"], 1)
        self.simulator.control(f"/organisations/{self.tenant}/act/set_lock_date", period=None)
        self.connection.period_lock_date = False
        report.action_repair_all()
        self.settle()
        self.assertInXero(move)
        self.assertEqual(self.reconcile().verdict, "agree")
        self.assertEqual(self.books()["differences"], 0)

    def test_documents_of_a_history_are_never_out_of_scope(self):
        self.document()
        self.settle()
        move = self.make_move(post=False, invoice_date="2026-01-20", ref="Old")
        move.with_context(xero_no_sync=True).action_post()
        # Older than what the connection syncs by itself: only the history brings it.
        older = self.make_move(post=False, invoice_date="2018-01-20", ref="Older")
        older.with_context(xero_no_sync=True).action_post()
        values = {"connection_id": self.connection.id, "date_from": "2018-01-01", "state": "running"}
        run = self.env["xero.run"].sudo().create({**values, "started_at": move.create_date + timedelta(minutes=1)})
        run.exhausted = True
        self.patch(type(run), "_close_finished", lambda *args: None)
        for state, verdict, missing, waiting in (
            ("running", "waiting", 0, 2),
            ("paused", "waiting", 0, 2),
            ("undoing", "waiting", 0, 2),
            ("cancelled", "differ", 1, 0),
            ("undone", "differ", 1, 0),
            ("done", "differ", 2, 0),
        ):
            with self.subTest(state):
                run.state = state
                report = self.reconcile()
                self.assertEqual(report.verdict, verdict)
                self.assertEqual(report.difference_ids.mapped("kind"), ["missing_in_xero"] * missing)
                self.assertEqual((report.waits or {}).get(str(run.id), 0), waiting)
                self.assertEqual(report.on_the_way_count, waiting)
                self.assertEqual(report.out_of_scope_count, 2 - missing - waiting)
                if waiting:
                    self.assertIn("2 documents wait", report.verdict_text)
                    self.assertIn(run.display_name, report.verdict_text)
                    self.assertEqual(self.books()["books_waiting"], 2)
        report.action_repair_all()
        self.settle()
        self.assertInXero(move | older)

    def test_a_sum_leads_to_what_differs_in_it(self):
        paid = self.document()
        self.settle()
        contact = self.partner_a.xero_contact_id

        def native(day, account, **values):
            line = {"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": account}
            return self.person("create_invoice", contact=contact, Date=day, LineItems=[line], **values)["InvoiceID"]

        expense = self.company_data["default_account_expense"]
        mapping = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == expense)
        code = mapping.xero_account_id.code
        first, other = native("2026-03-10", "200"), native("2026-04-10", "200")
        bill = native("2026-03-11", code, Type="ACCPAY", InvoiceNumber="B1")
        self.pay_in_xero(paid, amount=10)
        report = self.reconcile()

        def opened(**wanted):
            """Return the ids in Xero of what the sums with ``wanted`` open."""
            totals = report.total_ids.filtered(lambda total: all(str(total[n]) == v for n, v in wanted.items()))
            self.assertTrue(totals, wanted)
            domains = [total.action_open_differences()["domain"] for total in totals]
            rows = self.env["xero.reconciliation.difference"]
            return set(rows.union(*(rows.search(domain) for domain in domains)).mapped("xero_id"))

        self.assertEqual(len(report.difference_ids), 4)
        for wanted, ids in (
            ({"section": "document", "document_type": "ACCREC"}, {first, other, paid.xero_invoice_id}),
            ({"section": "document", "document_type": "ACCPAY"}, {bill}),
            ({"section": "month", "month": "2026-03-01", "account_code": "200"}, {first}),
            ({"section": "month", "month": "2026-03-01", "account_code": code}, {bill}),
            ({"section": "month", "month": "2026-04-01"}, {other}),
            ({"section": "contact", "side": "receivable"}, {first, other, paid.xero_invoice_id}),
            ({"section": "contact", "side": "payable"}, {bill}),
        ):
            with self.subTest(wanted):
                self.assertEqual(opened(**wanted), ids)

    def test_a_payment_older_than_the_decision_says_so(self):
        move = self.document()
        self.settle()
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids, xero_no_sync=True
        ).create({"amount": 10, "journal_id": self.bank.id})._create_payments()
        self.settle()
        self.row.direction = "odoo_to_xero"
        self.row.sudo().outgoing_since = payment.move_id.create_date + timedelta(days=1)
        row = self.reconcile().difference_ids.filtered(lambda row: row.kind == "payment_missing_xero")
        self.assertTrue(row)
        row.action_send()
        self.assertEqual(row.state, "open")
        self.assertIn("is older than", row.failure)
        self.assertIn(self.bank.name, row.failure)
        self.row.direction = "xero_to_odoo"
        row.action_send()
        self.assertIn("do not go to Xero", row.failure)
