"""Which suggestions are made, and which of them are sure."""

from odoo.tests import BaseCase, tagged

from ..models.mapping.suggest import AccountFacts, suggest_account
from ..models.mapping.suggest_tax import (
    Listed,
    RateFacts,
    TaxFacts,
    doubt,
    sides_of,
    suggest_rate,
    suggest_untaxed,
    words_of,
)

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


BOTH = frozenset(("sale", "purchase"))


def rate_facts(use, *rows):
    """Rates of one side; each is (type, name, percent that is added, reported as)."""
    sides = BOTH if use is None else frozenset((use,))
    return [RateFacts(tax_type, name, percent, percent, report, sides) for tax_type, name, percent, report in rows]


UK = rate_facts(
    "sale",
    ("OUTPUT2", "20% (VAT on Income)", 20, "OUTPUT"),
    ("RROUTPUT", "5% (VAT on Income)", 5, "OUTPUT"),
    ("ZERORATEDOUTPUT", "Zero Rated Income", 0, "OUTPUT"),
    ("EXEMPTOUTPUT", "Exempt Income", 0, "EXEMPTOUTPUT"),
    ("ECZROUTPUT", "Zero Rated EC Goods Income", 0, "ECOUTPUT"),
) + rate_facts(
    "purchase",
    ("INPUT2", "20% (VAT on Expenses)", 20, "INPUT"),
    ("REVERSECHARGES", "Reverse Charge Expenses (20%)", 0, "REVERSECHARGES"),
    ("ZERORATEDINPUT", "Zero Rated Expenses", 0, "INPUT"),
    ("EXEMPTINPUT", "Exempt Expenses", 0, "EXEMPTINPUT"),
)
UK += rate_facts(None, ("NONE", "No VAT", 0, "NONE"))
# The same names as in Australia, and none of Xero's codes for them.
CUSTOM = rate_facts(
    "purchase",
    ("TAX001", "GST on Expenses", 10, "INPUT"),
    ("TAX002", "GST on Capital", 10, "INPUT"),
    ("TAX003", "GST Free Expenses", 0, "INPUT"),
    ("TAX004", "Not claimable", 0, "INPUT"),
) + rate_facts("sale", ("TAX011", "GST on Income", 10, "OUTPUT"), ("TAX012", "GST Free Exports", 0, "OUTPUT"))
ONE = rate_facts("purchase", ("TAX001", "Ten", 10, "INPUT"))
# Where Xero has no edition of the country, people name their rates as they speak.
GERMAN = rate_facts(
    "sale",
    ("OUTPUT", "Tax on Sales", 19, "OUTPUT"),
    ("TAX003", "Steuerfreie innergemeinschaftliche Lieferung", 0, "OUTPUT"),
    ("TAX005", "Ausfuhr (Drittland)", 0, "OUTPUT"),
) + rate_facts(
    "purchase",
    ("INPUT", "Tax on Purchases", 19, "INPUT"),
    ("TAX006", "Reverse Charge 13b", 0, "INPUT"),
    ("TAX007", "Innergemeinschaftlicher Erwerb", 0, "INPUT"),
    ("GSTONIMPORTS", "Sales Tax on Imports", 0, "GSTONIMPORTS"),
)
GERMAN += rate_facts(None, ("NONE", "Tax Exempt", 0, "NONE"))


