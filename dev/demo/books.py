"""Sample books for the demo: an Australian company with every kind of document the connector sends."""

from datetime import date, timedelta
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


def _line(name: str, price: float, quantity: float = 1, taxes: str = "gst", **more: Any) -> dict[str, Any]:
    return {"name": name, "price_unit": price, "quantity": quantity, "taxes": taxes, **more}


def _note(kind: str, name: str) -> dict[str, Any]:
    return {"display_type": f"line_{kind}", "name": name}


DOCUMENTS: list[tuple[str, str, str, list[dict[str, Any]]]] = [
    ("out_invoice", "Barossa Cellars", "AUD", [_line("Consulting", 150, 8)]),
    ("out_invoice", "Barossa Cellars", "AUD", [_line("Corks", 0.333, 1000), _line("Labels", 0.125, 333)]),
    (
        "out_invoice",
        "Coral Bay Diving",
        "AUD",
        [
            _note("section", "Equipment"),
            _line("Regulator", 349.95, 3, discount=33.33),
            _line("Wetsuit", 199.99, 7, discount=12.5),
            _note("note", "Delivered to the boat."),
            _line("Advance already paid", 250, -1),
        ],
    ),
    ("out_invoice", "Coral Bay Diving", "AUD", [_line("Guided dive, tax included", 99.95, 3, "gst_included")]),
    ("out_invoice", "Coral Bay Diving", "AUD", [_line("Reef tour", 87.35, 3, "gst+levy"), _line("Map", 4.45, 1)]),
    ("out_invoice", "Coral Bay Diving", "AUD", [_line("Boat hire", 133.33, 1), _line("Snacks", 9.99, 1)]),
    ("out_invoice", "Wellington Outfitters Ltd", "NZD", [_line("Wool, by weight", 41.237, 12.345, "export")]),
    (
        "out_invoice",
        "Great Lakes Trading Inc",
        "USD",
        [_line("Design", 1234.56, 1, "export"), _line("Hosting", 7.77, 13, "export")],
    ),
    ("out_invoice", "Café Zürich & Söhne", "EUR", [_line("Kaffeebohnen", 18.9, 25, "export", discount=7)]),
    ("out_invoice", "Barossa Cellars", "AUD", [_line("Sample", 75, 1), _line("Sample, free of charge", 75, -1)]),
    (
        "in_invoice",
        "Harbour Office Supplies",
        "AUD",
        [_line("Paper", 6.49, 40, "gst"), _line("Postage stamps", 1.2, 100, "gst")],
    ),
    ("in_invoice", "Outback Freight", "AUD", [_line("Freight", 318.18, 1), _line("Fuel levy", 318.18, 0.175)]),
    (
        "in_invoice",
        "Outback Freight",
        "USD",
        [_line("Sea freight", 2150.4, 1, "free"), _line("Insurance", 33.335, 3, "free")],
    ),
    ("in_invoice", "Harbour Office Supplies", "AUD", [_line("Label printer", 4890, 1, "capital")]),
    ("out_refund", "Barossa Cellars", "AUD", [_line("Corks returned", 0.333, 250)]),
    ("out_refund", "Great Lakes Trading Inc", "USD", [_line("Hosting, two months", 7.77, 2, "export")]),
    ("in_refund", "Harbour Office Supplies", "AUD", [_line("Paper, water damage", 6.49, 5, "gst", discount=10)]),
    ("in_refund", "Outback Freight", "AUD", [_line("Freight overcharged", 45.45, 1)]),
]

TAXES = {
    "sale": {"gst": "au_tax_sale_10", "export": "au_tax_sale_0"},
    "purchase": {
        "gst": "au_tax_purchase_10_service",
        "free": "au_tax_purchase_0_service",
        "capital": "au_tax_purchase_capital_service",
    },
}
"""The taxes of Odoo's Australian chart that the lines name."""
CODES = {
    "sale": {"gst": "OUTPUT", "export": "EXEMPTEXPORT", "gst_included": "OUTPUT"},
    "purchase": {"gst": "INPUT", "free": "EXEMPTEXPENSES", "capital": "CAPEXINPUT"},
}
"""What Xero calls them; a rate of its own that the demo makes has a number."""
OWN_RATE = "TAX001"

ROUNDED = 5
"""Position of the document that is rounded to five cents as if paid in cash."""


class Books:
    """Makes the sample books through Odoo's own interface, as a person or a program would."""

    def __init__(self, odoo: Session) -> None:
        """Use the administrator's session."""
        self.odoo = odoo
        self.today = date.today()
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
        self._add_currencies()
        self._add_taxes()
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

    def _add_taxes(self) -> None:
        for use, taxes in TAXES.items():
            for word, template in taxes.items():
                own = [("module", "=", "account"), ("name", "=", f"1_{template}")]
                found = self.odoo.read("ir.model.data", own, ["res_id"])
                self.taxes.setdefault(use, {})[word] = [found[0]["res_id"]]
        sale = {"type_tax_use": "sale", "amount_type": "percent"}
        levy = self.odoo.create("account.tax", {**sale, "name": "Marine park levy", "amount": 2.0})
        included = self.odoo.create(
            "account.tax", {**sale, "name": "GST included", "amount": 10.0, "price_include_override": "tax_included"}
        )
        self.taxes["sale"] |= {"gst+levy": [*self.taxes["sale"]["gst"], levy], "gst_included": [included]}

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
        ids = [self.odoo.create("account.move", self._document(*document)) for document in DOCUMENTS]
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

    def _document(self, kind: str, partner: str, currency: str, lines: list[dict[str, Any]]) -> dict[str, Any]:
        use = "sale" if kind.startswith("out_") else "purchase"
        number = f"{partner.split(maxsplit=1)[0].upper()}-{len(lines)}-{kind}-{currency}"
        return {
            "move_type": kind,
            "partner_id": self.partners[partner],
            "invoice_date": str(self.today),
            "invoice_date_due": str(self.today + timedelta(days=30)),
            "currency_id": self.currencies[currency],
            "ref": number if use == "purchase" else "Demo",
            "invoice_line_ids": [(0, 0, self._move_line(line, use)) for line in lines],
        }

    def _move_line(self, line: dict[str, Any], use: str) -> dict[str, Any]:
        values = {key: value for key, value in line.items() if key != "taxes"}
        if "taxes" in line:
            values["tax_ids"] = [(6, 0, self.taxes[use][line["taxes"]])]
        return values

    def wanted_codes(self) -> list[list[str]]:
        """The tax codes that the lines of each document should have in Xero."""
        return [
            [
                CODES["sale" if kind.startswith("out_") else "purchase"].get(line["taxes"], OWN_RATE)
                for line in lines
                if "taxes" in line
            ]
            for kind, _partner, _currency, lines in DOCUMENTS
        ]

    def post(self, ids: list[int]) -> None:
        """Post the documents, which is all a person does to send them."""
        self.odoo.call("account.move", "action_post", ids)
