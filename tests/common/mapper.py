"""Books on both sides for the tests of mappers: an Odoo company with documents, and what was read from Xero."""

from decimal import ROUND_HALF_UP, Decimal
from types import SimpleNamespace

from odoo import Command
from odoo.tests import tagged

from . import BooksCommon

ACCOUNTS = [
    {
        "AccountID": f"a0000000-0000-0000-0000-00000000{code}0",
        "Code": code,
        "Name": name,
        "Type": kind,
        "Class": group,
        "Status": "ACTIVE",
        "SystemAccount": system,
    }
    for code, name, kind, group, system in [
        ("200", "Sales", "REVENUE", "REVENUE", ""),
        ("260", "Other Revenue", "OTHERINCOME", "REVENUE", ""),
        ("310", "Cost of Goods Sold", "DIRECTCOSTS", "EXPENSE", ""),
        ("429", "General Expenses", "EXPENSE", "EXPENSE", ""),
        ("620", "Prepayments", "CURRENT", "ASSET", ""),
        ("720", "Equipment", "FIXED", "ASSET", ""),
        ("610", "Accounts Receivable", "CURRENT", "ASSET", "DEBTORS"),
        ("820", "Sales Tax", "CURRLIAB", "LIABILITY", ""),
        ("821", "GST", "CURRLIAB", "LIABILITY", "GST"),
        ("850", "Levies", "CURRLIAB", "LIABILITY", ""),
        ("860", "Rounding", "CURRLIAB", "LIABILITY", "ROUNDING"),
        ("970", "Owner Capital", "EQUITY", "EQUITY", ""),
    ]
]


def rate(tax_type, name, percent, applies="AELRX", display=None, **more):
    """Return Xero's element of a tax rate; ``applies``: Assets, Equity, Liabilities, Revenue, eXpenses."""
    return {
        "TaxType": tax_type,
        "Name": name,
        "Status": "ACTIVE",
        "EffectiveRate": Decimal(str(percent)),
        "DisplayTaxRate": Decimal(str(percent if display is None else display)),
        "CanApplyToAssets": "A" in applies,
        "CanApplyToEquity": "E" in applies,
        "CanApplyToLiabilities": "L" in applies,
        "CanApplyToRevenue": "R" in applies,
        "CanApplyToExpenses": "X" in applies,
        "TaxComponents": [{"Name": name, "Rate": Decimal(str(percent)), "IsCompound": False}],
        **more,
    }


RATES = [rate("NONE", "No Tax", 0)]
CURRENCIES = [{"Code": code, "Description": code} for code in ("USD", "EUR", "JPY", "KWD", "GBP")]

THEMES = [
    {"BrandingThemeID": f"b0000000-0000-0000-0000-00000000000{number}", "Name": name, "SortOrder": number}
    for number, name in enumerate(["Standard", "Wholesale"])
]


class Reading:
    """Answers as Xero does to the calls that read reference lists; counts them."""

    def __init__(self, accounts=None, rates=None, currencies=None, tracking=()):
        self.data = {
            "Accounts": ACCOUNTS if accounts is None else accounts,
            "TaxRates": RATES if rates is None else rates,
            "Currencies": CURRENCIES if currencies is None else currencies,
            "BrandingThemes": THEMES,
            "TrackingCategories": list(tracking),
        }
        self.calls = []

    def get(self, resource, **_options):
        self.calls.append(resource)
        return SimpleNamespace(data={resource: self.data[resource]})


def cents(value):
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


def xero_totals(payload, percents):
    """Compute what Xero makes of a document's lines, independently of the code under test: ``(net, tax, total)``."""
    net = tax = Decimal(0)
    for line in payload["LineItems"]:
        if "UnitAmount" not in line:
            assert set(line) == {"Description"}, line
            continue
        amount = cents(line["Quantity"] * line["UnitAmount"] * (100 - line.get("DiscountRate", 0)) / 100)
        net += amount
        tax += line["TaxAmount"] if "TaxAmount" in line else cents(amount * percents[line["TaxType"]] / 100)
    return net, tax, net + tax


SIGNATURE = "0123456789abcdef0123"


