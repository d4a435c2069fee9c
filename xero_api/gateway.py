"""The one place that touches xero-python: it gives paths, parameters and headers, and nothing else.

As shipped the SDK repeats creates, sleeps for hours, has no timeout, keeps one credential for the whole
process and loses a page over an unknown enum. So its REST class is replaced by :class:`transport.RestClient`,
its configuration is built without its process-wide default, its models are never used, and bodies go
through it as the bytes that we serialised.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .elements import list_key
from .endpoints import Endpoints
from .transport import USER_AGENT, RawAnswer, RestClient

if TYPE_CHECKING:
    from xero_python.accounting import AccountingApi

# Query parameters that the SDK wants as lists and joins with commas itself.
LIST_PARAMS = frozenset({"IDs", "InvoiceNumbers", "ContactIDs", "Statuses", "References"})

# Resources whose prices have four decimals only when `unitdp=4` is sent, on reading as on writing.
UNITDP = frozenset({"BankTransactions", "CreditNotes", "Invoices", "Items", "Overpayments", "Prepayments"})

# Of these only lists take it (Xero's API description).
UNITDP_IN_LISTS = frozenset({"Overpayments", "Prepayments"})

# (method, resource, with an id in the path) -> name of the SDK's generated method. What is not here goes
# through the SDK's call_api with the same headers.
SDK_METHODS: dict[tuple[str, str, bool], str] = {
    ("GET", "Accounts", False): "get_accounts",
    ("GET", "Accounts", True): "get_account",
    ("GET", "BankTransactions", False): "get_bank_transactions",
    ("GET", "BankTransactions", True): "get_bank_transaction",
    ("GET", "BrandingThemes", False): "get_branding_themes",
    ("GET", "Contacts", False): "get_contacts",
    ("GET", "Contacts", True): "get_contact",
    ("GET", "CreditNotes", False): "get_credit_notes",
    ("GET", "CreditNotes", True): "get_credit_note",
    ("GET", "Currencies", False): "get_currencies",
    ("GET", "Invoices", False): "get_invoices",
    ("GET", "Invoices", True): "get_invoice",
    ("GET", "Items", False): "get_items",
    ("GET", "Items", True): "get_item",
    ("GET", "ManualJournals", False): "get_manual_journals",
    ("GET", "ManualJournals", True): "get_manual_journal",
    ("GET", "Organisation", False): "get_organisations",
    ("GET", "Overpayments", False): "get_overpayments",
    ("GET", "Overpayments", True): "get_overpayment",
    ("GET", "Payments", False): "get_payments",
    ("GET", "Payments", True): "get_payment",
    ("GET", "Prepayments", False): "get_prepayments",
    ("GET", "Prepayments", True): "get_prepayment",
    ("GET", "PurchaseOrders", False): "get_purchase_orders",
    ("GET", "PurchaseOrders", True): "get_purchase_order",
    ("GET", "Quotes", False): "get_quotes",
    ("GET", "Quotes", True): "get_quote",
    ("GET", "TaxRates", False): "get_tax_rates",
    ("GET", "TrackingCategories", False): "get_tracking_categories",
    ("GET", "TrackingCategories", True): "get_tracking_category",
    ("GET", "Users", False): "get_users",
    ("PUT", "BankTransactions", False): "create_bank_transactions",
    ("PUT", "Contacts", False): "create_contacts",
    ("PUT", "CreditNotes", False): "create_credit_notes",
    ("PUT", "Invoices", False): "create_invoices",
    ("PUT", "Items", False): "create_items",
    ("PUT", "ManualJournals", False): "create_manual_journals",
    ("PUT", "Payments", False): "create_payments",
    ("PUT", "PurchaseOrders", False): "create_purchase_orders",
    ("PUT", "Quotes", False): "create_quotes",
    ("POST", "BankTransactions", False): "update_or_create_bank_transactions",
    ("POST", "Contacts", False): "update_or_create_contacts",
    ("POST", "CreditNotes", False): "update_or_create_credit_notes",
    ("POST", "Invoices", False): "update_or_create_invoices",
    ("POST", "Items", False): "update_or_create_items",
    ("POST", "ManualJournals", False): "update_or_create_manual_journals",
    ("POST", "PurchaseOrders", False): "update_or_create_purchase_orders",
    ("POST", "Quotes", False): "update_or_create_quotes",
}

_OPTIONS = frozenset({"_return_http_data_only", "_preload_content", "_request_timeout"})


@dataclass
class Request:
    """One call, in Xero's own words.

    :param resource: first part of the path (``Invoices``), or a longer path (``CreditNotes/<id>/Allocations``).
    :param xero_id: appended to the path when given.
    :param params: query parameters by Xero's names; lists are joined with commas.
    :param body: bytes to send as they are.
    :param headers: further headers by their wire names.
    """

    method: str
    resource: str
    xero_id: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Path below the Accounting API's base, percent-encoded."""
        parts = self.resource.split("/") + ([self.xero_id] if self.xero_id else [])
        return "/" + "/".join(quote(part, safe="") for part in parts)

    @property
    def is_single(self) -> bool:
        """Whether it names records, which Xero may not have, and not a whole resource, which it always has."""
        return bool(self.xero_id) or "/" in self.resource or "IDs" in self.params

    def is_answered_by(self, data: dict[str, Any]) -> bool:
        """Whether ``data`` has what was asked for, even an empty list: Xero's answers always do."""
        return list_key(self.resource) in data or bool(self.xero_id) and self.xero_id in data

    @property
    def log_path(self) -> str:
        """The path without the name of an attached file, which may name a person."""
        head, slash, name = self.path.partition("/Attachments/")
        return f"{head}{slash}*" if name else head


