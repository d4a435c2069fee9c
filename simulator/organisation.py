"""One organisation: its profile and everything in its books."""

import threading
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .clock import Clock
from .store import Doc, Journal, Table

# Windows-style names that Xero gives in Organisation.Timezone, for those that are seeded.
ZONES = {
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "GMTSTANDARDTIME": "Europe/London",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "PACIFICSTANDARDTIME": "America/Los_Angeles",
    "EASTERNSTANDARDTIME": "America/New_York",
}
CLASS_OF_TYPE = {
    "BANK": "ASSET", "CURRENT": "ASSET", "FIXED": "ASSET", "INVENTORY": "ASSET", "NONCURRENT": "ASSET",
    "PREPAYMENT": "ASSET", "CURRLIAB": "LIABILITY", "LIABILITY": "LIABILITY", "TERMLIAB": "LIABILITY",
    "PAYGLIABILITY": "LIABILITY", "PAYG": "LIABILITY", "SUPERANNUATIONLIABILITY": "LIABILITY",
    "EQUITY": "EQUITY", "REVENUE": "REVENUE", "SALES": "REVENUE", "OTHERINCOME": "REVENUE",
    "EXPENSE": "EXPENSE", "DIRECTCOSTS": "EXPENSE", "OVERHEADS": "EXPENSE", "DEPRECIATN": "EXPENSE",
    "SUPERANNUATIONEXPENSE": "EXPENSE", "WAGESEXPENSE": "EXPENSE",
}  # fmt: skip

# Tables of resources that are not built in, by attribute of the organisation.
FURTHER_TABLES: dict[str, Callable[[], Table]] = {}


def new_id() -> str:
    """A GUID as Xero writes it."""
    return str(uuid.uuid4())


def fold(text: str | None) -> str | None:
    """The form in which numbers and names are compared: without case."""
    return text.strip().casefold() if text else None


def _zone(name: str) -> tzinfo:
    """The time zone, or UTC where the machine has no zone data."""
    try:
        return ZoneInfo(ZONES[name])
    except (KeyError, ZoneInfoNotFoundError):
        return timezone.utc


def _active_name(contact: Doc) -> str | None:
    return fold(contact["Name"]) if contact["ContactStatus"] == "ACTIVE" else None


class Organisation:
    """The books of one tenant. Every call holds ``lock`` from its first read to its last write."""

    def __init__(self, profile: Doc, clock: Clock) -> None:
        self.id: str = profile["OrganisationID"]
        self.profile = profile
        self.clock = clock
        self.lock = threading.RLock()
        self.journal = Journal()
        self.day_rates: dict[str, Decimal] = {}
        self.actions: dict[str, bool] = {}
        self.settings: Doc = {"offline": False, "approval_limit": None, "number_prefix": "INV-", "note_prefix": "CN-",
                              "no_reports_for": []}  # fmt: skip
        self.history: dict[str, list[Doc]] = {}
        self.attachments: dict[str, list[Doc]] = {}
        self._counters: dict[str, int] = {}
        self.marked: Doc | None = None
        self._make_tables()

    def _make_tables(self) -> None:
        self.accounts = Table("AccountID", code=lambda doc: fold(doc.get("Code")))
        self.tax_rates = Table("TaxType", str.upper)
        self.currencies = Table("Code", str.upper)
        self.tracking = Table("TrackingCategoryID")
        self.users = Table("UserID")
        self.branding = Table("BrandingThemeID")
        self.items = Table("ItemID", code=lambda doc: fold(doc["Code"]))
        self.contacts = Table(
            "ContactID", name=_active_name, number=lambda doc: fold(doc.get("ContactNumber")),
            email=lambda doc: fold(doc.get("EmailAddress")),
        )  # fmt: skip
        self.invoices = Table(
            "InvoiceID", number=lambda doc: fold(doc.get("InvoiceNumber")), contact=lambda doc: doc["_contact"]
        )
        self.credit_notes = Table(
            "CreditNoteID", number=lambda doc: fold(doc.get("CreditNoteNumber")), contact=lambda doc: doc["_contact"]
        )
        self.overpayments = Table("OverpaymentID", contact=lambda doc: doc["_contact"])
        self.prepayments = Table("PrepaymentID", contact=lambda doc: doc["_contact"])
        self.bank_transactions = Table("BankTransactionID", contact=lambda doc: doc["_contact"])
        self.bank_transfers = Table("BankTransferID")
        self.manual_journals = Table("ManualJournalID")
        self.batch_payments = Table("BatchPaymentID")
        self.payments = Table("PaymentID", target=lambda doc: doc["_target"], batch=lambda doc: doc.get("_batch"))
        self.allocations = Table(
            "AllocationID", source=lambda doc: doc["_source"], invoice=lambda doc: doc["_invoice"]
        )
        for name, make in FURTHER_TABLES.items():
            setattr(self, name, make())

    @property
    def base_currency(self) -> str:
        """Code of the currency the books are kept in."""
        return self.profile["BaseCurrency"]

    @property
    def lock_dates(self) -> list[tuple[str, date]]:
        """(name, day) of the lock dates that are set."""
        names = (("period", "PeriodLockDate"), ("end of year", "EndOfYearLockDate"))
        return [(name, self.profile[field]) for name, field in names if self.profile.get(field)]

    def now(self) -> datetime:
        """The simulator's clock, UTC."""
        return self.clock.now()

    def today(self) -> date:
        """Today where the organisation is: the default date of its documents."""
        return self.now().replace(tzinfo=timezone.utc).astimezone(_zone(self.profile["Timezone"])).date()

    def save(self, table: Table, doc: Doc, touch: bool = True) -> Doc:
        """Store a document; ``touch=False`` leaves UpdatedDateUTC alone (Xero's blind spots)."""
        if touch:
            doc["UpdatedDateUTC"] = self._tick(doc.get("UpdatedDateUTC"))
        return self.journal.put(table, doc)

    def _tick(self, last: datetime | None) -> datetime:
        """Now, and never the same as the document's last time."""
        now = self.now()
        return now if last is None or now > last else last + timedelta(milliseconds=1)

    def next_number(self, prefix: str, taken: Table) -> str:
        """The next free automatic document number."""
        while True:
            self._counters[prefix] = self._counters.get(prefix, 0) + 1
            number = f"{prefix}{self._counters[prefix]:04d}"
            if taken.first("number", fold(number)) is None:
                return number

    def note(self, document_id: str, changes: str, details: str, user: str = "System Generated") -> None:
        """Add a line to a document's history."""
        self.history.setdefault(document_id, []).append(
            {"Changes": changes, "DateUTC": self.now(), "User": user, "Details": details}
        )

    def account(self, code: str | None = None, account_id: str | None = None) -> Doc | None:
        """An account by id or by code."""
        if account_id:
            return self.accounts.get(account_id)
        return self.accounts.first("code", fold(code)) if code else None

    def held_in(self, account_id: str) -> str:
        """The currency an account is kept in."""
        return self.accounts.get(account_id).get("CurrencyCode") or self.base_currency

    def system_account(self, name: str) -> Doc:
        """The account with this SystemAccount name."""
        return next(account for account in self.accounts if account.get("SystemAccount") == name)

    def day_rate(self, currency: str) -> Decimal:
        """Units of ``currency`` per 1 unit of base currency, as Xero's rate of the day."""
        return Decimal(1) if currency == self.base_currency else self.day_rates.get(currency, Decimal(1))
