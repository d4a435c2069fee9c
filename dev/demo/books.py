"""Sample books for the demo: an Australian company with every kind of document the connector sends."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from dev.machine.rpc import Session

CURRENCIES = {"NZD": 1.0917, "USD": 0.6587, "EUR": 0.6049, "GBP": 0.5128}
"""Units for one Australian dollar."""

PARTNERS = [
    {"name": "Barossa Cellars", "vat": "51824753556", "city": "Tanunda", "zip": "5352", "country": "au"},
    {"name": "Coral Bay Diving", "email": "office@coralbay.example", "phone": "+61 8 5550 1000", "country": "au"},
    {"name": "Wellington Outfitters Ltd", "city": "Wellington", "zip": "6011", "country": "nz"},
    {"name": "Great Lakes Trading Inc", "street": "12 Pier Road", "city": "Chicago", "country": "us"},
    {"name": "Café Zürich & Söhne", "city": "Hamburg", "country": "de"},
    {"name": "Harbour Office Supplies", "vat": "53004085616", "supplier": True, "country": "au"},
    {"name": "Outback Freight", "supplier": True, "country": "au"},
]


def line(name: str, price: float, quantity: float = 1, taxes: str = "gst", **more: Any) -> dict[str, Any]:
    """A line of a document; `taxes` is a word of `TAXES`, `more` are fields of Odoo's."""
    return {"name": name, "price_unit": price, "quantity": quantity, "taxes": taxes, **more}


def _note(kind: str, name: str) -> dict[str, Any]:
    return {"display_type": f"line_{kind}", "name": name}


DOCUMENTS: list[tuple[str, str, str, list[dict[str, Any]]]] = [
    ("out_invoice", "Barossa Cellars", "AUD", [line("Consulting", 150, 8)]),
    ("out_invoice", "Barossa Cellars", "AUD", [line("Corks", 0.333, 1000), line("Labels", 0.125, 333)]),
    (
        "out_invoice",
        "Coral Bay Diving",
        "AUD",
        [
            _note("section", "Equipment"),
            line("Regulator", 349.95, 3, discount=33.33),
            line("Wetsuit", 199.99, 7, discount=12.5),
            _note("note", "Delivered to the boat."),
            line("Advance already paid", 250, -1),
        ],
    ),
    ("out_invoice", "Coral Bay Diving", "AUD", [line("Guided dive, tax included", 99.95, 3, "gst_included")]),
    ("out_invoice", "Coral Bay Diving", "AUD", [line("Reef tour", 87.35, 3, "gst+levy"), line("Map", 4.45, 1)]),
    ("out_invoice", "Coral Bay Diving", "AUD", [line("Boat hire", 133.33, 1), line("Snacks", 9.99, 1)]),
    ("out_invoice", "Wellington Outfitters Ltd", "NZD", [line("Wool, by weight", 41.237, 12.345, "export")]),
    (
        "out_invoice",
        "Great Lakes Trading Inc",
        "USD",
        [line("Design", 1234.56, 1, "export"), line("Hosting", 7.77, 13, "export")],
    ),
    ("out_invoice", "Café Zürich & Söhne", "EUR", [line("Kaffeebohnen", 18.9, 25, "export", discount=7)]),
    ("out_invoice", "Barossa Cellars", "AUD", [line("Sample", 75, 1), line("Sample, free of charge", 75, -1)]),
    (
        "in_invoice",
        "Harbour Office Supplies",
        "AUD",
        [line("Paper", 6.49, 40, "gst"), line("Postage stamps", 1.2, 100, "gst")],
    ),
    ("in_invoice", "Outback Freight", "AUD", [line("Freight", 318.18, 1), line("Fuel levy", 318.18, 0.175)]),
    (
        "in_invoice",
        "Outback Freight",
        "USD",
        [line("Sea freight", 2150.4, 1, "free"), line("Insurance", 33.335, 3, "free")],
    ),
    ("in_invoice", "Harbour Office Supplies", "AUD", [line("Label printer", 4890, 1, "capital")]),
    ("out_refund", "Barossa Cellars", "AUD", [line("Corks returned", 0.333, 250)]),
    ("out_refund", "Great Lakes Trading Inc", "USD", [line("Hosting, two months", 7.77, 2, "export")]),
    ("in_refund", "Harbour Office Supplies", "AUD", [line("Paper, water damage", 6.49, 5, "gst", discount=10)]),
    ("in_refund", "Outback Freight", "AUD", [line("Freight overcharged", 45.45, 1)]),
    (
        "in_invoice",
        "Harbour Office Supplies",
        "AUD",
        [line("Telephone, business", 60, 1), line("Telephone, private", 40, 1, "private")],
    ),
    ("in_invoice", "Harbour Office Supplies", "AUD", [line("Repairs of the flat that is let", 240, 1, "input_taxed")]),
    ("in_invoice", "Great Lakes Trading Inc", "USD", [line("Pumps, GST paid at customs", 310.5, 2, "import")]),
]

