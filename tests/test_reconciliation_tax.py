"""Tax as it is booked in Odoo against Xero's lines: what the connector would send is not asked."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..mappers.document import sheet
from ..xero_api.dates import parse_xero, to_date_string
from .common.reconciliation import ReconCommon


@tagged("post_install", "-at_install")
class TestReconcileTax(ReconCommon):
    def setUp(self):
        super().setUp()
        self.account = self.tax_purchase_a.invoice_repartition_line_ids.account_id

    def booked(self, report, field="odoo_tax"):
        """Return ``{tax account: sum}`` of a report."""
        found = {}
        for row in report.tax_total_ids:
            found[row.tax_account_id] = round(found.get(row.tax_account_id, 0) + row[field], 2)
        return found

    def ledger(self, moves):
        """Return ``{tax account: sum}`` of journal items, bought negative."""
        found = {}
        for line in moves.line_ids.filtered("tax_repartition_line_id"):
            found[line.account_id] = round(found.get(line.account_id, 0) - line.balance, 2)
        return found

    def tax(self, use="purchase", parts=None, **values):
        """Return a new tax, mapped to the rate of the plain one: of purchases if nothing else is said."""
        plain = self.tax_purchase_a if use == "purchase" else self.tax_sale_a
        self.number += 1
        tax = plain.copy({"name": f"Tax {self.number}", **values})
        if parts:
            lines = [Command.clear(), Command.create({"repartition_type": "base"})]
            lines += [
                Command.create(
                    {"repartition_type": "tax", "factor_percent": percent, "account_id": account and account.id}
                )
                for percent, account in parts
            ]
            tax.write({"invoice_repartition_line_ids": lines, "refund_repartition_line_ids": lines})
        rows = self.connection.tax_mapping_ids
        rate = rows.filtered(lambda row: row.tax_ids == plain and row.type_tax_use == use).xero_tax_rate_id
        self.choose(tax, rate)
        return tax

    def choose(self, tax, rate, use=None):
        row = self.env["xero.mapping.tax"].sudo()._ensure(self.connection, [((tax.id,), use or tax.type_tax_use)])
        row.xero_tax_rate_id = rate
        self.connection.invalidate_recordset()
        return row

    def line(self, amount, *taxes):
        return {"quantity": 1, "price_unit": amount, "tax_ids": [Command.set([tax.id for tax in taxes])]}

    # === BOOKS THAT AGREE === #

    def test_right_books_have_the_tax_of_the_ledger(self):
        self.in_currency()
        aud = self.env["res.currency"].search([("name", "=", "AUD")])
        moves = self.env["account.move"]
        for kind in ("out_invoice", "in_invoice", "out_refund", "in_refund"):
            moves |= self.document(kind)
            moves |= self.document(kind, currency_id=aud.id, lines=((3, 33.33), (7, 0.01), (1, 99.99)))
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(self.booked(report), self.ledger(moves))
        self.assertTies(report)
        self.assertTrue(all(abs(row.explained_tax) < 0.1 for row in report.tax_total_ids))

    def test_all_kinds_of_taxes_agree(self):
        included = self.tax(price_include_override="tax_included")
        half = self.tax(parts=((50, self.account), (50, None)))
        cost = self.tax(parts=((100, None),))
        reverse = self.tax(parts=((100, self.account), (-100, self.account.copy({"code": "REV"}))))
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", self.connection.id)])
        nothing = rates.filtered(lambda rate: rate.tax_type == "NONE")
        self.choose(cost, nothing)
        self.choose(reverse, nothing)
        levy = self.tax_purchase_a.copy({"name": "Levy", "amount_type": "fixed", "amount": 2.0})
        moves = self.env["account.move"]
        for kind in ("in_invoice", "in_refund"):
            for taxes in ((included,), (half,), (cost,), (reverse,), (self.tax_purchase_a, levy)):
                moves |= self.document(kind, lines=(self.line(100.0, *taxes), self.line(33.33, *taxes)))
        shared = {**self.line(1000.0, self.tax_purchase_a), "deductible_amount": 60}
        private = self.document("in_invoice", lines=(shared,))
        accounts = moves.line_ids.filtered("tax_repartition_line_id").account_id
        self.env["xero.mapping.account"].sudo()._ensure(self.connection, accounts)
        self.map_everything(self.connection)
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertTies(report)
        self.assertTrue(private.xero_invoice_id)
        owed = report.tax_total_ids.filtered(lambda row: row.tax_account_id.code == "REV")
        self.assertEqual(sorted(owed.mapped("odoo_tax")), [-20.0, 20.0], "reverse charges are on both accounts")
        self.assertEqual(self.booked(report), self.booked(report, "xero_tax"))

    def test_grids_have_the_sign_of_the_return(self):
        country = self.company.account_fiscal_country_id
        report = self.env["account.report"].create({"name": "Return", "country_id": country.id})
        grids = {}
        for name in ("-W1", "-W2", "W3"):
            line = self.env["account.report.line"].create({"name": name, "report_id": report.id, "code": name[-2:]})
            expression = {"report_line_id": line.id, "label": "balance", "engine": "tax_tags", "formula": name}
            self.env["account.report.expression"].create(expression)
            grids[name] = self.env["account.account.tag"]._get_tax_tags(name, country.id)
        for use, tax in (("sale", self.tax_sale_a), ("purchase", self.tax_purchase_a)):
            for part in tax.repartition_line_ids:
                base, own = ("-W1", "-W2") if use == "sale" else ("W3", "W3")
                part.tag_ids = grids[base if part.repartition_type == "base" else own]
        self.document(lines=(self.line(100.0, self.tax_sale_a),))
        self.document("out_refund", lines=(self.line(30.0, self.tax_sale_a),))
        self.document("in_invoice", lines=(self.line(40.0, self.tax_purchase_a),))
        self.settle()
        found = self.reconcile()
        self.assertAgree(found)
        sums = {}
        for row in found.grid_total_ids:
            amounts = sums.setdefault(row.grid, [0, 0, 0])
            for index, name in enumerate(("odoo_amount", "odoo_tax", "difference")):
                amounts[index] = round(amounts[index] + row[name], 2)
        self.assertEqual(sums, {"W1": [70, 0, 0], "W2": [0, 10.5, 0], "W3": [40, 6, 0]})

    def test_a_fixed_number_of_queries(self):
        witness = self.env["xero.tax.witness"].sudo()
        moves = self.env["account.move"]
        for _number in range(6):
            moves |= self.document() | self.document("in_invoice")
        counts = []
        for some in (moves[:2], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            witness._ledgers(witness._tax_map(self.connection), some.sudo())
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_tax_on_payment_stands_where_it_waits(self):
        transition = self.account.copy({"code": "CABA", "reconcile": True})
        self.company.tax_exigibility = True
        tax = self.tax("sale", tax_exigibility="on_payment", cash_basis_transition_account_id=transition.id)
        self.document(lines=(self.line(100.0, tax),))
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(self.booked(report), {transition: 15})

    def test_two_companies_have_their_own(self):
        other = self.setup_other_company(name="Second")["company"]
        connection = self.env["xero.connection"].create(
            {"company_id": other.id, "credential_id": self.credential.id, "sync_from": "2019-01-01"}
        )
        self.connect(connection, self.add_organisation(**{**self.organisation, "Name": "Totara"}))
        move = self.document()
        self.settle()
        theirs = self.env["xero.reconciliation"]._request(connection)
        report = self.reconcile()
        self.assertEqual(self.booked(report), self.ledger(move))
        self.assertFalse(theirs.tax_total_ids)

    def test_a_month_that_is_closed_in_xero(self):
        """The tax of what Xero takes in a later month is in another return there: said, and no difference."""
        self.connection.xero_lock_policy = "move"
        self.simulator.control(f"/organisations/{self.tenant}/act/set_lock_date", period="2026-03-31")
        self.connection.period_lock_date = "2026-03-31"
        move = self.document(lines=(self.line(100.0, self.tax_sale_a),))
        self.settle()
        self.assertEqual(to_date_string(parse_xero(self.in_xero(move)["Date"])), "2026-04-01")
        report = self.reconcile()
        self.assertAgree(report)
        months = {str(row.month): (row.odoo_tax, row.xero_tax, row.explained_tax) for row in report.tax_total_ids}
        self.assertEqual(months, {"2026-03-01": (15, 0, 15), "2026-04-01": (0, 15, -15)})

    def test_a_tax_that_was_typed_in_xero(self):
        self.connection.inbound_documents = "post"
        partner = self.document("in_invoice").partner_id
        self.settle()
        rows = self.connection.tax_mapping_ids
        rate = rows.filtered(lambda row: row.tax_ids == self.tax_purchase_a).xero_tax_rate_id
        account = self.connection.account_mapping_ids.filtered(
            lambda row: row.account_id == self.company_data["default_account_expense"]
        ).xero_account_id
        line = {"Quantity": 1, "UnitAmount": 100, "AccountCode": account.code, "TaxType": rate.tax_type}
        self.person(
            "create_invoice",
            contact=partner.xero_contact_id,
            Type="ACCPAY",
            InvoiceNumber="TYPED",
            Date="2026-03-15",
            LineItems=[{**line, "Description": "One", "TaxAmount": tax} for tax in (18.0, 3.21)],
        )
        self.settle()
        [move] = self.env["account.move"].search([("ref", "=", "TYPED")])
        self.assertEqual(move.amount_tax, 21.21)
        report = self.reconcile()
        self.assertAgree(report)
        self.assertTies(report)

    def test_taxes_of_a_branch(self):
        branch = self.branch()
        move = self.document(company_id=branch.id)
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(self.booked(report), self.ledger(move))

    # === MAPPERS THAT ARE WRONG === #

    def assertCaught(self, move, odoo, xero):
        report = self.reconcile()
        self.assertEqual(report.difference_ids.mapped("kind"), ["tax_booked"])
        row = report.difference_ids
        self.assertEqual((row.res_id, row.section), (move.id, "tax"))
        self.assertIn(odoo, row.odoo_value)
        self.assertIn(xero, row.xero_value or "")
        self.assertTrue(row.note)
        for total in (report.tax_total_ids | report.grid_total_ids).filtered("difference"):
            action = total.action_open_differences()
            self.assertIn(row, self.env[action["res_model"]].search(action["domain"]))
        self.assertTies(report)
        return report

    def test_cost_that_is_claimed(self):
        cost = self.tax(parts=((100, None),))
        with patch.object(sheet.TaxLookup, "_is_cost", lambda *args: False):
            move = self.document("in_invoice", lines=(self.line(100.0, cost),))
            self.settle()
            self.assertEqual(self.in_xero(move)["TotalTax"], 15)
            self.env["xero.mapping.tax"].search([("tax_ids", "=", cost.id)]).sudo().reason = "Chosen"
            report = self.reconcile()
        self.assertEqual(set(report.difference_ids.mapped("kind")), {"tax_booked", "tax_choice"})
        booked = report.difference_ids.filtered(lambda row: row.kind == "tax_booked")
        self.assertIn("0.00", booked.odoo_value)
        self.assertIn("15.00", booked.xero_value)
        self.assertEqual(booked.amount, -15)

    def test_a_rate_that_was_not_chosen(self):
        """Zero-rated sent as no tax: both are nothing, and stand in other boxes."""
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", self.connection.id)])
        nothing = rates.filtered(lambda rate: not rate.effective_rate and rate.can_apply_to_revenue)
        other = nothing.filtered(lambda rate: rate.tax_type == "NONE")
        zero = (nothing - other)[:1]
        tax = self.tax("sale", amount=0.0)
        self.choose(tax, zero)
        books = self.env.registry["xero.mapper.document"]
        original = books._books

        def wrong(this, *args, **kwargs):
            made = original(this, *args, **kwargs)
            real = made.tax
            made.tax = lambda taxes, use: (
                real(taxes, use)._replace(tax_type=other.tax_type) if tax.id in taxes else real(taxes, use)
            )
            return made

        with patch.object(books, "_books", wrong):
            move = self.document(lines=(self.line(100.0, tax),))
            self.settle()
            [line] = self.in_xero(move)["LineItems"]
            self.assertEqual(line["TaxType"], other.tax_type)
            self.assertCaught(move, f"{zero.name}: 100.00", "")

    def test_a_private_share_that_is_claimed(self):
        from ..mappers.document import lines as reading

        original = reading._row

        def wrong(line, amount, book):
            row = original(line, amount, book)
            if line.display_type.startswith("non_deductible"):
                row.taxes = ()
            return row

        with patch.object(reading, "_row", wrong):
            line = {**self.line(1000.0, self.tax_purchase_a), "deductible_amount": 60}
            move = self.document("in_invoice", lines=(line,))
            self.map_everything(self.connection)
            self.settle()
            self.assertTrue(move.xero_invoice_id, self.job_of(move).failure_detail)
            report = self.reconcile()
        self.assertIn("tax_booked", report.difference_ids.mapped("kind"))

    def test_tax_that_a_person_booked_to_costs(self):
        move = self.document("in_invoice", lines=(self.line(100.0, self.tax_purchase_a),))
        self.settle()
        expense = self.company_data["default_account_expense"]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET account_id = %s WHERE move_id = %s AND tax_repartition_line_id IS NOT NULL",
            [expense.id, move.id],
        )
        self.env.invalidate_all()
        report = self.assertCaught(move, "0.00", "15.00")
        [total] = report.tax_total_ids
        self.assertEqual((total.tax_account_id, total.odoo_tax, total.difference), (self.account, 0, 15))