@tagged("post_install", "-at_install")
class TestMappingSuggest(BaseCase):
    def account(self, code, name, account_type):
        group = account_type.partition("_")[0]
        found = suggest_account(code, name, account_type, group, CHART)
        return (CHART[found.index].code, found.reason, found.sure) if found else None

    def test_accounts(self):
        for code, name, account_type, wanted in (
            ("200", "Turnover", "income", ("200", "code", True)),
            ("200", "Bank suspense", "asset_current", None),
            ("7070", "SALES", "income", ("200", "name", True)),
            ("6", "Consulting and accounting", "expense", ("412", "name", True)),
            ("6", "Dépréciation", "expense_depreciation", ("416", "name", True)),
            ("6", "Advertisement", "expense", ("400", "similar", False)),
            ("6", "Zzz", "expense_direct_cost", ("300", "kind", False)),
            ("6", "Zzz", "expense", None),
            ("6", "Expenses", "expense", None),
            ("7", "Income", "income", ("200", "kind", False)),
            ("7", "Zzz", "income_other", ("260", "kind", False)),
            ("2", "Bank loan", "liability_non_current", ("900", "similar", False)),
            ("1", "Zzz", "equity", None),
        ):
            self.assertEqual(self.account(code, name, account_type), wanted, (code, name, account_type))

    def test_an_account_that_is_called_by_its_kind_is_none_in_particular(self):
        general = [*CHART, AccountFacts("429", "General Expenses", "EXPENSE", "EXPENSE")]
        for name in ("Expenses", "Expense", "Other Expenses", "Operating costs", "Zzz"):
            found = suggest_account("6", name, "expense", "expense", general)
            self.assertEqual((general[found.index].name, found.sure), ("General Expenses", False), name)

    def test_a_name_must_share_a_word(self):
        liabilities = [
            AccountFacts("825", "Employee Tax Payable", "CURRLIAB", "LIABILITY"),
            AccountFacts("850", "Suspense", "CURRLIAB", "LIABILITY"),
        ]
        for name, wanted in (("GST Collected", None), ("Other Payables", None), ("Employee taxes", "825")):
            found = suggest_account("2", name, "liability_current", "liability", liabilities)
            self.assertEqual(found and liabilities[found.index].code, wanted, name)

    def test_what_both_books_sell_by_is_sure(self):
        for name, wanted in (("Product Sales", True), ("Sales Product #1", True), ("Consulting", False)):
            found = suggest_account("400000", name, "income", "income", CHART, main=True)
            self.assertEqual((found and CHART[found.index].name, found and found.sure), ("Sales", wanted), name)
        self.assertFalse(suggest_account("400000", "Product Sales", "income", "income", CHART).sure)
        twice = [*CHART, AccountFacts("201", "Revenue", "REVENUE", "REVENUE")]
        self.assertFalse(suggest_account("400000", "Product Sales", "income", "income", twice, main=True).sure)

    def test_class_must_fit(self):
        self.assertNotEqual((self.account("400", "Advertising", "income") or [""])[0], "400")

    def test_two_accounts_of_one_name_are_not_sure(self):
        twice = [*CHART, AccountFacts("201", "Sales", "REVENUE", "REVENUE")]
        self.assertFalse(suggest_account("7", "Sales", "income", "income", twice).sure)

    def rate(self, rates, name, effective, use="sale", nominal=None, claimed=True, listed=None):
        nominal = effective if nominal is None else nominal
        tax = TaxFacts(use, [name], words_of(name), effective, nominal, claimed, listed)
        found = suggest_rate(tax, rates)
        return (rates[found.index].tax_type, found.sure) if found else None

    def test_the_same_name_is_sure(self):
        self.assertEqual(self.rate(UK, "zero rated income", 0), ("ZERORATEDOUTPUT", True))
        self.assertEqual(self.rate(CUSTOM, "GST on Capital", 10, "purchase"), ("TAX002", True))
        self.assertIsNone(self.rate(CUSTOM, "GST on Capital", 5, "purchase"), "of another percentage")

    def test_a_percentage_alone_is_never_sure(self):
        self.assertEqual(self.rate(UK, "20% S", 20), ("OUTPUT2", False))
        self.assertEqual(self.rate(UK, "5%", 5), ("RROUTPUT", False))
        self.assertEqual(self.rate(ONE, "10% P", 10, "purchase"), ("TAX001", False))
        self.assertIsNone(self.rate(UK, "17.5%", 17.5))

    def test_words_tell_rates_of_one_percentage_apart(self):
        for rates, name, effective, use, wanted in (
            (UK, "0% exempt", 0, "sale", "EXEMPTOUTPUT"),
            (UK, "0% EC goods", 0, "sale", "ECZROUTPUT"),
            (UK, "0% zero", 0, "purchase", "ZERORATEDINPUT"),
            (UK, "Sales outside the EU, export", 0, "sale", "ZERORATEDOUTPUT"),
            (UK, "Exports", 0, "sale", "ZERORATEDOUTPUT"),
            (UK, "Outside the scope of VAT", 0, "sale", "NONE"),
            (CUSTOM, "New machinery, capital", 10, "purchase", "TAX002"),
            (CUSTOM, "Office supplies", 10, "purchase", "TAX001"),
            (CUSTOM, "Sold overseas (export)", 0, "sale", "TAX012"),
            (CUSTOM, "Imported goods", 0, "purchase", "TAX003"),
        ):
            found = self.rate(rates, name, effective, use)
            self.assertEqual(found, wanted and (wanted, False), name)

    def test_words_of_other_languages(self):
        for rates, name, effective, use, nominal, wanted in (
            (GERMAN, "0% IGL", 0, "sale", None, "TAX003"),
            (GERMAN, "0% livraisons intracommunautaires", 0, "sale", None, "TAX003"),
            (GERMAN, "Ausfuhrlieferung 0%", 0, "sale", None, "TAX005"),
            (GERMAN, "0% exportaciones", 0, "sale", None, "TAX005"),
            (GERMAN, "0% steuerfrei", 0, "sale", None, "NONE"),
            (GERMAN, "nicht steuerbar", 0, "sale", None, "NONE"),
            (GERMAN, "19% Reverse Charge (§13b)", 0, "purchase", 19, "TAX006"),
            (GERMAN, "19% innergemeinschaftlicher Erwerb", 0, "purchase", 19, "TAX007"),
            (GERMAN, "19% Vorsteuer", 19, "purchase", None, "INPUT"),
            (GERMAN, "19% Anlagevermögen", 19, "purchase", None, None),
            (GERMAN, "19% nicht abzugsfähig", 19, "purchase", None, None),
            (GERMAN, "19% Einfuhrumsatzsteuer", 19, "purchase", None, None),
            (UK, "0% intracomunitario", 0, "sale", None, "ECZROUTPUT"),
            (UK, "0% exonéré", 0, "sale", None, "EXEMPTOUTPUT"),
            (UK, "0% hors UE", 0, "sale", None, "ZERORATEDOUTPUT"),
            (UK, "0% no sujeto", 0, "sale", None, "NONE"),
            (UK, "20% autoliquidation", 0, "purchase", 20, "REVERSECHARGES"),
            (UK, "20% inversión del sujeto pasivo", 0, "purchase", 20, "REVERSECHARGES"),
            (UK, "20% innergemeinschaftlicher Erwerb", 0, "purchase", 20, None),
            (UK, "20% bienes de inversión", 20, "purchase", None, None),
            (UK, "20% no deducible", 20, "purchase", None, None),
        ):
            self.assertEqual(self.rate(rates, name, effective, use, nominal), wanted and (wanted, False), name)

    def test_what_contradicts_is_not_even_suggested(self):
        for rates, name, effective, use in (
            (ONE, "10% capital goods", 10, "purchase"),
            (ONE, "10% private use", 10, "purchase"),
            (ONE, "10% not deductible", 10, "purchase"),
            (ONE, "10% on imports", 10, "purchase"),
            (UK, "20% deferred", 20, "sale"),
            (UK, "Second-hand goods 20%", 20, "sale"),
        ):
            self.assertIsNone(self.rate(rates, name, effective, use), name)

    def test_a_name_that_is_left_out_contradicts_nothing(self):
        self.assertEqual(self.rate(ONE, "10% (excluding capital goods)", 10, "purchase"), ("TAX001", False))

    def test_what_may_not_be_claimed_is_no_tax_to_xero(self):
        self.assertEqual(self.rate(UK, "20%", 0, "purchase", 20, claimed=False), ("NONE", False))
        self.assertEqual(self.rate(CUSTOM, "10%", 0, "purchase", 10, claimed=False), ("TAX004", False))
        blocked = rate_facts("purchase", ("BLINPUT3Y24", "Disallowed Expenses", 9, "BLINPUT3Y24"))
        self.assertEqual(self.rate(blocked, "9% BL", 0, "purchase", 9, claimed=False), ("BLINPUT3Y24", False))

    def test_reverse_charge(self):
        self.assertEqual(self.rate(UK, "20%", 0, "purchase", 20), ("REVERSECHARGES", False))
        self.assertIsNone(self.rate(UK, "5%", 0, "purchase", 5), "another percentage")
        self.assertIsNone(self.rate(UK, "20% domestic", 0, "purchase", 20), "another box of the return")
        self.assertIsNone(self.rate(UK, "20% postponed import VAT", 0, "purchase", 20), "another box of the return")

    def test_the_table_of_the_country(self):
        known = Listed(("GONE", "INPUT2"), True, frozenset())
        self.assertEqual(self.rate(UK, "20% G", 20, "purchase", listed=known), ("INPUT2", True))
        self.assertEqual(self.rate(UK, "20% capital", 20, "purchase", listed=known), None, "made something else of")
        renamed = [facts._replace(name="Capital, 20%") if facts.tax_type == "INPUT2" else facts for facts in UK]
        self.assertIsNone(self.rate(renamed, "20% G", 20, "purchase", listed=known), "made something else of in Xero")
        self.assertEqual(self.rate(UK, "5%", 5, listed=known), ("RROUTPUT", False), "a rate of another percentage")
        nothing = Listed((), False, frozenset())
        self.assertIsNone(self.rate(UK, "20%", 20, listed=nothing), "Xero has no such rate")
        self.assertEqual(self.rate(UK, "20% (VAT on Income)", 20, listed=nothing), ("OUTPUT2", True), "now it has")

    def test_rates_that_xero_works_out_itself(self):
        automatic = rate_facts(None, ("AVALARA", "Auto Look Up", 0, "AVALARA"), ("X", "Texas", 8, "USSALESTAX"))
        self.assertIsNone(self.rate(automatic, "Auto Look Up", 0))
        self.assertIsNone(self.rate(automatic, "Texas", 8))

    def test_which_side_a_rate_is_for(self):
        for name, tax_type, revenue, expense, wanted in (
            ("GST on Capital", "CAPEXINPUT", False, True, {"purchase"}),
            ("GST on Capital", "CAPEXINPUT", False, False, {"purchase"}),
            ("20% (VAT on Capital Sales)", "CAPEXOUTPUT2", False, False, {"sale"}),
            ("BAS Excluded", "BASEXCLUDED", True, True, {"sale", "purchase"}),
            ("GST on Income", "OUTPUT", True, False, {"sale"}),
        ):
            self.assertEqual(sides_of(name, tax_type, {"REVENUE": revenue, "EXPENSE": expense}), wanted, name)

    def test_untaxed(self):
        self.assertEqual(UK[suggest_untaxed(UK, "sale").index].tax_type, "NONE")
        self.assertIsNone(suggest_untaxed(UK[:2], "sale"))
        australia = rate_facts(None, ("NONE", "No GST", 0, "NONE"), ("BASEXCLUDED", "BAS Excluded", 0, "BASEXCLUDED"))
        self.assertEqual(australia[suggest_untaxed(australia, "sale").index].tax_type, "BASEXCLUDED")
        own = rate_facts(None, ("TAX009", "No tax", 0, "NONE"))
        found = suggest_untaxed(own, "purchase")
        self.assertEqual((found.index, found.sure), (0, False))

    # === WHAT WAS CHOSEN === #

    def doubted(self, tax_type, rates, name="10%", *, by_percentage=False, claimed=True, effective=10.0, listed=None):
        words = words_of(name)
        tax = TaxFacts("purchase", [name], words, effective if claimed else 0.0, 10.0, claimed, listed)
        [chosen] = [rate for rate in rates if rate.tax_type == tax_type]
        return doubt(tax, chosen, rates, by_percentage)

    def test_what_was_chosen_is_questioned(self):
        capital = Listed(("TAX002",), True, frozenset(("capital",)))
        for wanted, tax_type, name, values in (
            (None, "TAX001", "10%", {}),
            (None, "TAX001", "10%", {"by_percentage": True}),
            ("words", "TAX001", "10% Capital Purchases", {}),
            (None, "TAX002", "10% Capital Purchases", {}),
            ("cost", "TAX001", "10% not claimed", {"claimed": False}),
            (None, "TAX004", "10% not claimed", {"claimed": False}),
            ("chart", "TAX001", "10% C", {"listed": capital}),
            (None, "TAX002", "10% C", {"listed": capital}),
            ("percentage", "TAX001", "GST on Capital", {"by_percentage": True, "listed": None}),
        ):
            with self.subTest(tax_type=tax_type, name=name, **values):
                found = self.doubted(tax_type, CUSTOM, name, **values)
                self.assertEqual(found, "words" if wanted == "percentage" else wanted)
        exempt = TaxFacts("sale", ["0%"], words_of("Zero rated"), 0.0, 0.0, True, None)
        [chosen] = [rate for rate in UK if rate.tax_type == "EXEMPTOUTPUT"]
        self.assertEqual(doubt(exempt, chosen, UK, False), "words")
        [right] = [rate for rate in UK if rate.tax_type == "ZERORATEDOUTPUT"]
        self.assertIsNone(doubt(exempt, right, UK, False))

    def test_by_percentage_alone_another_name_is_enough(self):
        rates = rate_facts(
            "purchase", ("TAX1", "GST on Expenses", 10, "INPUT"), ("TAX2", "Tax of the north", 10, "INPUT")
        )
        self.assertEqual(self.doubted("TAX1", rates, "Tax of the north", by_percentage=True), "percentage")
        self.assertIsNone(self.doubted("TAX1", rates, "Tax of the north"))
