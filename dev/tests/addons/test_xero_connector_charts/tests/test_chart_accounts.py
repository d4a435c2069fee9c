"""What is suggested for every account of the charts, against the accounts an organisation begins with."""

from odoo.addons.xero_connector.models.mapping.suggest import CLASS_OF_GROUP
from odoo.tests import tagged

from .charts_common import CHARTS, ChartCase

# Accounts that are sure, by name: all of them, of each chart.
SURE = {
    "au": {
        "Sales Product #1": "Sales",
        "Advertising": "Advertising",
        "Insurance": "Insurance",
        "Office Expenses": "Office Expenses",
        "Superannuation": "Superannuation",
        "Wages & Salaries": "Wages and Salaries",
        "Interest Income": "Interest Income",
        "Interest Expense": "Interest Expense",
    },
    "nz": {
        "Sales Product #1": "Sales",
        "Advertising": "Advertising",
        "Insurance": "Insurance",
        "Office Expenses": "Office Expenses",
        "Wages & Salaries": "Wages and Salaries",
        "Interest Income": "Interest Income",
        "Interest Expense": "Interest Expense",
        "Income Tax Expense": "Income Tax Expense",
    },
    "uk": {
        "Sales category 1": "Sales",
        "Prepayments": "Prepayments",
        "Advertising": "Advertising",
        "Legal expenses": "Legal expenses",
        "Bank fees": "Bank Fees",
        "Insurance": "Insurance",
    },
    "us": {
        "Product Sales": "Sales",
        "Prepayments": "Prepayments",
        "Cost of Goods Sold": "Cost of Goods Sold",
        "Telephone & Internet": "Telephone & Internet",
        "Bank Fees": "Bank Fees",
    },
    "sg": {
        "Sales of Product Revenue": "Sales",
        "Entertainment": "Entertainment",
        "Insurance": "Insurance",
        "Depreciation": "Depreciation",
    },
    "za": {
        "Sales category 1": "Sales",
        "Prepayments": "Prepayments",
        "Repairs and maintenance": "Repairs and Maintenance",
        "Insurance": "Insurance",
        "Depreciation": "Depreciation",
    },
    "ca_2023": {
        "Sales of Goods": "Sales",
        "Purchases": "Purchases",
    },
}
# For a person to decide; None: nothing is like it, and nothing in particular is suggested.
DOUBTFUL = {
    "au": {
        "Car & Truck Expenses": "General Expenses",
        "Meals & Entertainment": "Entertainment",
        "Office Equip at Cost": "Office Equipment",
        "GST Collected": None,
        "GST Paid": None,
        "Finished Goods": None,
    },
    "nz": {"Sales Product #2": "Sales", "GST Collected": None},
    "uk": {
        "Sales category 2": "Sales",
        "Loans": "Loan",
        "Office supplies": "Office Expenses",
        "Sales Tax Control Account": None,
        "Stock": None,
    },
    "us": {"Other Income": "Other Revenue", "Inventory Valuation": None},
    "sg": {"Service/Fee Revenue": "Other Revenue", "Bank Charges": "Bank Fees", "Inventory": None},
    "za": {"Interest paid": "Interest Expense", "Car fuel": "General Expenses"},
    "ca_2023": {"Sales of Services": "Sales", "GST receivable": None},
}


@tagged("post_install", "-at_install")
class TestChartAccounts(ChartCase):
    def suggested(self, chart) -> list:
        """Return triples (account, Xero account or none, whether it is sure) for every account of a chart."""
        connection = self.connect(chart)
        mapping = self.env["xero.mapping.account"]
        targets = mapping._targets(connection)
        facts = mapping._facts(targets)
        found = []
        for account in mapping._family_accounts(connection):
            suggestion = mapping._suggest(account, connection, facts)
            target = targets[suggestion.index] if suggestion else targets.browse()
            found.append((account, target, bool(suggestion) and suggestion.sure))
        return found

    def test_every_account_of_every_chart(self):
        for chart in CHARTS:
            found = self.suggested(chart)
            self.assertGreater(len(found), 20, chart)
            with self.subTest(chart):
                for account, target, _sure in found:
                    if target:
                        said = (account.name, target.name)
                        self.assertFalse(target.system_account, said)
                        self.assertNotIn(target.type, ("BANK", "INVENTORY"), said)
                        self.assertEqual(target.class_type, CLASS_OF_GROUP[account.internal_group], said)
                self.assertEqual({account.name: target.name for account, target, sure in found if sure}, SURE[chart])
                doubtful = {account.name: target.name or None for account, target, sure in found if not sure}
                for name, wanted in DOUBTFUL[chart].items():
                    self.assertEqual(doubtful[name], wanted, name)
