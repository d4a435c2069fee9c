"""What Xero says of an organisation in codes, said in words."""

import re
from functools import cache

from babel.core import get_global
from babel.dates import get_timezone_name

from odoo.tools import babel_locale_parse

ABBREVIATIONS = {"Gst": "GST", "Non": "Non-"}


@cache
def _zones() -> dict[str, str]:
    """Return the names of time zones by Xero's codes, which are Windows' names in capitals without spaces."""
    names = get_global("windows_zone_mapping").items()
    return {"".join(char for char in name if char.isalnum()).upper(): zone for name, zone in names}


def plan_text(code) -> str:
    """Return Xero's name of a plan: ``NON_GST_CASHBOOK`` is called “Non-GST Cashbook”."""
    words = " ".join(ABBREVIATIONS.get(word, word) for word in (code or "").replace("_", " ").title().split())
    return words.replace("- ", "-")


def time_zone_text(code, lang) -> str | None:
    """Return the name of one of Xero's time zones in a language of Odoo's, or the code where nobody knows it."""
    zone = _zones().get((code or "").upper())
    return get_timezone_name(zone, locale=babel_locale_parse(lang)) if zone else code


def tax_basis_in_words(env, code) -> str:
    """Return the name of Xero's ``SalesTaxBasis``; one that nobody knows like a plan's."""
    when_paid, when_invoiced = env._("When paid"), env._("When invoiced")
    names = {
        "PAYMENTS": when_paid,
        "CASH": when_paid,
        "FLATRATECASH": env._("Flat rate, when paid"),
        "INVOICE": when_invoiced,
        "ACCRUALS": when_invoiced,
        "ACCRUAL": when_invoiced,
        "FLATRATEACCRUAL": env._("Flat rate, when invoiced"),
        "NONE": env._("None"),
    }
    return names.get(code) or plan_text(code)


def action_in_words(env, name: str) -> str:
    """Return what one of Xero's ``Actions`` stands for; one that nobody knows with blanks between its words."""
    names = {
        "UseMulticurrency": env._("Documents in other currencies"),
        "CreateDraftInvoice": env._("Draft invoices"),
        "CreateSubmittedInvoice": env._("Invoices that wait for approval"),
        "CreateApprovedInvoice": env._("Approved invoices"),
        "CreateApprovedBill": env._("Approved bills"),
        "CreateDraftBill": env._("Draft bills"),
        "CreateRepeatingInvoice": env._("Repeating invoices"),
        "CreateRepeatingBill": env._("Repeating bills"),
        "CreateInvoicePayment": env._("Payments"),
    }
    return names.get(name) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
