"""Whole requests as files: a change of what is sent shows as a change of a file.

To write them anew after a wanted change: run this test with ``XERO_WRITE_GOLDEN=1`` and read the difference.
"""

import json
import os
from pathlib import Path

from odoo import Command
from odoo.tests import tagged

from ..xero_api import codec
from .common.mapper import CURRENCIES, MapperCase, Reading, rate

TRACKING = [
    {
        "TrackingCategoryID": f"c0000000-0000-0000-0000-00000000000{number}",
        "Name": name,
        "Status": "ACTIVE",
        "Options": [
            {"TrackingOptionID": f"0{number}000000-0000-0000-0000-000000000001", "Name": option, "Status": "ACTIVE"}
        ],
    }
    for number, name, option in ((1, "Region", "North"), (2, "Department", "Sales"))
]
GOLDEN = Path(__file__).parent / "golden"


@tagged("post_install", "-at_install")
class TestMapperGolden(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["xero.mapping.service"]._read_lists(
            cls.connection,
            Reading(
                rates=[
                    rate("NONE", "No VAT", 0),
                    rate("OUTPUT2", "20% (VAT on Income)", 20, "AELR"),
                    rate("INPUT2", "20% (VAT on Expenses)", 20, "AELX"),
                    rate("RROUTPUT", "5% (VAT on Income)", 5, "AELR"),
                    rate("TAX001", "State and City", 8.5, "AELR"),
                ],
                currencies=CURRENCIES,
                tracking=TRACKING,
            ),
        )
        cls.env.company.tax_calculation_rounding_method = "round_globally"
        cls.output20 = cls._mapped(cls.tax(20, mapped=False, name="VAT 20"), "sale", "OUTPUT2")
        cls.output5 = cls._mapped(
            cls.tax(5, mapped=False, name="VAT 5", price_include_override="tax_included"), "sale", "RROUTPUT"
        )
        cls.input20 = cls._mapped(cls.tax(20, "purchase", mapped=False, name="VAT 20 purchase"), "purchase", "INPUT2")
        state, city = cls.tax(6.25, mapped=False, name="State"), cls.tax(2.25, mapped=False, name="City")
        cls.state_and_city = cls._mapped(state + city, "sale", "TAX001")
        parts = [
            Command.clear(),
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": cls.levy_account.id}),
        ]
        cls.levy = cls.tax(
            0.5,
            amount_type="fixed",
            name="Recycling levy",
            include_base_amount=True,
            sequence=0,
            invoice_repartition_line_ids=parts,
            refund_repartition_line_ids=parts,
        )
        cls.euro = cls.setup_other_currency("EUR", rates=[("2000-01-01", 0.923456789)])

    @classmethod
    def _mapped(cls, taxes, use, tax_type):
        cls.map_taxes(taxes, use, 0, tax_type)
        return taxes

    # === DOCUMENTS === #

    def _invoice(self):
        """Sections, discounts, several taxes, a levy, included tax, a negative line, a fold."""
        self.env.ref("product.decimal_price").digits = 6
        return self.move(
            [
                {"display_type": "line_section", "name": "Goods", "sequence": 1},
                {
                    "name": "Chair\nOak",
                    "quantity": 4,
                    "price_unit": 129.95,
                    "discount": 10,
                    "tax_ids": self.output20,
                    "sequence": 2,
                },
                {
                    "name": "Battery",
                    "quantity": 10,
                    "price_unit": 3.2,
                    "tax_ids": self.levy + self.output20,
                    "sequence": 3,
                },
                {
                    "name": "Book, price with tax",
                    "quantity": 3,
                    "price_unit": 9.99,
                    "tax_ids": self.output5,
                    "sequence": 4,
                },
                {
                    "name": "Screws",
                    "quantity": 12345,
                    "price_unit": 0.012345,
                    "tax_ids": self.state_and_city,
                    "sequence": 5,
                },
                {"name": "Voucher", "quantity": 1, "price_unit": -25, "tax_ids": self.output20, "sequence": 6},
                {"display_type": "line_note", "name": "Delivered on Friday.", "sequence": 7},
            ],
            name="INV/2026/00042",
            ref="PO 77",
        )

    def _bill(self):
        """Foreign currency, net prices in place of discounts, no tax on one line."""
        return self.move(
            [
                {"name": "Steel", "quantity": 2.5, "price_unit": 40.1, "discount": 15, "tax_ids": self.input20},
                {"name": "Carriage", "quantity": 1, "price_unit": 12, "tax_ids": None},
            ],
            "in_invoice",
            name="BILL/2026/03/0007",
            ref="F-2026-118",
            currency_id=self.euro.id,
        )

    def _credit_note(self):
        return self.move(
            [(1, 129.95, 10, self.output20)], "out_refund", name="RINV/2026/00003", ref="Reversal of: INV/2026/00042"
        )

    def _refund(self):
        return self.move([(0.33, self.input20)] * 3, "in_refund", name="RBILL/2026/03/0001", ref="CN-77")

    def _analytic_accounts(self):
        accounts = self.env["account.analytic.account"].search([("name", "in", ("North", "South", "Sales"))])
        if not accounts:
            plans = self.env["account.analytic.plan"].create([{"name": "Region"}, {"name": "Department"}])
            accounts = self.env["account.analytic.account"].create(
                [
                    {"name": "North", "plan_id": plans[0].id},
                    {"name": "South", "plan_id": plans[0].id},
                    {"name": "Sales", "plan_id": plans[1].id},
                ]
            )
            self.env["xero.mapping.tracking"]._refresh(self.connection)
        return accounts.sorted("id")

    def _tracked_bill(self):
        """One line for one account of each of two plans, one that is shared out, one of nothing."""
        north, south, sales = self._analytic_accounts()
        lines = [
            ("Both", {f"{north.id},{sales.id}": 100}),
            ("Shared out", {str(north.id): 60, str(south.id): 40}),
            ("None", False),
        ]
        return self.move(
            [
                {
                    "name": name,
                    "quantity": 1,
                    "price_unit": 10,
                    "tax_ids": self.input20,
                    "analytic_distribution": shares,
                }
                for name, shares in lines
            ],
            "in_invoice",
            name="BILL/2026/03/0009",
            ref="F-2026-120",
        )

    def _shared_bill(self):
        """A line of two accounts and one of a whole other plan, taxed and priced by the piece; with a discount."""
        north, south, sales = map(str, self._analytic_accounts().ids)
        lines = [
            ("Rent", 3, 33.33, 0, {north: 60, south: 40, sales: 100}),
            ("Power", 1, 50.01, 10, {f"{north},{sales}": 50, south: 25}),
        ]
        return self.move(
            [
                {
                    "name": name,
                    "quantity": quantity,
                    "price_unit": price,
                    "discount": discount,
                    "tax_ids": self.input20,
                    "analytic_distribution": shares,
                }
                for name, quantity, price, discount, shares in lines
            ],
            "in_invoice",
            name="BILL/2026/03/0010",
            ref="F-2026-121",
        )

    def test_documents(self):
        for name, make in (
            ("invoice", self._invoice),
            ("bill", self._bill),
            ("credit_note", self._credit_note),
            ("vendor_credit", self._refund),
            ("tracked_bill", self._tracked_bill),
            ("shared_bill", self._shared_bill),
        ):
            # As it was sent before lines could be divided.
            self.connection.line_shares = "untracked" if name == "tracked_bill" else "split"
            move = make()
            with self.subTest(name):
                payload = self.sent(move).payload
                if "Url" in payload:
                    payload["Url"] = payload["Url"].replace(f"res_id={move.id}", "res_id=1")
                self.assert_golden(name, {self.mapper[self._type(move)]._xero_resource: [payload]})

    def test_contact(self):
        partner = self.env["res.partner"].create(
            {
                "name": "Müller & Söhne  GmbH",
                "is_company": True,
                "vat": "DE136695976",
                "street": "Hauptstraße 1",
                "zip": "10115",
                "city": "Berlin",
                "country_id": self.env.ref("base.de").id,
                "phone": "+49 30 901820",
                "email": "rechnung@mueller.example.com",
                "property_payment_term_id": self.env.ref("account.account_payment_term_30days").id,
                "property_supplier_payment_term_id": self.env.ref("account.account_payment_term_15days").id,
                "child_ids": [Command.create({"name": "Eva Maria Klein", "email": "eva@mueller.example.com"})],
            }
        )
        payload = self.prepare(partner).payload
        payload["ContactNumber"] = payload["ContactNumber"].replace(f"-{partner.id}-", "-1-")
        self.assert_golden("contact", {"Contacts": [payload]})

    def test_journal(self):
        """A taxed line, and one that is not."""
        self.connection.sync_journals = True
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2026-03-31",
                "name": "MISC/2026/03/0001",
                "ref": "Accrued rent",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.expense.id,
                            "name": "Rent",
                            "balance": 500,
                            "tax_ids": [Command.set(self.input20.ids)],
                        }
                    ),
                    Command.create({"account_id": self.levy_account.id, "name": "Accrual", "balance": -600}),
                ],
            }
        )
        entry.action_post()
        out = self.env["xero.mapper"]._for_type("ManualJournal")._prepare(entry, self.connection)[entry.id]
        self.assertFalse(out.problems)
        payload = out.payload
        payload["Url"] = payload["Url"].replace(f"res_id={entry.id}", "res_id=1")
        payload["Narration"] = payload["Narration"].replace(f"-{entry.id}", "-1")
        self.assert_golden("manual_journal", {"ManualJournals": [payload]})

    # === COMPARING === #

    def assert_golden(self, name, body):
        path = GOLDEN / f"{name}.json"
        text = (
            json.dumps(codec.loads(codec.dumps(body)), indent=2, ensure_ascii=False, sort_keys=True, default=float)
            + "\n"
        )
        if os.environ.get("XERO_WRITE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text, path.name)