TAXES = {
    "sale": {"gst": "au_tax_sale_10", "export": "au_tax_sale_0"},
    "purchase": {
        "gst": "au_tax_purchase_10_service",
        "free": "au_tax_purchase_0_service",
        "capital": "au_tax_purchase_capital_service",
        "private": "au_tax_purchase_private_service",
        "input_taxed": "au_tax_purchase_input_service",
        "import": "au_tax_purchase_taxable_import_service",
    },
}
"""The taxes of Odoo's Australian chart that the lines name."""
CODES = {
    "sale": {"gst": "OUTPUT", "export": "EXEMPTEXPORT", "gst_included": "OUTPUT"},
    "purchase": {
        "gst": "INPUT",
        "free": "EXEMPTEXPENSES",
        "capital": "CAPEXINPUT",
        "private": "BASEXCLUDED",
        "input_taxed": "INPUTTAXED",
        "import": "BASEXCLUDED",
    },
}
"""What Xero calls them; a rate of its own that the demo makes has a number."""
UNTAXED = ("EXEMPTEXPORT", "EXEMPTEXPENSES", "BASEXCLUDED", "INPUTTAXED")
"""Codes of lines whose GST nobody pays or claims: what Odoo booked of it is part of the cost."""
OWN_RATE = "TAX001"

ROUNDED = 5
"""Position of the document that is rounded to five cents as if paid in cash."""


