"""Base addresses and what is built from them."""

from __future__ import annotations

import dataclasses

import pytest

from xero_api.endpoints import Endpoints


def test_xero_by_default() -> None:
    endpoints = Endpoints()
    assert endpoints.authorize_url == "https://login.xero.com/identity/connect/authorize"
    assert endpoints.token_url == "https://identity.xero.com/connect/token"
    assert endpoints.revocation_url == "https://identity.xero.com/connect/revocation"
    assert endpoints.connections_url == "https://api.xero.com/connections"
    assert endpoints.accounting_url == "https://api.xero.com/api.xro/2.0"


@pytest.mark.parametrize("nothing", ["", "  ", "/", None])
def test_nothing_means_xero(nothing: str | None) -> None:
    assert Endpoints(nothing, nothing, nothing) == Endpoints()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "api", ["https://sim:81", "https://sim:81/", " https://sim:81/api.xro/2.0/ ", "https://sim:81/connections"]
)
def test_known_paths_are_cut(api: str) -> None:
    assert Endpoints(api_url=api).accounting_url == "https://sim:81/api.xro/2.0"


def test_known_paths_of_the_others() -> None:
    endpoints = Endpoints("https://sim/identity/connect/authorize", "https://sim/connect/token/")
    assert (endpoints.login_url, endpoints.identity_url) == ("https://sim", "https://sim")
    assert Endpoints(identity_url="https://sim/connect/revocation").token_url == "https://sim/connect/token"


def test_prefix_of_a_proxy_stays() -> None:
    assert Endpoints(api_url="https://gate.example/xero/").accounting_url == "https://gate.example/xero/api.xro/2.0"


WRONG = [
    *("api.xero.com", "ftp://api.xero.com", "https://", "https://x/?a=b", "https://x/#a", "https://x?", "javascript:1"),
    *("http://api.xero.com", "http://sim:81", "HTTP://x.example", "http://10.0.0.1", "http://[fd00::1]", "http://0.0.0.0"),
    *("http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://127.1", "http://2130706433"),
    *("http://169.254.169.254/latest", "https://169.254.169.254", "https://[fe80::1]", "https://[fe80::1%25eth0]"),
    *("https://[::ffff:169.254.169.254]", "https://2852039166", "https://0xa9fea9fe", "https://169.254.43518"),
    *("https://me:secret@api.xero.com", "https://me@api.xero.com", "https://@api.xero.com", "http://localhost:1@x.example"),
    *("https://x.example\\@evil.example", "https://x example", "https://x\n.example", "https://x.example:port"),
    *("https://x.example:99999", "https://[::1", "https://\u0445ero.com"),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_unusable(wrong: str) -> None:
    for name in ("login_url", "identity_url", "api_url"):
        with pytest.raises(ValueError, match="base address") as caught:
            Endpoints(**{name: wrong})
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "right", ["http://localhost:8", "http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]:80", "https://gate.example:8443"]
)
def test_usable(right: str) -> None:
    assert Endpoints(right, right, right).identity_url == right


def test_frozen_and_comparable() -> None:
    endpoints = Endpoints(api_url="https://sim/")
    assert endpoints == Endpoints(api_url="https://sim")
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoints.api_url = "http://other"  # type: ignore[misc]
