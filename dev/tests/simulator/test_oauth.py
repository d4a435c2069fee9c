"""Consent, codes, tokens, refresh, revocation (facts 1.2 to 1.5)."""

import base64
import hashlib
import json

import pytest
from simulator_client import CALLBACK, SCOPES, query_of

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def claims_of(access_token):
    body = access_token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def exchange(sim, code, app=None, **form):
    values = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK} | form
    return sim.token(app, **values)


class TestConsent:
    def test_page_lists_the_organisations_and_carries_the_request(self, sim):
        params = {
            "response_type": "code", "client_id": sim.app["client_id"], "redirect_uri": CALLBACK, "scope": SCOPES,
            "state": '"><b>x',
        }  # fmt: skip
        page = sim.http.get(f"{sim.address}/identity/connect/authorize", params=params)
        assert page.status_code == 200
        for name in ("Harbour Trading Pty Ltd", "Kiwi Supplies Limited", "Thames &amp; Co Ltd", "Bayside Goods Inc"):
            assert name in page.text
        assert 'name="redirect_uri" value="http://localhost:8069/callback"' in page.text
        assert "<b>x" not in page.text

    def test_state_comes_back(self, sim):
        assert query_of(sim.consent(state="a b&c"))["state"] == "a b&c"

    def test_denying_sends_access_denied_and_no_code(self, sim):
        answer = query_of(sim.consent(decision="deny"))
        assert answer["error"] == "access_denied"
        assert "code" not in answer

    @pytest.mark.parametrize(
        "uri", ["http://127.0.0.1:8069/callback", "http://example.com/callback", "http://localhost.evil.com/cb", ""]
    )
    def test_redirect_address_must_be_https_or_localhost(self, sim, uri):
        answer = sim.consent(redirect_uri=uri)
        assert answer.status_code == 400
        assert "Invalid redirect_uri" in answer.text

    def test_redirect_address_must_match_letter_for_letter(self, sim):
        app = sim.control("apps", redirect_uris=["https://books.example.com/cb"])
        assert sim.consent(app, redirect_uri="https://books.example.com/cb").status_code == 302
        assert sim.consent(app, redirect_uri="https://books.example.com/cb/").status_code == 400
        assert sim.consent(app, redirect_uri=CALLBACK).status_code == 400

    def test_registering_another_redirect_address_is_refused(self, sim):
        sim.control("apps", expect=400, redirect_uris=["http://127.0.0.1/cb"])

    @pytest.mark.parametrize("scope", ["accounting.transactions", "accounting.reports.read offline_access"])
    def test_new_app_may_not_ask_for_broad_scopes(self, sim, scope):
        answer = sim.consent(scope=scope)
        assert answer.status_code == 400
        assert "unauthorized_client" in answer.text
        assert "Invalid scope for client" in answer.text

    def test_app_made_before_2_march_2026_may_ask_for_both(self, sim):
        app = sim.control("apps", redirect_uris=[CALLBACK], created="2026-03-01")
        assert sim.consent(app, scope="accounting.transactions accounting.invoices").status_code == 302
        app = sim.control("apps", redirect_uris=[CALLBACK], created="2026-03-02")
        assert sim.consent(app, scope="accounting.transactions").status_code == 400

    def test_unknown_scope(self, sim):
        answer = sim.consent(scope="accounting.everything")
        assert answer.status_code == 400
        assert "invalid_scope" in answer.text

    def test_third_uncertified_app_is_refused_when_the_limit_is_on(self, sim):
        sim.control("organisations/au", settings={"limit_uncertified_apps": True})
        for _number in range(2):
            assert sim.consent(sim.control("apps", redirect_uris=[CALLBACK])).status_code == 302
        third = sim.control("apps", redirect_uris=[CALLBACK])
        assert sim.consent(third).status_code == 400
        assert sim.consent(third, organisations=["uk"]).status_code == 302


