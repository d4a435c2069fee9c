"""Organisations made from the files in ``seed/``."""

import uuid
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from . import codec
from .clock import Clock
from .organisation import CLASS_OF_TYPE, Organisation, new_id
from .store import Doc

SEEDS = Path(__file__).parent / "seed"
SPACE = uuid.UUID("5a1d52a0-0000-4000-8000-78656c6f0001")
APPLIES = {"A": "Assets", "L": "Liabilities", "R": "Revenue", "X": "Expenses", "E": "Equity"}
ACTIONS = (
    "CreateRepeatingBill", "CreateInvoicePayment", "CreateDraftBill", "CreateApprovedPurchaseOrder", "CreateDraftQuote",
    "CreateApprovedInvoice", "CreateApprovedBill", "CreateDraftPurchaseOrder", "AttachFilesIntoInvoice",
    "CreateSentQuote", "CreateDraftInvoice", "CreateRepeatingInvoice", "CreateManualJournal",
)  # fmt: skip


def seed_names() -> list[str]:
    """Names of the countries that can be seeded."""
    return sorted(path.stem for path in SEEDS.glob("*.json"))


def make_organisation(seed: str, clock: Clock, overrides: Doc | None = None, stable: bool = True) -> Organisation:
    """A fresh organisation of a country.

    :param overrides: fields of the Organisation resource, e.g. Name or BaseCurrency.
    :param stable: the same ids at every start; False for a second organisation of the same country.
    """
    data = codec.loads((SEEDS / f"{seed}.json").read_bytes())
    salt = seed if stable else new_id()
    org = Organisation(_profile(data, salt, clock.now(), overrides or {}), clock)
    _currencies(org, data)
    _tax_rates(org, data)
    _accounts(org, data, salt)
    _tracking(org, data, salt)
    _people(org, data, salt)
    org.actions = dict.fromkeys(ACTIONS, True) | {"UseMulticurrency": data.get("multicurrency", True)}
    org.journal.commit()
    return org


def stable_id(*words: str) -> str:
    """A GUID that is the same for the same words."""
    return str(uuid.uuid5(SPACE, "/".join(words)))


def _profile(data: Doc, salt: str, now: datetime, overrides: Doc) -> Doc:
    tenant = stable_id(salt, "organisation")
    fixed = {
        "APIKey": stable_id(salt, "key").replace("-", "").upper()[:30],
        "ShortCode": "!" + stable_id(salt, "short").replace("-", "")[:5],
        "CreatedDateUTC": now,
        "PeriodLockDate": None,
        "EndOfYearLockDate": None,
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    return data["organisation"] | fixed | overrides | {"OrganisationID": overrides.get("OrganisationID", tenant)}


def _currencies(org: Organisation, data: Doc) -> None:
    rows = data["currencies"]
    if not any(row["Code"] == org.base_currency for row in rows):
        rows = [{"Code": org.base_currency, "Description": org.base_currency}, *rows]
    for row in rows:
        org.currencies.put({"Code": row["Code"], "Description": row["Description"]})
    org.day_rates = {code: Decimal(value) for code, value in data["rates"].items()}


def _tax_rates(org: Organisation, data: Doc) -> None:
    for row in data["tax_rates"]:
        org.tax_rates.put(tax_rate(row, row["CanApplyTo"]))


def tax_rate(row: Doc, applies: str) -> Doc:
    """A TaxRate from name, type, components and the letters of the account classes it may be used with."""
    parts = [
        {
            "Name": part["Name"],
            "Rate": Decimal(part["Rate"]).quantize(Decimal("0.0001")),
            "IsCompound": part.get("IsCompound", False),
            "IsNonRecoverable": part.get("IsNonRecoverable", False),
        }
        for part in row["TaxComponents"]
    ]
    total = effective_rate(parts)
    return {
        "Name": row["Name"],
        "TaxType": row["TaxType"],
        "ReportTaxType": row.get("ReportTaxType"),
        **{f"CanApplyTo{name}": letter in applies for letter, name in APPLIES.items()},
        "DisplayTaxRate": total,
        "EffectiveRate": total,
        "Status": row.get("Status", "ACTIVE"),
        "TaxComponents": parts,
    }


def effective_rate(components: list[Doc]) -> Decimal:
    """Percent in all; a compound component is charged on top of the others."""
    plain = sum((part["Rate"] for part in components if not part["IsCompound"]), Decimal(0))
    compound = sum((part["Rate"] for part in components if part["IsCompound"]), Decimal(0))
    return (plain + compound + plain * compound / 100).quantize(Decimal("0.0001"))


def _accounts(org: Organisation, data: Doc, salt: str) -> None:
    for row in data["accounts"]:
        account = {
            "AccountID": stable_id(salt, "account", row["Code"] or row["Name"]),
            "Status": "ACTIVE",
            "Description": "",
            "EnablePaymentsToAccount": False,
            "ShowInExpenseClaims": False,
            "Class": CLASS_OF_TYPE[row["Type"]],
            "SystemAccount": "",
            "ReportingCode": CLASS_OF_TYPE[row["Type"]][:3],
            "HasAttachments": False,
            "AddToWatchlist": False,
            "UpdatedDateUTC": org.now(),
        } | row
        if not account["Code"]:
            del account["Code"]
        org.accounts.put(account)


def _tracking(org: Organisation, data: Doc, salt: str) -> None:
    for row in data["tracking"]:
        category = stable_id(salt, "tracking", row["Name"])
        options = [
            {"TrackingOptionID": stable_id(category, name), "Name": name, "Status": "ACTIVE"}
            for name in row["Options"]
        ]
        org.tracking.put(
            {"TrackingCategoryID": category, "Name": row["Name"], "Status": "ACTIVE", "Options": options}
        )


def _people(org: Organisation, data: Doc, salt: str) -> None:
    for row in data["users"]:
        user = stable_id(salt, "user", row["EmailAddress"])
        org.users.put({"UserID": user, "UpdatedDateUTC": org.now()} | row)
    theme = stable_id(salt, "theme")
    org.branding.put(
        {"BrandingThemeID": theme, "Name": "Standard", "SortOrder": 0, "CreatedDateUTC": org.now(), "Type": "INVOICE"}
    )