class Books:
    """Makes the sample books through Odoo's own interface, as a person or a program would."""

    def __init__(self, odoo: Session) -> None:
        """Use the administrator's session."""
        self.odoo = odoo
        self.today = date.today()
        self.numbers = count(1)
        self.partners: dict[str, int] = {}
        self.taxes: dict[str, dict[str, list[int]]] = {}
        self.currencies: dict[str, int] = {}

    def set_up_company(self) -> None:
        """Turn the database's company into an Australian one with its chart of accounts and taxes."""
        country = self._id("res.country", [("code", "=", "AU")])
        self.odoo.call("account.chart.template", "try_loading", [], "au", 1)
        values = {"name": "Harbour Trading", "country_id": country, "vat": "53004085616", "city": "Sydney"}
        self.odoo.call("res.company", "write", [1], values)

    def prepare(self) -> None:
        """Currencies with rates, taxes and partners."""
        self.prepare_trade()
        self._add_own_taxes()

    def prepare_trade(self) -> None:
        """The same without taxes that are none of the chart's."""
        self._add_currencies()
        self._find_taxes()
        self._add_partners()

    def _id(self, model: str, domain: list[Any], **options: Any) -> int:
        return self.odoo.call(model, "search", domain, limit=1, **options)[0]

    def _add_currencies(self) -> None:
        found = self.odoo.call(
            "res.currency",
            "search_read",
            [("name", "in", ["AUD", *CURRENCIES])],
            ["name"],
            context={"active_test": False},
        )
        self.currencies = {row["name"]: row["id"] for row in found}
        self.odoo.call("res.currency", "write", list(self.currencies.values()), {"active": True})
        day = str(self.today - timedelta(days=60))
        self.odoo.create(
            "res.currency.rate",
            [
                {"currency_id": self.currencies[name], "rate": rate, "name": day, "company_id": 1}
                for name, rate in CURRENCIES.items()
            ],
        )

    def _find_taxes(self) -> None:
        for use, taxes in TAXES.items():
            for word, template in taxes.items():
                own = [("module", "=", "account"), ("name", "=", f"1_{template}")]
                found = self.odoo.read("ir.model.data", own, ["res_id"])
                self.taxes.setdefault(use, {})[word] = [found[0]["res_id"]]

    def _add_own_taxes(self) -> None:
        sale = {"type_tax_use": "sale", "amount_type": "percent"}
        levy = self.odoo.create("account.tax", {**sale, "name": "Marine park levy", "amount": 2.0})
        included = self.odoo.create(
            "account.tax", {**sale, "name": "GST included", "amount": 10.0, "price_include_override": "tax_included"}
        )
        self._book_as(self.taxes["sale"]["gst"], [levy, included])
        self.taxes["sale"] |= {"gst+levy": [*self.taxes["sale"]["gst"], levy], "gst_included": [included]}

    def _book_as(self, like: list[int], taxes: list[int]) -> None:
        """Have `taxes` booked on the account of another one; without any they would be booked as what was sold."""
        own = [("repartition_type", "=", "tax"), ("account_id", "!=", False), ("tax_id", "in", like)]
        [account, *_others] = self.odoo.read("account.tax.repartition.line", own, ["account_id"])
        lines = self.odoo.read(
            "account.tax.repartition.line", [("repartition_type", "=", "tax"), ("tax_id", "in", taxes)], ["id"]
        )
        values = {"account_id": account["account_id"][0]}
        self.odoo.call("account.tax.repartition.line", "write", [line["id"] for line in lines], values)

    def _add_partners(self) -> None:
        codes = {partner["country"].upper() for partner in PARTNERS}
        countries = self.odoo.read("res.country", [("code", "in", list(codes))], ["code"])
        by_code = {row["code"].lower(): row["id"] for row in countries}
        rows = []
        for partner in PARTNERS:
            row = {key: value for key, value in partner.items() if key not in ("country", "supplier")}
            rank = "supplier_rank" if partner.get("supplier") else "customer_rank"
            rows.append({**row, "is_company": True, rank: 1, "country_id": by_code[partner["country"]]})
        ids = self.odoo.create("res.partner", rows)
        self.partners = {row["name"]: partner for row, partner in zip(rows, ids)}

    def make_documents(self) -> list[int]:
        """Create all documents as drafts and return their ids."""
        ids = [self.make(*document) for document in DOCUMENTS]
        rounding = self.odoo.create(
            "account.cash.rounding",
            {
                "name": "Five cents",
                "rounding": 0.05,
                "strategy": "add_invoice_line",
                "rounding_method": "HALF-UP",
                "profit_account_id": self._id("account.account", [("account_type", "=", "income_other")]),
                "loss_account_id": self._id("account.account", [("account_type", "=", "expense")]),
            },
        )
        self.odoo.call("account.move", "write", [ids[ROUNDED]], {"invoice_cash_rounding_id": rounding})
        return ids

    def make(
        self, kind: str, partner: str, currency: str, lines: list[dict[str, Any]], days: int = 0, **more: Any
    ) -> int:
        """Create a document, dated so many `days` ago, as a draft; return its id. `more` goes before all else."""
        day = self.today - timedelta(days=days)
        return self.odoo.create("account.move", {**self._document(kind, partner, currency, lines, day), **more})

    def _document(
        self, kind: str, partner: str, currency: str, lines: list[dict[str, Any]], day: date
    ) -> dict[str, Any]:
        use = "sale" if kind.startswith("out_") else "purchase"
        number = f"{partner.split(maxsplit=1)[0].upper()}-{next(self.numbers)}"
        return {
            "move_type": kind,
            "partner_id": self.partners[partner],
            "invoice_date": str(day),
            "invoice_date_due": str(day + timedelta(days=30)),
            "currency_id": self.currencies[currency],
            "ref": number if use == "purchase" else "Demo",
            "invoice_line_ids": [(0, 0, self._move_line(one, use)) for one in lines],
        }

    def _move_line(self, one: dict[str, Any], use: str) -> dict[str, Any]:
        values = {key: value for key, value in one.items() if key != "taxes"}
        if "taxes" in one:
            values["tax_ids"] = [(6, 0, self.taxes[use][one["taxes"]])]
        return values

    def wanted_codes(self) -> list[list[str]]:
        """The tax codes that the lines of each document should have in Xero."""
        return [
            [
                CODES["sale" if kind.startswith("out_") else "purchase"].get(one["taxes"], OWN_RATE)
                for one in lines
                if "taxes" in one
            ]
            for kind, _partner, _currency, lines in DOCUMENTS
        ]

    def post(self, ids: list[int]) -> None:
        """Post the documents, which is all a person does to send them."""
        self.odoo.call("account.move", "action_post", ids)
