"""/connections, and how calls fail without one (facts 1.6, 2.2, 5.2, 5.3)."""

import re

import pytest
from simulator_client import ZERO_ID


def test_connections_show_what_the_facts_say(sim):
    tokens = sim.tokens(organisations=["au", "uk"])
    rows = sim.connections(tokens["access_token"]).json()
    assert {row["tenantName"] for row in rows} == {"Harbour Trading Pty Ltd", "Thames & Co Ltd"}
    for row in rows:
        assert row["tenantType"] == "ORGANISATION"
        assert row["id"] != row["tenantId"]
        assert row["createdDateUtc"] == row["updatedDateUtc"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}", row["createdDateUtc"])


def test_auth_event_filter_gives_what_this_consent_added(sim):
    first = sim.tokens(organisations=["au"])
    sim.tokens(organisations=["uk"])
    rows = sim.connections(first["access_token"]).json()
    assert len(rows) == 2
    event = next(row["authEventId"] for row in rows if row["tenantName"].startswith("Harbour"))
    (only,) = sim.connections(first["access_token"], authEventId=event).json()
    assert only["tenantName"] == "Harbour Trading Pty Ltd"


def test_deleting_takes_the_connection_id_and_leaves_the_token_alive(sim):
    tokens = sim.tokens(organisations=["au", "uk"])
    rows = sim.connections(tokens["access_token"]).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert sim.http.delete(f"{sim.address}/connections/{rows[0]['tenantId']}", headers=headers).status_code == 404
    assert sim.http.delete(f"{sim.address}/connections/{rows[0]['id']}", headers=headers).status_code == 204
    assert sim.http.delete(f"{sim.address}/connections/{rows[0]['id']}", headers=headers).status_code == 404
    assert [row["id"] for row in sim.connections(tokens["access_token"]).json()] == [rows[1]["id"]]


def test_connecting_again_keeps_created_and_moves_updated(sim):
    tokens = sim.tokens()
    sim.control("disconnect", tenant="au")
    sim.control("clock", advance=60)
    sim.tokens()
    (row,) = sim.connections(tokens["access_token"]).json()
    assert row["createdDateUtc"] < row["updatedDateUtc"]


class TestRefusedCalls:
    def body(self, answer):
        body = answer.json()
        assert set(body) == {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}
        assert body["Status"] == answer.status_code
        return body

    def test_expired_token(self, sim, au):
        sim.control("clock", advance=1801)
        answer = au.call("GET", "Organisation")
        assert answer.status_code == 401
        assert self.body(answer)["Detail"].startswith("TokenExpired")

    def test_unknown_token(self, au):
        answer = au.call("GET", "Organisation", {"Authorization": "Bearer nonsense"})
        assert (answer.status_code, self.body(answer)["Detail"]) == (401, "AuthenticationUnsuccessful")

    @pytest.mark.parametrize("tenant", [None, ZERO_ID, "not-an-id"])
    def test_wrong_or_missing_tenant_is_403(self, au, tenant):
        answer = au.call("GET", "Organisation", {"xero-tenant-id": tenant})
        assert (answer.status_code, self.body(answer)["Detail"]) == (403, "AuthenticationUnsuccessful")
        assert self.body(answer)["Title"] == "Forbidden"

    def test_other_organisation_of_the_simulator_is_403(self, sim, au):
        other = sim.look("organisations/uk")["tenant_id"]
        assert au.call("GET", "Organisation", {"xero-tenant-id": other}).status_code == 403

    def test_disconnected_tenant_is_403_while_refresh_still_works(self, sim):
        tokens = sim.tokens()
        sim.control("disconnect", tenant="au")
        tokens = sim.refresh(tokens["refresh_token"]).json()
        headers = {
            "Authorization": f"Bearer {tokens['access_token']}",
            "xero-tenant-id": sim.look("organisations/au")["tenant_id"],
            "Accept": "application/json",
        }
        assert sim.http.get(f"{sim.address}/api.xro/2.0/Organisation", headers=headers).status_code == 403


SCOPE_CASES = [
    ("GET", "Invoices", "accounting.invoices.read"),
    ("GET", "Invoices", "accounting.invoices"),
    ("PUT", "Invoices", "accounting.invoices"),
    ("PUT", "CreditNotes", "accounting.invoices"),
    ("GET", "Contacts", "accounting.contacts.read"),
    ("POST", "Contacts", "accounting.contacts"),
    ("PUT", "Payments", "accounting.payments"),
    ("GET", "Overpayments", "accounting.payments.read"),
    ("PUT", "BatchPayments", "accounting.payments"),
    ("PUT", "BankTransactions", "accounting.banktransactions"),
    ("GET", "Accounts", "accounting.settings.read"),
    ("GET", "Organisation", "accounting.settings.read"),
    ("PUT", "TrackingCategories", "accounting.settings"),
    ("PUT", "Items", "accounting.settings"),
]


@pytest.mark.parametrize(("method", "path", "scope"), SCOPE_CASES)
def test_scope_opens_its_endpoint(sim, method, path, scope):
    answer = sim.api("au", [scope]).call(method, path, json={})
    assert answer.status_code not in (401, 403), answer.text


@pytest.mark.parametrize(("method", "path", "scope"), SCOPE_CASES)
def test_every_other_scope_together_does_not(sim, method, path, scope):
    family = scope.removesuffix(".read")
    granular = {
        "accounting.invoices", "accounting.payments", "accounting.banktransactions", "accounting.contacts",
        "accounting.settings", "accounting.attachments",
    }  # fmt: skip
    others = [name for name in granular if name != family]
    reading = [f"{family}.read"] if method != "GET" else []
    answer = sim.api("au", others + reading).call(method, path, json={})
    assert answer.status_code == 401
    assert answer.json()["Detail"] == "AuthorizationUnsuccessful"
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_attachments_have_their_own_scope_and_history_that_of_the_document(sim, au):
    path = f"Invoices/{au.invoice()['InvoiceID']}"
    reader = sim.api("au", ["accounting.invoices"])
    assert reader.call("GET", f"{path}/Attachments").status_code == 401
    assert reader.call("GET", f"{path}/History").status_code == 200
    assert sim.api("au", ["accounting.attachments.read"]).call("GET", f"{path}/Attachments").status_code == 200


def test_broad_scope_of_an_old_app_covers_its_parts(sim):
    api = sim.api("au", ["accounting.transactions"])
    assert api.call("GET", "Invoices").status_code == 200
    assert api.call("GET", "BankTransactions").status_code == 200
    assert api.call("GET", "Contacts").status_code == 401


def test_items_may_be_opened_to_the_invoice_scope_by_a_switch(sim):
    api = sim.api("au", ["accounting.invoices"])
    assert api.call("GET", "Items").status_code == 401
    sim.control("readings", items_need_settings_scope=False)
    assert api.call("GET", "Items").status_code == 200
