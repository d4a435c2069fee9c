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
    "api", ["http://sim:81", "http://sim:81/", " http://sim:81/api.xro/2.0/ ", "http://sim:81/connections"]
)
def test_known_paths_are_cut(api: str) -> None:
    assert Endpoints(api_url=api).accounting_url == "http://sim:81/api.xro/2.0"


def test_known_paths_of_the_others() -> None:
    endpoints = Endpoints("http://sim/identity/connect/authorize", "http://sim/connect/token/")
    assert (endpoints.login_url, endpoints.identity_url) == ("http://sim", "http://sim")
    assert Endpoints(identity_url="http://sim/connect/revocation").token_url == "http://sim/connect/token"


def test_prefix_of_a_proxy_stays() -> None:
    assert Endpoints(api_url="https://gate.example/xero/").accounting_url == "https://gate.example/xero/api.xro/2.0"


@pytest.mark.parametrize("wrong", ["api.xero.com", "ftp://api.xero.com", "https://", "https://x/?a=b", "javascript:1"])
def test_unusable(wrong: str) -> None:
    with pytest.raises(ValueError, match="base address"):
        Endpoints(api_url=wrong)


def test_frozen_and_comparable() -> None:
    endpoints = Endpoints(api_url="http://sim/")
    assert endpoints == Endpoints(api_url="http://sim")
    with pytest.raises(dataclasses.FrozenInstanceError):
        endpoints.api_url = "http://other"  # type: ignore[misc]