@tagged("post_install", "-at_install")
class MapperCase(BooksCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.env["ir.config_parameter"].set_param("database.uuid", "1a2b3c4d-0000-0000-0000-000000000000")
        cls.env["ir.config_parameter"].set_param("web.base.url", "https://odoo.example.com")
        # The key of the server is another one everywhere.
        cls.classPatch(
            type(cls.env["xero.identity"]), "_signatures", lambda _self, _model, ids, _of: dict.fromkeys(ids, SIGNATURE)
        )
        credential = cls.env["xero.credential"].sudo().create({"name": "App", "client_id": "client"})
        cls.connection = (
            cls.env["xero.connection"]
            .sudo()
            .create(
                {
                    "company_id": cls.company.id,
                    "credential_id": credential.id,
                    "tenant_name": "Xero Org",
                    "currency_code": "USD",
                    "sync_from": False,
                }
            )
        )
        cls.env["xero.mapping.service"]._read_lists(cls.connection, Reading())
        cls.mapper = {kind: cls.env["xero.mapper"]._for_type(kind) for kind in ("Contact", "Invoice", "CreditNote")}
        cls.revenue = cls.company_data["default_account_revenue"]
        cls.expense = cls.company_data["default_account_expense"]
        cls.levy_account = cls.env["account.account"].create(
            {"name": "Levies payable", "code": "LEVY1", "account_type": "liability_current"}
        )
        cls.map_account(cls.revenue, "200")
        cls.map_account(cls.expense, "429")
        cls.map_account(cls.levy_account, "850")
        cls.link(cls.partner_a, "c0000000-0000-0000-0000-00000000000a")

    # === XERO'S SIDE === #

    @classmethod
    def xero_account(cls, code):
        return cls.env["xero.account"].sudo().search([("connection_id", "=", cls.connection.id), ("code", "=", code)])

    @classmethod
    def map_account(cls, account, code):
        row = cls.env["xero.mapping.account"].sudo()._ensure(cls.connection, account)
        row.xero_account_id = cls.xero_account(code)
        return row

    @classmethod
    def map_taxes(cls, taxes, use, percent, tax_type=None):
        """Map the set ``taxes`` to a rate of ``percent``, made when needed."""
        tax_type = tax_type or f"{use[:1].upper()}{percent:g}"
        rates = cls.env["xero.tax.rate"].sudo()
        found = rates.search([("connection_id", "=", cls.connection.id), ("tax_type", "=", tax_type)])
        found = found or rates.create(
            {"connection_id": cls.connection.id, **rates._values(rate(tax_type, tax_type, percent))}
        )
        row = cls.env["xero.mapping.tax"].sudo()._ensure(cls.connection, [(tuple(sorted(taxes.ids)), use)])
        row.xero_tax_rate_id = found
        return row

    @classmethod
    def link(cls, record, xero_id, **values):
        return (
            cls.env["xero.link"]
            .sudo()
            .create(
                {
                    "connection_id": cls.connection.id,
                    "company_id": cls.company.id,
                    "res_model": record._name,
                    "res_id": record.id,
                    "xero_type": "Contact" if record._name == "res.partner" else cls._type(record),
                    "xero_id": xero_id,
                    "state": "synced",
                    **values,
                }
            )
        )

    @staticmethod
    def _type(move):
        return "CreditNote" if move.move_type.endswith("refund") else "Invoice"

    # === ODOO'S SIDE === #

    @classmethod
    def tax(cls, amount, use="sale", mapped=True, **values):
        account = cls.company_data["default_account_tax_sale" if use == "sale" else "default_account_tax_purchase"]
        values.setdefault("amount_type", "percent")
        lines = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": account.id}),
        ]
        for field in ("invoice_repartition_line_ids", "refund_repartition_line_ids"):
            values.setdefault(field, [Command.clear(), *lines])
        tax = cls.env["account.tax"].create(
            {"name": f"{values['amount_type']} {amount} {use}", "amount": amount, "type_tax_use": use, **values}
        )
        if mapped and values["amount_type"] == "percent" and amount >= 0:
            cls.map_taxes(tax, use, amount)
        return tax

    @classmethod
    def move(cls, lines, move_type="out_invoice", post=True, **values):
        """Make a document.

        :param lines: dicts of line values, or tuples ([quantity,] price, [discount,] taxes)
        """
        account = cls.revenue if move_type.startswith("out") else cls.expense
        commands = []
        for line in lines:
            if isinstance(line, tuple):
                *numbers, taxes = line
                quantity, price, discount = {1: (1, *numbers, 0), 2: (*numbers, 0), 3: numbers}[len(numbers)]
                line = {"quantity": quantity, "price_unit": price, "discount": discount, "tax_ids": taxes}
            line = {"account_id": account.id, "name": "Line", **line} if "display_type" not in line else line
            if "tax_ids" in line:
                line = {**line, "tax_ids": [Command.set(line["tax_ids"].ids if line["tax_ids"] else [])]}
            commands.append(Command.create(line))
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": cls.partner_a.id,
                "invoice_date": "2026-03-05",
                "date": "2026-03-05",
                "invoice_payment_term_id": False,
                "invoice_date_due": "2026-04-04",
                "invoice_line_ids": commands,
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    # === LOOKING === #

    def prepare(self, record):
        kind = "Contact" if record._name == "res.partner" else self._type(record)
        return self.mapper[kind]._prepare(record, self.connection)[record.id]

    def sent(self, record):
        """Return what is sent for ``record``: without problems, and with Odoo's total by Xero's arithmetic."""
        out = self.prepare(record)
        self.assertFalse(out.problems + out.needs)
        self.assert_agrees(record, out)
        return out

    def percents(self):
        rates = self.env["xero.tax.rate"].sudo().search([("connection_id", "=", self.connection.id)])
        return {found.tax_type: Decimal(str(found.effective_rate)) for found in rates}

    def assert_agrees(self, move, out, message=None):
        """Xero's total is Odoo's, and nothing is sent that Xero refuses."""
        wanted = cents(Decimal(repr(move.amount_total)))
        self.assertEqual(out.total, wanted, message)
        self.assertEqual(xero_totals(out.payload, self.percents())[2], wanted, message)
        smallest = Decimal(1) if move.currency_id.decimal_places == 0 else Decimal("0.01")
        for line in out.payload["LineItems"]:
            if "TaxAmount" in line:
                self.assertLessEqual(abs(line["TaxAmount"]), abs(line["UnitAmount"]), message)
                self.assertLessEqual(line["TaxAmount"], line["UnitAmount"], message)
                self.assertFalse(line["TaxAmount"] % smallest, f"{message}: a fraction of the smallest unit")
            self.assertTrue(0 < len(line["Description"]) <= 4000)

    def lines(self, out):
        """Return ``(quantity, price, discount, tax type, given tax)`` of each line with an amount."""
        return [
            (line["Quantity"], line["UnitAmount"], line.get("DiscountRate"), line["TaxType"], line.get("TaxAmount"))
            for line in out.payload["LineItems"]
            if "UnitAmount" in line
        ]
