"""Which suggestions are made, and which of them are sure."""

from odoo.tests import BaseCase, tagged

from ..models.mapping.suggest import AccountFacts, RateFacts, suggest_account, suggest_rate, suggest_untaxed

CHART = [
    AccountFacts("200", "Sales", "REVENUE", "REVENUE"),
    AccountFacts("260", "Other Revenue", "OTHERINCOME", "REVENUE"),
    AccountFacts("300", "Purchases", "DIRECTCOSTS", "EXPENSE"),
    AccountFacts("400", "Advertising", "EXPENSE", "EXPENSE"),
    AccountFacts("412", "Consulting & Accounting", "EXPENSE", "EXPENSE"),
    AccountFacts("416", "Depreciation", "DEPRECIATN", "EXPENSE"),
    AccountFacts("630", "Inventory", "INVENTORY", "ASSET"),
    AccountFacts("720", "Computer Equipment", "FIXED", "ASSET"),
    AccountFacts("826", "Superannuation Payable", "CURRLIAB", "LIABILITY"),
    AccountFacts("900", "Loan", "TERMLIAB", "LIABILITY"),
]


def rate_facts(*rows):
    return [RateFacts(tax_type, name, percent, display, report) for tax_type, name, percent, display, report in rows]


UK_SALES = rate_facts(
    ("OUTPUT2", "20% (VAT on Income)", 20, 20, "OUTPUT"),
    ("RROUTPUT", "5% (VAT on Income)", 5, 5, "OUTPUT"),
    ("ZERORATEDOUTPUT", "Zero Rated Income", 0, 0, "OUTPUT"),
    ("EXEMPTOUTPUT", "Exempt Income", 0, 0, "EXEMPTOUTPUT"),
    ("ECZROUTPUT", "Zero Rated EC Goods Income", 0, 0, "ECOUTPUT"),
    ("NONE", "No VAT", 0, 0, "NONE"),
)
UK_PURCHASES = rate_facts(
    ("INPUT2", "20% (VAT on Expenses)", 20, 20, "INPUT"),
    ("REVERSECHARGES", "Reverse Charge Expenses (20%)", 0, 20, "REVERSECHARGES"),
    ("ZERORATEDINPUT", "Zero Rated Expenses", 0, 0, "INPUT"),
    ("EXEMPTINPUT", "Exempt Expenses", 0, 0, "EXEMPTINPUT"),
    ("NONE", "No VAT", 0, 0, "NONE"),
)


@tagged("post_install", "-at_install")
class TestMappingSuggest(BaseCase):
    def account(self, code, name, account_type):
        group = account_type.partition("_")[0]
        found = suggest_account(code, name, account_type, group, CHART)
        return (CHART[found.index].code, found.reason, found.sure) if found else None

    def test_accounts(self):
        for code, name, account_type, wanted in (
            ("200", "Turnover", "income", ("200", "code", True)),
            ("200", "Bank suspense", "asset_current", ("630", "kind", False)),
            ("7070", "SALES", "income", ("200", "name", True)),
            ("6", "Consulting and accounting", "expense", ("412", "name", True)),
            ("6", "Dépréciation", "expense_depreciation", ("416", "name", True)),
            ("6", "Advertisement", "expense", ("400", "similar", False)),
            ("6", "Zzz", "expense_direct_cost", ("300", "kind", False)),
            ("6", "Zzz", "expense", ("400", "kind", False)),
            ("7", "Zzz", "income_other", ("260", "kind", False)),
            ("2", "Bank loan", "liability_non_current", ("900", "similar", False)),
            ("1", "Zzz", "equity", None),
        ):
            self.assertEqual(self.account(code, name, account_type), wanted, (code, name, account_type))

    def test_class_must_fit(self):
        self.assertNotEqual((self.account("400", "Advertising", "income") or [""])[0], "400")

    def test_two_accounts_of_one_name_are_not_sure(self):
        twice = [*CHART, AccountFacts("201", "Sales", "REVENUE", "REVENUE")]
        self.assertFalse(suggest_account("7", "Sales", "income", "income", twice).sure)

    def rate(self, name, effective, candidates, nominal=None):
        found = suggest_rate(name, effective, effective if nominal is None else nominal, candidates)
        return (candidates[found.index].tax_type, found.sure) if found else None

    def test_rates(self):
        for name, effective, candidates, wanted in (
            ("20% S", 20, UK_SALES, ("OUTPUT2", True)),
            ("5%", 5, UK_SALES, ("RROUTPUT", True)),
            ("17.5%", 17.5, UK_SALES, None),
            ("zero rated income", 0, UK_SALES, ("ZERORATEDOUTPUT", True)),
            ("0% exempt", 0, UK_SALES, ("EXEMPTOUTPUT", False)),
            ("0% EC goods", 0, UK_SALES, ("ECZROUTPUT", False)),
            ("0% zero", 0, UK_PURCHASES, ("ZERORATEDINPUT", False)),
        ):
            self.assertEqual(self.rate(name, effective, candidates), wanted, name)

    def test_reverse_charge(self):
        self.assertEqual(self.rate("20% reverse", 0, UK_PURCHASES, nominal=20), ("REVERSECHARGES", True))
        self.assertEqual(self.rate("5% reverse", 0, UK_PURCHASES, nominal=5), ("REVERSECHARGES", False))
        without = [facts for facts in UK_PURCHASES if facts.tax_type != "REVERSECHARGES"]
        self.assertFalse(self.rate("20% reverse", 0, without, nominal=20)[1])

    def test_untaxed(self):
        self.assertEqual(UK_SALES[suggest_untaxed(UK_SALES).index].tax_type, "NONE")
        self.assertIsNone(suggest_untaxed(UK_SALES[:2]))
