"""Organisation and the lists that documents refer to: accounts, tax rates, currencies, tracking, users, themes."""

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing, plain_fields
from ..api.writing import read_json
from ..errors import Invalid, not_found, problem, text
from ..organisation import fold
from ..store import Doc
from . import reference_writes
from .sub_resources import sub_resource

ACCOUNT_FIELDS = ("AccountID", "Code", "Name", "Type", "Class", "Status", "TaxType", "SystemAccount", "Description",
                  "EnablePaymentsToAccount", "BankAccountNumber", "BankAccountType", "CurrencyCode")  # fmt: skip
TAX_FIELDS = ("Name", "TaxType", "Status", "ReportTaxType", "EffectiveRate", "DisplayTaxRate", "CanApplyToAssets",
              "CanApplyToEquity", "CanApplyToExpenses", "CanApplyToLiabilities", "CanApplyToRevenue")  # fmt: skip


def _as_is(call: Call, doc: Doc, full: bool) -> Doc:
    return {name: value for name, value in doc.items() if value is not None}


def _all_orders(names: tuple[str, ...]) -> dict[str, str]:
    return {name: name for name in names}


ACCOUNTS = Listing(
    "Accounts", lambda call: call.org.accounts, _as_is,
    plain_fields(*ACCOUNT_FIELDS, or_allowed=True), _all_orders((*ACCOUNT_FIELDS, "UpdatedDateUTC")), paged=False,
)  # fmt: skip
TAX_RATES = Listing(
    "TaxRates", lambda call: call.org.tax_rates, _as_is,
    plain_fields(*TAX_FIELDS, ranges=("EffectiveRate", "DisplayTaxRate"), or_allowed=True), _all_orders(TAX_FIELDS),
    paged=False, modified=False,
    narrow=lambda call, rows: _of_tax_type(call, rows),
)  # fmt: skip
CURRENCIES = Listing(
    "Currencies", lambda call: call.org.currencies, _as_is,
    plain_fields("Code", "Description"), _all_orders(("Code", "Description")), paged=False, modified=False,
)  # fmt: skip
USERS = Listing(
    "Users", lambda call: call.org.users, _as_is,
    plain_fields("EmailAddress", "LastName", "OrganisationRole"), _all_orders(("EmailAddress", "LastName")),
    paged=False,
)  # fmt: skip
THEMES = Listing("BrandingThemes", lambda call: call.org.branding, _as_is, {}, paged=False, modified=False)


def _shown_category(call: Call, doc: Doc, full: bool) -> Doc:
    every = call.flag("includeArchived")
    options = [option for option in doc["Options"] if every or option["Status"] == "ACTIVE"]
    return doc | {"Options": [option | {"HasValidationErrors": False} for option in options]}


TRACKING = Listing(
    "TrackingCategories", lambda call: call.org.tracking, _shown_category,
    plain_fields("Name", "Status", "TrackingCategoryID"), _all_orders(("Name", "Status")), paged=False, modified=False,
    narrow=lambda call, rows: [row for row in rows if row["Status"] == "ACTIVE" or call.flag("includeArchived")],
)  # fmt: skip


def _of_tax_type(call: Call, rows: list[Doc]) -> list[Doc]:
    wanted = call.args.get("TaxType")
    return [row for row in rows if row["TaxType"] == wanted.upper()] if wanted else rows


def organisation(call: Call) -> Response:
    """GET /Organisation and /Organisation/Actions."""
    if call.method != "GET":
        raise text(501, "Not implemented")
    if call.path == ["Actions"]:
        rows = [{"Name": name, "Status": "ALLOWED" if on else "NOT-ALLOWED"} for name, on in call.org.actions.items()]
        return answer(call, "Actions", rows)
    if call.path:
        raise not_found()
    profile = {name: value for name, value in call.org.profile.items() if value is not None}
    return answer(call, "Organisations", [profile])


def accounts(call: Call) -> Response:
    """GET the whole list or one; PUT one; POST one by id; DELETE an unused one; attachments."""
    return _serve(call, ACCOUNTS, reference_writes.create_account, reference_writes.update_account,
                  reference_writes.delete_account)  # fmt: skip


def tax_rates(call: Call) -> Response:
    """GET all, by TaxType; PUT or POST one."""
    return _serve(call, TAX_RATES, reference_writes.create_tax_rate, reference_writes.update_tax_rate)


def currencies(call: Call) -> Response:
    """GET all; PUT adds one, which can never be removed."""
    return _serve(call, CURRENCIES, reference_writes.create_currency)


def users(call: Call) -> Response:
    """GET only."""
    return _serve(call, USERS)


def branding_themes(call: Call) -> Response:
    """GET only."""
    return _serve(call, THEMES)


def tracking_categories(call: Call) -> Response:
    """Categories and their options."""
    if len(call.path) >= 2 and call.path[1] == "Options":
        return _options(call)
    return _serve(call, TRACKING, reference_writes.create_category, reference_writes.update_category,
                  reference_writes.delete_category)  # fmt: skip


def _options(call: Call) -> Response:
    category = call.org.tracking.get(call.path[0])
    if category is None:
        raise not_found()
    with _single_refusal(call):
        rows = reference_writes.write_options(call, category)
    return answer(call, "Options", rows)


def _serve(call: Call, listing: Listing, create=None, update=None, delete=None) -> Response:
    """One small list: GET, and the writes that are offered; the others answer 501."""
    table = listing.table(call)
    if len(call.path) >= 2:
        return sub_resource(call, table.get(call.path[0]), table.id_field)
    if call.method == "GET":
        return _one(call, listing) if call.path else listing.serve(call)
    change = {"PUT": create, "POST": update, "DELETE": delete}.get(call.method)
    if change is None:
        raise text(501, "Not implemented")
    with _single_refusal(call):
        return answer(call, listing.plural, [listing.render(call, row, True) for row in change(call)])


def _one(call: Call, listing: Listing) -> Response:
    table = listing.table(call)
    found = table.get(call.path[0])
    if found is None and listing is ACCOUNTS:
        found = call.org.accounts.first("code", fold(call.path[0]))
    if found is None:
        raise not_found()
    return answer(call, listing.plural, [listing.render(call, found, True)])


class _single_refusal:
    """These lists take one element a call: an invalid one is 400 with its messages."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        if self._call.refusal:
            raise _refusal(self._call, [self._call.refusal])

    def __exit__(self, kind, error, trace) -> None:
        if isinstance(error, Invalid):
            raise _refusal(self._call, error.messages) from None


def _refusal(call: Call, messages: list[str]) -> Exception:
    echo = read_json(call) if call.request.get_data() else {}
    element = echo if isinstance(echo, dict) else {}
    element = element | {"ValidationErrors": [{"Message": message} for message in messages]}
    return problem(10, "ValidationException", "A validation exception occurred", [element])

