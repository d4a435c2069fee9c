"""Which scope an endpoint needs, and which scopes an app may ask for."""

from datetime import date

# Apps made on or after this day have only granular scopes.
GRANULAR_FROM = date(2026, 3, 2)

IDENTITY = {"openid", "profile", "email", "offline_access"}
BROAD = {
    "accounting.transactions": {
        "accounting.invoices", "accounting.payments", "accounting.banktransactions", "accounting.manualjournals",
    },
    "accounting.transactions.read": {
        "accounting.invoices.read", "accounting.payments.read", "accounting.banktransactions.read",
        "accounting.manualjournals.read",
    },
    "accounting.reports.read": {
        f"accounting.reports.{name}.read"
        for name in ("aged", "balancesheet", "banksummary", "budgetsummary", "executivesummary", "profitandloss",
                     "taxreports", "trialbalance")
    },
}  # fmt: skip
_BOTH = (
    "accounting.invoices", "accounting.payments", "accounting.banktransactions", "accounting.manualjournals",
    "accounting.settings", "accounting.contacts", "accounting.attachments",
)  # fmt: skip
GRANULAR = (
    set(_BOTH)
    | {f"{scope}.read" for scope in _BOTH}
    | BROAD["accounting.reports.read"]
    | {"accounting.journals.read", "accounting.budgets.read", "accounting.reports.tenninetynine.read",
       "paymentservices", "app.connections"}
)  # fmt: skip
KNOWN = IDENTITY | GRANULAR | set(BROAD)

FAMILY = {
    "Invoices": "accounting.invoices",
    "CreditNotes": "accounting.invoices",
    "Payments": "accounting.payments",
    "BatchPayments": "accounting.payments",
    "Overpayments": "accounting.payments",
    "Prepayments": "accounting.payments",
    "BankTransactions": "accounting.banktransactions",
    "BankTransfers": "accounting.banktransactions",
    "ManualJournals": "accounting.manualjournals",
    "Contacts": "accounting.contacts",
    "Organisation": "accounting.settings",
    "Accounts": "accounting.settings",
    "TaxRates": "accounting.settings",
    "Currencies": "accounting.settings",
    "TrackingCategories": "accounting.settings",
    "Users": "accounting.settings",
    "BrandingThemes": "accounting.settings",
    "Items": "accounting.settings",
    "Reports/BalanceSheet": "accounting.reports.balancesheet",
    "Reports/BankSummary": "accounting.reports.banksummary",
    "Reports/ProfitAndLoss": "accounting.reports.profitandloss",
    "Reports/TrialBalance": "accounting.reports.trialbalance",
}


def refusal(scopes: list[str], created: date) -> str | None:
    """Why an app created on that day may not ask for these scopes: ``invalid_scope`` or ``unauthorized_client``."""
    if not scopes or any(scope not in KNOWN for scope in scopes):
        return "invalid_scope"
    if created >= GRANULAR_FROM and any(scope in BROAD for scope in scopes):
        return "unauthorized_client"
    return None


def expand(scopes: set[str]) -> set[str]:
    """Broad scopes give what their granular successors give."""
    return scopes.union(*(BROAD[scope] for scope in scopes if scope in BROAD))


def allows(scopes: set[str], resource: str, sub: str | None, reading: bool, items_by_invoices: bool = False) -> bool:
    """Whether the granted scopes cover a call on ``resource`` (``sub``: Attachments, History or nothing)."""
    granted = expand(scopes)
    family = "accounting.attachments" if sub == "Attachments" else FAMILY[resource]
    families = [family]
    if resource == "Items" and items_by_invoices:
        families.append("accounting.invoices")
    wanted = set(families) | ({f"{name}.read" for name in families} if reading else set())
    return bool(granted & wanted)
