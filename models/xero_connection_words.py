"""What Xero says of an organisation in codes, said in words."""

from babel.core import get_global
from babel.dates import get_timezone_name

from odoo import api, fields, models
from odoo.tools import babel_locale_parse

ABBREVIATIONS = {"Gst": "GST", "Non": "Non-"}


def _zones() -> dict[str, str]:
    """Return the names of time zones by Xero's codes, which are Windows' names in capitals without spaces."""
    names = get_global("windows_zone_mapping").items()
    return {"".join(char for char in name if char.isalnum()).upper(): zone for name, zone in names}


def plan_in_words(code) -> str:
    """Return Xero's name of a plan: ``NON_GST_CASHBOOK`` is called “Non-GST Cashbook”."""
    words = " ".join(ABBREVIATIONS.get(word, word) for word in (code or "").replace("_", " ").title().split())
    return words.replace("- ", "-")


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    plan_name = fields.Char("Plan", compute="_compute_plan_name")
    edition_name = fields.Char("Edition", compute="_compute_plan_name")
    timezone_name = fields.Char("Time Zone", compute="_compute_timezone_name")
    tax_basis_name = fields.Char("Tax Basis", compute="_compute_tax_basis_name")

    @api.depends("organisation_class", "edition")
    def _compute_plan_name(self):
        for connection in self:
            connection.plan_name = plan_in_words(connection.organisation_class)
            connection.edition_name = plan_in_words(connection.edition)

    @api.depends("timezone")
    @api.depends_context("lang")
    def _compute_timezone_name(self):
        zones, locale = _zones(), babel_locale_parse(self.env.lang)
        for connection in self:
            zone = zones.get((connection.timezone or "").upper())
            connection.timezone_name = get_timezone_name(zone, locale=locale) if zone else connection.timezone

    @api.depends("tax_basis")
    @api.depends_context("lang")
    def _compute_tax_basis_name(self):
        names = self._tax_basis_names()
        for connection in self:
            connection.tax_basis_name = names.get(connection.tax_basis) or plan_in_words(connection.tax_basis)

    def _tax_basis_names(self) -> dict[str, str]:
        when_paid, when_invoiced = self.env._("When paid"), self.env._("When invoiced")
        return {
            "PAYMENTS": when_paid,
            "CASH": when_paid,
            "FLATRATECASH": self.env._("Flat rate, when paid"),
            "INVOICE": when_invoiced,
            "ACCRUALS": when_invoiced,
            "ACCRUAL": when_invoiced,
            "FLATRATEACCRUAL": self.env._("Flat rate, when invoiced"),
            "NONE": self.env._("None"),
        }
