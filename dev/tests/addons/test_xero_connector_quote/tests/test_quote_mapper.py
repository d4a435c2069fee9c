"""What quotes become."""

import json
import os
from decimal import Decimal
from pathlib import Path

from odoo.addons.xero_connector.tests.common.mapper import MapperCase, xero_totals
from odoo.addons.xero_connector.xero_api import codec
from odoo.tests import tagged

from .quote_common import line, text

GOLDEN = Path(__file__).parent / "golden" / "quote.json"


@tagged("post_install", "-at_install")
class TestQuoteMapper(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.sync_quotes = True
        cls.quotes = cls.env["xero.mapper"]._for_type("Quote")
        cls.tax_20 = cls.tax(20)

    def quote(self, *lines, **values):
        for command in lines:
            command[2].setdefault("account_id", self.revenue.id)
        return self.env["test.xero.quote"].create(
            {
                "name": "Q-1",
                "partner_id": self.partner_a.id,
                "date": "2026-03-05",
                "state": "sent",
                "line_ids": list(lines),
                **values,
            }
        )

    def prepared(self, quote):
        return self.quotes._prepare(quote, self.connection)[quote.id]

    def assertAgrees(self, quote):
        """Xero's arithmetic arrives at Odoo's total; returns what is sent."""
        out = self.prepared(quote)
        self.assertFalse(out.problems + out.needs)
        self.assertEqual(out.total, Decimal(repr(quote.amount_total)).quantize(Decimal("0.01")))
        self.assertEqual(xero_totals(out.payload, self.percents())[2], out.total)
        return out

    def test_golden(self):
        quote = self.quote(
            text("Kitchen"),
            line("Oak table", 2, 450, 10, taxes=self.tax_20),
            line("Chair", 6, 79.95, taxes=self.tax_20),
            line("Delivery", 1, 35),
            validity_date="2026-04-04",
            title="Your kitchen",
            reference="By phone",
        )
        body = {"Quotes": [self.assertAgrees(quote).payload]}
        shown = json.dumps(codec.loads(codec.dumps(body)), indent=2, ensure_ascii=False, sort_keys=True, default=float)
        if os.environ.get("XERO_WRITE_GOLDEN"):
            GOLDEN.write_text(shown + "\n", encoding="utf-8")
        self.assertEqual(GOLDEN.read_text(encoding="utf-8"), shown + "\n")

    def test_money_is_odoos_to_the_cent(self):
        """Rounded over the document or each line, with tax in the price, odd quantities and discounts."""
        included = self.tax(25, price_include_override="tax_included", name="Included")
        levy = self.tax(1.5, amount_type="fixed", name="Levy")
        levy.invoice_repartition_line_ids.filtered(
            lambda part: part.repartition_type == "tax"
        ).account_id = self.levy_account
        lines = (
            [line("A", 1, 0.333, taxes=self.tax_20), line("B", 7, 0.33, taxes=self.tax_20)],
            [line(str(number), 1, 0.07, taxes=self.tax_20) for number in range(7)],
            [line("A", 3, 9.99, 33.33, taxes=self.tax_20), line("B", 1.25, 19.999, taxes=included)],
            [line("A", 3, 10, taxes=self.tax_20 + levy)],
            [line("A", 1, 100, taxes=self.tax_20), line("Less", 1, -33.33, taxes=self.tax_20)],
            [line("Free", 5, 12.34, 100, taxes=self.tax_20), line("Paid", 1, 0.01)],
        )
        for method in ("round_globally", "round_per_line"):
            self.company.tax_calculation_rounding_method = method
            for number, commands in enumerate(lines):
                with self.subTest(method=method, lines=number):
                    self.assertAgrees(self.quote(*commands, name=f"Q-{method}-{number}"))

    def test_unit_prices_have_two_decimals(self):
        [sent] = self.assertAgrees(self.quote(line("A", 7, 10, 33.333))).payload["LineItems"]
        self.assertEqual(sent["UnitAmount"], sent["UnitAmount"].quantize(Decimal("0.01")))

    def test_a_tax_on_an_account_of_its_own_is_a_line(self):
        levy = self.tax(2, amount_type="fixed", name="Levy")
        levy.invoice_repartition_line_ids.filtered(
            lambda part: part.repartition_type == "tax"
        ).account_id = self.levy_account
        sent = self.assertAgrees(self.quote(line("A", 3, 10, taxes=levy))).payload["LineItems"]
        amounts = [(row["AccountCode"], row["Quantity"] * row["UnitAmount"]) for row in sent]
        self.assertEqual(amounts, [("200", 30), ("850", 6)])

    def test_problems_name_the_screen_that_fixes_them(self):
        unmapped = self.env["account.account"].create({"name": "New", "code": "NEW1", "account_type": "income"})
        quote = self.quote(line("A", 1, 10, account_id=unmapped.id))
        [problem] = self.prepared(quote).problems
        self.assertEqual((problem.code, problem.missing), ("mapping", ("account", unmapped.id)))
        quote = self.quote(line("A", 1, -10), name="Q-2")
        [problem] = self.prepared(quote).problems
        self.assertEqual((problem.model, problem.res_id), ("test.xero.quote", quote.id))

    def test_foreign_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 0.5)])
        payload = self.assertAgrees(self.quote(line("A", 1, 10), currency_id=euro.id)).payload
        self.assertEqual((payload["CurrencyCode"], payload["CurrencyRate"]), ("EUR", Decimal("0.500000")))

    def test_a_contact_that_xero_lacks_goes_first(self):
        needs = self.prepared(self.quote(line("A", 1, 10), partner_id=self.partner_b.id)).needs
        self.assertEqual([(need.xero_type, need.res_id) for need in needs], [("Contact", self.partner_b.id)])

    def test_number_of_queries_does_not_grow(self):
        quotes = self.env["test.xero.quote"].union(
            *(self.quote(line("A", 1, 10, taxes=self.tax_20), name=f"Q-{number}") for number in range(20))
        )
        costs = []
        for batch in (quotes, quotes[:3], quotes):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.quotes._prepare(batch, self.connection)
            costs.append(self.cr.sql_log_count - start)
        self.assertEqual(costs[1], costs[2])