class TestCode:
    def test_answer_holds_what_clients_need(self, sim):
        tokens = sim.tokens()
        assert tokens["token_type"] == "Bearer"
        assert tokens["expires_in"] == 1800
        assert set(tokens["scope"].split()) == set(SCOPES.split())
        claims = claims_of(tokens["access_token"])
        assert set(claims["scope"]) == set(SCOPES.split())
        assert claims["exp"] - claims["iat"] == 1800
        assert claims["xero_userid"] and claims["authentication_event_id"]

    def test_no_refresh_token_without_offline_access(self, sim):
        assert "refresh_token" not in sim.tokens(scope="accounting.invoices")

    def test_code_works_once(self, sim):
        code = sim.code()
        assert exchange(sim, code).status_code == 200
        again = exchange(sim, code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

    def test_code_lives_five_minutes(self, sim):
        young, old = sim.code(), sim.code()
        sim.control("clock", advance=299)
        assert exchange(sim, young).status_code == 200
        sim.control("clock", advance=2)
        assert exchange(sim, old).json()["error"] == "invalid_grant"

    def test_code_belongs_to_app_and_address(self, sim):
        other = sim.control("apps", redirect_uris=[CALLBACK])
        assert exchange(sim, sim.code(), other).json()["error"] == "invalid_grant"
        elsewhere = exchange(sim, sim.code(), redirect_uri="http://localhost:1/other")
        assert elsewhere.json()["error"] == "invalid_grant"

    def test_credentials_in_the_body_work_too(self, sim):
        app = sim.app
        answer = sim.token(
            secret=False, grant_type="authorization_code", code=sim.code(), redirect_uri=CALLBACK,
            client_secret=app["client_secret"],
        )  # fmt: skip
        assert answer.status_code == 200

    def test_wrong_secret(self, sim):
        answer = exchange(sim, sim.code(), sim.app | {"client_secret": "wrong"})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")

    def test_unknown_grant_type(self, sim):
        assert sim.token(grant_type="password").json()["error"] == "unsupported_grant_type"


class TestPkce:
    def consent(self, sim, app=None):
        return sim.code(app=app, code_challenge=CHALLENGE, code_challenge_method="S256")

    def test_right_verifier(self, sim):
        assert exchange(sim, self.consent(sim), code_verifier=VERIFIER).status_code == 200

    @pytest.mark.parametrize("form", [{}, {"code_verifier": "w" * 64}, {"code_verifier": ""}])
    def test_wrong_or_missing_verifier(self, sim, form):
        assert exchange(sim, self.consent(sim), **form).json()["error"] == "invalid_grant"

    def test_short_verifier_is_no_verifier(self, sim):
        short = "v" * 42
        challenge = base64.urlsafe_b64encode(hashlib.sha256(short.encode()).digest()).rstrip(b"=").decode()
        code = sim.code(code_challenge=challenge, code_challenge_method="S256")
        assert exchange(sim, code, code_verifier=short).json()["error"] == "invalid_grant"

    def test_plain_method_is_refused(self, sim):
        assert sim.consent(code_challenge=VERIFIER, code_challenge_method="plain").status_code == 400

    def test_confidential_app_needs_its_secret_although_it_uses_pkce(self, sim):
        answer = sim.token(
            secret=False, grant_type="authorization_code", code=self.consent(sim), redirect_uri=CALLBACK,
            code_verifier=VERIFIER,
        )  # fmt: skip
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")

    def test_native_app_needs_no_secret(self, sim):
        app = sim.control("apps", redirect_uris=[CALLBACK], pkce_only=True)
        code = self.consent(sim, app)
        answer = sim.token(
            app, secret=False, grant_type="authorization_code", code=code, redirect_uri=CALLBACK,
            code_verifier=VERIFIER,
        )  # fmt: skip
        assert answer.status_code == 200
        again = sim.token(app, secret=False, grant_type="refresh_token", refresh_token=answer.json()["refresh_token"])
        assert again.status_code == 200


class TestRefresh:
    def test_rotation_gives_two_new_tokens(self, sim):
        first = sim.tokens()
        second = sim.refresh(first["refresh_token"]).json()
        assert second["access_token"] != first["access_token"]
        assert second["refresh_token"] != first["refresh_token"]
        assert sim.connections(second["access_token"]).status_code == 200

    def test_previous_token_works_for_thirty_minutes(self, sim):
        first = sim.tokens()
        sim.refresh(first["refresh_token"])
        sim.control("clock", advance=29 * 60)
        assert sim.refresh(first["refresh_token"]).status_code == 200
        sim.control("clock", advance=2 * 60)
        answer = sim.refresh(first["refresh_token"])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")

    def test_racing_refreshers_lose_the_older_answer_after_the_grace(self, sim):
        first = sim.tokens()
        lost = sim.refresh(first["refresh_token"]).json()
        kept = sim.refresh(first["refresh_token"]).json()
        sim.control("clock", advance=31 * 60)
        assert sim.refresh(lost["refresh_token"]).json() == {"error": "invalid_grant"}
        assert sim.refresh(kept["refresh_token"]).status_code == 200

    def test_sixty_days_start_anew_at_each_refresh(self, sim):
        token = sim.tokens()["refresh_token"]
        sim.control("clock", advance=59 * 86400)
        token = sim.refresh(token).json()["refresh_token"]
        sim.control("clock", advance=59 * 86400)
        token = sim.refresh(token).json()["refresh_token"]
        sim.control("clock", advance=61 * 86400)
        assert sim.refresh(token).json()["error"] == "invalid_grant"

    def test_refresh_token_belongs_to_its_app(self, sim):
        token = sim.tokens()["refresh_token"]
        other = sim.control("apps", redirect_uris=[CALLBACK])
        assert sim.refresh(token, other).json()["error"] == "invalid_grant"

    def test_refreshes_are_counted(self, sim):
        token = sim.tokens()["refresh_token"]
        sim.refresh(token)
        sim.refresh("no such token")
        figures = sim.look("stats")["oauth"]
        assert figures["refresh_token"] == 1
        assert figures["refresh_token_refused_invalid_grant"] == 1

    def test_lives_can_be_changed(self, sim):
        sim.control("lives", access=5)
        assert sim.tokens()["expires_in"] == 5


class TestScopesAddUp:
    def test_second_consent_keeps_the_first_scopes(self, sim):
        sim.tokens(scope="offline_access accounting.invoices")
        tokens = sim.tokens(scope="accounting.contacts")
        assert set(tokens["scope"].split()) == {"offline_access", "accounting.invoices", "accounting.contacts"}

    def test_refresh_adds_no_scope(self, sim):
        first = sim.tokens(scope="offline_access accounting.invoices")
        sim.tokens(scope="accounting.contacts")
        again = sim.refresh(first["refresh_token"]).json()
        assert set(again["scope"].split()) == {"offline_access", "accounting.invoices"}

    def test_revoking_starts_afresh(self, sim):
        first = sim.tokens(scope="offline_access accounting.invoices")
        app = sim.app
        sim.http.post(
            f"{sim.address}/connect/revocation", data={"token": first["refresh_token"]},
            auth=(app["client_id"], app["client_secret"]),
        )  # fmt: skip
        assert set(sim.tokens(scope="accounting.contacts")["scope"].split()) == {"accounting.contacts"}


class TestRevocation:
    def revoke(self, sim, token):
        app = sim.app
        url = f"{sim.address}/connect/revocation"
        return sim.http.post(url, data={"token": token}, auth=(app["client_id"], app["client_secret"]))

    def test_kills_refresh_token_and_connections(self, sim):
        tokens = sim.tokens(organisations=["au", "uk"])
        answer = self.revoke(sim, tokens["refresh_token"])
        assert (answer.status_code, answer.text) == (200, "")
        assert sim.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert sim.connections(tokens["access_token"]).json() == []

    def test_unknown_token_is_200(self, sim):
        assert self.revoke(sim, "nothing").status_code == 200


class TestClientCredentials:
    def test_custom_connection(self, sim):
        app = sim.control("apps", custom_organisation="uk")
        answer = sim.token(app, grant_type="client_credentials", scope="accounting.invoices.read").json()
        assert "refresh_token" not in answer
        (connection,) = sim.connections(answer["access_token"]).json()
        assert connection["tenantName"] == "Thames & Co Ltd"
        headers = {"Authorization": f"Bearer {answer['access_token']}", "Accept": "application/json"}
        url = f"{sim.address}/api.xro/2.0/Invoices"
        assert sim.http.get(url, headers=headers).status_code == 200
        assert sim.http.get(url, headers=headers | {"xero-tenant-id": ""}).status_code == 200

    def test_web_app_may_not_use_it(self, sim):
        assert sim.token(grant_type="client_credentials").json()["error"] == "unauthorized_client"

    def test_custom_app_may_not_use_the_consent_page(self, sim):
        app = sim.control("apps", custom_organisation="uk")
        assert sim.consent(app).status_code == 400

    def test_journals_and_broad_scopes_are_refused(self, sim):
        app = sim.control("apps", custom_organisation="uk")
        for scope in ("accounting.transactions", "nonsense", "offline_access"):
            assert sim.token(app, grant_type="client_credentials", scope=scope).json()["error"] == "invalid_scope"

    def test_app_connections_lists_and_deletes_without_user(self, sim):
        sim.tokens(organisations=["au"])
        answer = sim.token(grant_type="client_credentials", scope="app.connections").json()
        (connection,) = sim.connections(answer["access_token"]).json()
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        gone = sim.http.delete(f"{sim.address}/connections/{connection['id']}", headers=headers)
        assert gone.status_code == 204


def test_discovery_names_the_endpoints(sim):
    found = sim.http.get(f"{sim.address}/.well-known/openid-configuration").json()
    assert found["token_endpoint"] == f"{sim.address}/connect/token"
    assert found["authorization_endpoint"] == f"{sim.address}/identity/connect/authorize"
