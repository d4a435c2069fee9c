"""Odoo's own charts, installed for real, each beside the simulator's organisation of its country."""

import json
from pathlib import Path

from odoo.addons.xero_connector.tests.common.mapper import Reading, rate
from odoo.tests import TransactionCase

SEEDS = Path(__file__).resolve().parents[5] / "simulator" / "seed"
# Chart of Odoo's: country, edition in the simulator, Xero's code of the country.
CHARTS = {
    "au": ("base.au", "au", "AU"),
    "nz": ("base.nz", "nz", "NZ"),
    "uk": ("base.uk", "uk", "GB"),
    "us": ("base.us", "us", "US"),
    "sg": ("base.sg", "sg", "SG"),
    "za": ("base.za", "za", "ZA"),
    "ca_2023": ("base.ca", "ca", "CA"),
}
CLASSES = {
    **dict.fromkeys(("BANK", "CURRENT", "FIXED", "INVENTORY", "NONCURRENT", "PREPAYMENT"), "ASSET"),
    **dict.fromkeys(("CURRLIAB", "LIABILITY", "TERMLIAB"), "LIABILITY"),
    **dict.fromkeys(("DEPRECIATN", "DIRECTCOSTS", "EXPENSE", "OVERHEADS"), "EXPENSE"),
    **dict.fromkeys(("OTHERINCOME", "REVENUE", "SALES"), "REVENUE"),
    "EQUITY": "EQUITY",
}


def edition(seed: str) -> dict:
    """Return what an organisation of the simulator begins with, in the form of Xero's answers."""
    data = json.loads((SEEDS / f"{seed}.json").read_text(encoding="utf-8"))
    rates = []
    for row in data["tax_rates"]:
        percent = sum(part["Rate"] for part in row["TaxComponents"])
        rates.append(
            rate(
                row["TaxType"],
                row["Name"],
                percent,
                row["CanApplyTo"],
                ReportTaxType=row["ReportTaxType"],
                Status=row["Status"],
            )
        )
    accounts = [
        {
            "AccountID": f"{seed}-{row['Code'] or row['Name']}",
            "Status": "ACTIVE",
            "Class": CLASSES[row["Type"]],
            **row,
        }
        for row in data["accounts"]
    ]
    return {"accounts": accounts, "rates": rates}


class ChartCase(TransactionCase):
    """Companies with each of the charts; :meth:`connect` reads an edition for one of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.companies = {}
        for chart, (country, _seed, _code) in CHARTS.items():
            record = cls.env.ref(country)
            record.currency_id.active = True
            company = cls.env["res.company"].create(
                {"name": f"Chart {chart}", "country_id": record.id, "currency_id": record.currency_id.id}
            )
            cls.env["account.chart.template"].try_loading(chart, company, install_demo=False)
            cls.companies[chart] = company
        cls.env.user.company_ids |= cls.env["res.company"].union(*cls.companies.values())
        # Taxes of other years, of trades and of schemes: people switch on what they need.
        taxes = cls.env["account.tax"].with_context(active_test=False)
        taxes.search([("company_id", "in", [company.id for company in cls.companies.values()])]).active = True

    def connect(self, chart, seed=None, country=None, **changed):
        """Return a connection of the company with ``chart`` whose lists were read from an edition."""
        company = self.companies[chart]
        credential = self.env["xero.credential"].sudo().create({"name": chart, "client_id": f"client-{chart}"})
        connection = (
            self.env["xero.connection"]
            .sudo()
            .create(
                {
                    "company_id": company.id,
                    "credential_id": credential.id,
                    "currency_code": company.currency_id.name,
                    "country_code": CHARTS[chart][2] if country is None else country,
                }
            )
            .with_company(company)
        )
        reading = Reading(**{**edition(seed or CHARTS[chart][1]), **changed})
        self.env["xero.mapping.service"]._read_lists(connection, reading)
        return connection

    def template_of(self, record):
        """Return the id of a tax or account within its chart; empty for what people made."""
        name = record.get_external_id().get(record.id) or ""
        return name.partition(".")[2].partition("_")[2] if name.startswith("account.") else ""