class _Bearer:
    """Stands where the SDK keeps its OAuth2Token: hands out the token of one call, refreshes nothing."""

    def __init__(self) -> None:
        self.token = ""

    def get_auth_settings(self) -> dict[str, str]:
        """Return what the SDK puts into the header."""
        return {"in": "header", "key": "Authorization", "value": f"Bearer {self.token}"}


def sdk_argument(wire_name: str) -> str:
    """Return the SDK's spelling of a query parameter: ``pageSize`` -> ``page_size``, ``IDs`` -> ``i_ds``."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", wire_name)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", name).lower()


@functools.cache
def _arguments(function: Callable[..., Any]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return an SDK function's required arguments, in order, and the names of its optional ones."""
    given = list(inspect.signature(function).parameters.values())[1:]
    required = tuple(item.name for item in given if item.default is item.empty)
    return required, frozenset(item.name for item in given if item.default is not item.empty) - _OPTIONS


def _plain(value: Any) -> str:
    # The SDK would write True as "True"; Xero's own spelling is lower case.
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _listed(value: Any) -> list[str]:
    return value.split(",") if isinstance(value, str) else [str(item) for item in value]


class Gateway:
    """xero-python for one organisation and one run; not to be shared between threads.

    :param tenant_id: empty for custom connections, whose token implies it.
    """

    def __init__(self, endpoints: Endpoints, tenant_id: str, rest: RestClient) -> None:
        self.tenant_id = tenant_id or ""
        self._bearer = _Bearer()
        self._rest = rest
        self._api = self._build(endpoints)

    def _build(self, endpoints: Endpoints) -> AccountingApi:
        # Imported here: it costs a quarter of a second and 20 MB, which idle workers should not pay.
        from xero_python.accounting import AccountingApi
        from xero_python.api_client import ApiClient
        from xero_python.api_client.configuration import Configuration

        # type.__call__ steps around the metaclass that hands the first configuration to everybody.
        configuration = type.__call__(Configuration)
        configuration.oauth2_token = self._bearer
        api_client = ApiClient(configuration)
        api_client.rest_client = self._rest
        api_client.user_agent = USER_AGENT
        return AccountingApi(api_client, base_url=endpoints.accounting_url)

    def send(self, request: Request, access_token: str, correlation_id: str = "") -> RawAnswer:
        """Make the call once and return the answer, whatever its status.

        :param correlation_id: sent along, so that a proxy's log can be matched with ours.
        :raise requests.RequestException: when there is no complete answer.
        """
        self._bearer.token = access_token
        self._api.api_client.set_default_header("X-Correlation-Id", correlation_id)
        try:
            call = self._generated(request)
            return call() if call else self._seam(request)
        finally:
            self._bearer.token = ""
            self._api.api_client.last_response = None

    def _generated(self, request: Request) -> Callable[[], RawAnswer] | None:
        """Return the SDK's own method with its arguments bound, None when it has none that takes them all."""
        name = SDK_METHODS.get((request.method, request.resource, bool(request.xero_id)))
        function = getattr(type(self._api), name, None) if name else None
        if function is None:
            return None
        required, optional = _arguments(function)
        positional = [item for item in (self.tenant_id, request.xero_id, request.body) if item is not None]
        options = self._options(request)
        if len(positional) != len(required) or not optional.issuperset(options):
            return None
        return lambda: function(self._api, *positional, **options, _preload_content=False)

    def _options(self, request: Request) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for name, value in request.params.items():
            options[sdk_argument(name)] = _listed(value) if name in LIST_PARAMS else _plain(value)
        for name, value in request.headers.items():
            options[name.lower().replace("-", "_")] = value
        return options

    def _seam(self, request: Request) -> RawAnswer:
        """Use the SDK's call_api, for resources and parameters for which it generated no method."""
        headers = {"xero-tenant-id": self.tenant_id, "Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        params = [
            (name, ",".join(map(str, value)) if isinstance(value, (list, tuple)) else _plain(value))
            for name, value in request.params.items()
        ]
        return self._api.api_client.call_api(
            self._api.get_resource_url(request.path),
            request.method,
            query_params=params,
            header_params={**headers, **request.headers},
            body=request.body,
            auth_settings=["OAuth2"],
            _return_http_data_only=True,
            _preload_content=False,
        )
