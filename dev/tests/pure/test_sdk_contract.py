"""The seam to xero-python. When an upgrade of the SDK moves what we stand on, this file says where."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests
import xero_python.rest
from pure_harness import ROOT
from requests.structures import CaseInsensitiveDict
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient, serialize
from xero_python.api_client.configuration import Configuration

from xero_api import gateway
from xero_api.endpoints import Endpoints
from xero_api.gateway import LIST_PARAMS, SDK_METHODS, Gateway, Request, sdk_argument
from xero_api.transport import RawAnswer, RestClient

BODY = b'{"Invoices":[{"Total":1.10}]}'
WIRE_PARAMETER = re.compile(r'query_params\.append\(\("([^"]+)", (\w+)\)\)')
LISTS = re.compile(r"collection_formats = \{([^}]*)\}")


class Recorder(RestClient):
    """Stands in for the network: keeps what the SDK hands over."""

    def __init__(self) -> None:
        super().__init__(requests.Session(), 1.0)
        self.calls: list[dict[str, Any]] = []

    def _request(self, method: str, url: str, **options: Any) -> RawAnswer:
        self.calls.append({"method": method, "url": url, "body": None, **options})
        return RawAnswer(200, {}, b"{}")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def seam(recorder: Recorder) -> Gateway:
    return Gateway(Endpoints(), "tenant-1", recorder)


def source(name: str) -> str:
    return inspect.getsource(getattr(AccountingApi, name))


# === What we stand on === #


@pytest.mark.parametrize(("key", "name"), sorted(SDK_METHODS.items()))
def test_generated_method(key: tuple[str, str, bool], name: str, seam: Gateway, recorder: Recorder) -> None:
    """Each method in our table exists, takes what we give and asks the address that we mean."""
    method, resource, by_id = key
    body = BODY if method != "GET" else None
    request = Request(method, resource, "the id" if by_id else None, body=body)
    if body:
        request.headers["Idempotency-Key"] = "k"
        request.params["summarizeErrors"] = "false"
    call = seam._generated(request)
    assert call is not None, f"{name} does not take our arguments any more"
    call()
    (made,) = recorder.calls
    assert made["method"] == method
    assert made["url"] == f"https://api.xero.com/api.xro/2.0/{resource}" + ("/the%20id" if by_id else "")
    assert made["body"] is body
    if body:
        assert made["headers"]["Idempotency-Key"] == "k"
        assert made["query_params"] == [("summarizeErrors", "false")]


@pytest.mark.parametrize("resource", sorted(gateway.UNITDP & {"Invoices", "CreditNotes", "Items", "BankTransactions"}))
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_unitdp_on_writes(method: str, resource: str, seam: Gateway) -> None:
    params = {"summarizeErrors": "false", "unitdp": 4}
    assert seam._generated(Request(method, resource, None, params, BODY, {"Idempotency-Key": "k"})) is not None


@pytest.mark.parametrize("name", sorted(set(SDK_METHODS.values())))
def test_names_of_parameters(name: str) -> None:
    """Our rule from Xero's name to the SDK's argument holds for every parameter that it can send."""
    arguments = inspect.signature(getattr(AccountingApi, name)).parameters
    for wire, argument in WIRE_PARAMETER.findall(source(name)):
        assert sdk_argument(wire) == argument
        assert argument in arguments


def test_lists_are_known() -> None:
    """A text given for a parameter that the SDK joins would be joined letter by letter."""
    found: dict[str, str] = {}
    for name in SDK_METHODS.values():
        for block in LISTS.findall(source(name)):
            found |= dict(re.findall(r'"([^"]+)": "(\w+)"', block))
    assert found == dict.fromkeys(LIST_PARAMS, "csv")


def test_header_names(seam: Gateway, recorder: Recorder) -> None:
    """The whole set for a write, so that nothing new goes out unnoticed."""
    seam.send(Request("PUT", "Invoices", body=BODY, headers={"Idempotency-Key": "k"}), "token", "corr-1")
    assert recorder.calls[0]["headers"] == {
        "Accept": "application/json",
        "Authorization": "Bearer token",
        "Content-Type": "application/json",
        "Idempotency-Key": "k",
        "User-Agent": "odoo-xero-connector",
        "X-Correlation-Id": "corr-1",
        "xero-tenant-id": "tenant-1",
    }


def test_header_names_of_a_read(seam: Gateway, recorder: Recorder) -> None:
    seam.send(Request("GET", "Invoices", headers={"If-Modified-Since": "2026-01-01T00:00:00"}), "token", "corr-1")
    assert recorder.calls[0]["headers"] == {
        "Accept": "application/json",
        "Authorization": "Bearer token",
        "If-Modified-Since": "2026-01-01T00:00:00",
        "User-Agent": "odoo-xero-connector",
        "X-Correlation-Id": "corr-1",
        "xero-tenant-id": "tenant-1",
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_seam_and_generated_method_say_the_same(method: str, seam: Gateway, recorder: Recorder) -> None:
    """Where the SDK has no method we must not be told from where it has one."""
    body = BODY if method != "GET" else None
    seam._bearer.token = "token"
    request = Request(method, "Invoices", None, {"unitdp": 4}, body, {"Idempotency-Key": "k"} if body else {})
    generated = seam._generated(request)
    assert generated is not None
    generated()
    seam._seam(request)
    first, second = ({**call, "post_params": call.get("post_params") or None} for call in recorder.calls)
    assert first == second


def test_bytes_pass_the_serialiser() -> None:
    """call_api runs every body through serialize; bytes must come out as the same object."""
    assert serialize(BODY) is BODY


def test_rest_class_has_what_the_sdk_calls() -> None:
    """ApiClient.request picks the verb from rest_client; the names of its options are ours too."""
    for verb in ("GET", "PUT", "POST", "DELETE"):
        recorder = Recorder()
        client = object.__new__(ApiClient)
        client.rest_client = recorder
        client.request(verb, "http://x", query_params=[("a", "b")], headers={"h": "v"}, body=None)
        assert recorder.calls[0]["query_params"] == [("a", "b")]
        assert recorder.calls[0]["headers"] == {"h": "v"}


def test_verbs_of_the_sdk_are_the_ones_replaced() -> None:
    verbs = {name for name in vars(xero_python.rest.RESTClientObject) if name.isupper()}
    assert verbs == {"GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"}
    used = {method for method, _resource, _by_id in SDK_METHODS} | {"DELETE"}
    assert used <= {name for name in vars(RestClient) if name.isupper()}


def test_paths_are_encoded_whole() -> None:
    assert type.__call__(Configuration).safe_chars_for_path_param == ""


# === What we keep away === #


@pytest.fixture
def shared_configuration() -> Iterator[None]:
    before = Configuration._default
    Configuration.set_default(None)
    yield
    Configuration.set_default(before)


@pytest.mark.usefixtures("shared_configuration")
def test_nothing_is_left_in_the_process_wide_configuration(recorder: Recorder) -> None:
    gateways = [Gateway(Endpoints(), f"tenant-{n}", recorder) for n in range(2)]
    assert Configuration._default is None
    first, second = (item._api.api_client.configuration for item in gateways)
    assert first is not second
    assert first.oauth2_token is not second.oauth2_token


@pytest.mark.usefixtures("shared_configuration")
def test_a_foreign_default_does_not_reach_us(recorder: Recorder) -> None:
    """Another addon may use the SDK the usual way."""
    foreign = Configuration(oauth2_token="theirs")
    Configuration.set_default(foreign)
    Gateway(Endpoints(), "t", recorder).send(Request("GET", "Organisation"), "ours")
    assert recorder.calls[0]["headers"]["Authorization"] == "Bearer ours"


def test_token_does_not_stay(seam: Gateway) -> None:
    seam.send(Request("GET", "Organisation"), "token")
    assert seam._bearer.token == ""
    assert seam._api.api_client.last_response is None


def test_sdk_transport_is_never_used(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: Any, **options: Any) -> None:
        raise AssertionError("the SDK's own transport was used")

    monkeypatch.setattr(xero_python.rest.RESTClientObject, "request", forbidden)
    for request in (Request("GET", "Invoices"), Request("PUT", "Contacts", body=BODY), Request("DELETE", "Any/1")):
        Gateway(Endpoints(), "t", recorder).send(request, "token")
    assert len(recorder.calls) == 3


def test_no_headers_method_of_urllib3_is_needed() -> None:
    """urllib3 2.6.0 has no getheaders(); our answers carry their own."""
    assert RawAnswer(200, CaseInsensitiveDict({"Date": "x"})).getheaders()["date"] == "x"


def test_sdk_is_loaded_late() -> None:
    """It costs a quarter of a second and 20 MB: not at import, not for a client that makes no call."""
    script = (
        "import sys, json\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from xero_api import client, codec, dates, elements, endpoints, money, oauth, redact, webhooks\n"
        "made = client.XeroClient(endpoints.Endpoints(), 't', lambda force: 'token')\n"
        "made.close()\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules} & {'xero_python', 'odoo'})))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("resource", ["Accounts", "Contacts", "CreditNotes", "Invoices", "Payments"])
@pytest.mark.parametrize("by_id", [True, False])
def test_reads_that_go_through_generated_methods(resource: str, by_id: bool, seam: Gateway) -> None:
    assert seam._generated(Request("GET", resource, "x" if by_id else None)) is not None


@pytest.mark.parametrize("resource", ["Contacts", "CreditNotes", "Invoices"])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_writes_that_go_through_generated_methods(method: str, resource: str, seam: Gateway) -> None:
    assert seam._generated(Request(method, resource, body=BODY)) is not None


def test_table_is_sound() -> None:
    for method, resource, by_id in SDK_METHODS:
        assert method in ("GET", "PUT", "POST")
        assert "/" not in resource
        assert not (by_id and method != "GET")


def test_odd_parameters_fall_back(seam: Gateway, recorder: Recorder) -> None:
    """What the SDK does not know yet still reaches Xero."""
    params = {"brandNew": True, "IDs": ["a", "b"], "rate": Decimal("1.5")}
    seam.send(Request("GET", "Invoices", None, params), "token")
    assert recorder.calls[0]["query_params"] == [("brandNew", "true"), ("IDs", "a,b"), ("rate", "1.5")]
