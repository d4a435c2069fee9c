"""Faults: what is done, what is answered, and which calls they hit."""

import time

import pytest
import requests


def put(api, name="Ada", **options):
    return api.call("PUT", "Contacts", json={"Contacts": [{"Name": name}]}, **options)


def names(sim):
    return [row["Name"] for row in sim.documents("Contacts")]


def test_drop_before_saves_nothing(sim, au):
    sim.fault("drop_before", method="PUT")
    with pytest.raises(requests.ConnectionError):
        put(au)
    assert names(sim) == []
    assert put(au).status_code == 200


def test_drop_after_saves(sim, au):
    sim.fault("drop_after", method="PUT")
    with pytest.raises(requests.ConnectionError):
        put(au)
    assert names(sim) == ["Ada"]


def test_delay_saves_at_once_and_answers_late(sim, au):
    sim.fault("delay", method="PUT", seconds=60)
    with pytest.raises(requests.Timeout):
        put(au, timeout=0.5)
    wait_for(lambda: names(sim) == ["Ada"])
    release(sim)


def test_save_late_saves_after_the_caller_gave_up(sim, au):
    sim.fault("save_late", method="PUT", seconds=60)
    with pytest.raises(requests.Timeout):
        put(au, timeout=0.3)
    assert names(sim) == []
    release(sim)
    wait_for(lambda: names(sim) == ["Ada"])


def test_save_late_with_hang_up(sim, au):
    sim.fault("save_late", method="PUT", seconds=60, hang_up=True)
    with pytest.raises(requests.ConnectionError):
        put(au)
    assert names(sim) == []
    release(sim)
    wait_for(lambda: names(sim) == ["Ada"])


def test_late_first_request_replays_the_answer_to_its_faster_retry(sim, au):
    sim.fault("save_late", method="PUT", seconds=60, hang_up=True)
    key = {"Idempotency-Key": "k1"}
    with pytest.raises(requests.ConnectionError):
        put(au, headers=key)
    assert put(au, headers=key).status_code == 200
    release(sim)
    wait_for(lambda: sim.look("stats")["idempotent_replays"] == 1)
    assert names(sim) == ["Ada"]


@pytest.mark.parametrize(("limit", "retry_after"), [("minute", 7), ("day", 40000), ("concurrent", None)])
def test_rate_limit_of_each_kind(sim, au, limit, retry_after):
    sim.fault("rate_limit", limit=limit, retry_after=retry_after)
    answer = put(au)
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, limit)
    assert answer.headers.get("Retry-After") == (str(retry_after) if retry_after else None)
    spent = {"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining"}.get(limit)
    assert spent is None or answer.headers[spent] == "0"
    assert names(sim) == []


@pytest.mark.parametrize(("status", "saved"), [(500, False), (500, True), (502, True), (503, False)])
def test_server_errors_saved_or_not(sim, au, status, saved):
    sim.fault("error", status=status, saved=saved, method="PUT")
    answer = put(au)
    assert answer.status_code == status
    with pytest.raises(ValueError):
        answer.json()
    assert names(sim) == (["Ada"] if saved else [])


def test_garbage_is_200_without_json(sim, au):
    sim.fault("garbage", method="PUT")
    answer = put(au)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert names(sim) == ["Ada"]


def test_expire_token_ends_it_for_good(sim, au):
    sim.fault("expire_token")
    assert put(au).json()["Detail"].startswith("TokenExpired")
    assert put(au).status_code == 401


def test_disconnect_lasts(sim, au):
    sim.fault("disconnect")
    assert put(au).status_code == 403
    assert put(au).status_code == 403


def test_invalid_refuses_with_the_message(sim, au):
    sim.fault("invalid", message="You have reached the limit of invoices you can approve.")
    assert au.refused("Contacts", Name="Ada") == ["You have reached the limit of invoices you can approve."]
    assert names(sim) == []


def test_warn_saves_with_a_warning(sim, au):
    sim.fault("warn", message="Check the rate")
    (row,) = au.write("PUT", "Contacts", [{"Name": "Ada"}])
    assert row["StatusAttributeString"] == "WARNING"
    assert row["Warnings"] == [{"Message": "Check the rate"}]
    assert names(sim) == ["Ada"]


def test_partner_edition_has_no_invoicing(sim, au):
    sim.control("organisations/au", profile={"Edition": "PARTNER"})
    for path in ("Invoices", "CreditNotes"):
        answer = au.call("GET", path)
        assert answer.status_code == 403
        assert answer.json()["Detail"] != "AuthenticationUnsuccessful"
    assert au.call("GET", "Contacts").status_code == 200


def test_organisation_offline_is_503(sim, au):
    sim.control("organisations/au", settings={"offline": True})
    assert au.call("GET", "Organisation").status_code == 503
    sim.control("organisations/au", settings={"offline": False})
    assert au.call("GET", "Organisation").status_code == 200


class TestMatching:
    def test_only_calls_that_meet_every_condition(self, sim, au, uk):
        sim.fault("error", method="PUT,POST", resource="Invoices", tenant="au", path="Invoices$", status=503)
        assert au.call("GET", "Invoices").status_code == 200
        assert put(au).status_code == 200
        assert uk.call("PUT", "Invoices", json={}).status_code == 400
        assert au.call("POST", "Invoices", json={}).status_code == 503

    def test_count_and_skip(self, sim, au):
        sim.fault("error", status=503, resource="Organisation", skip=1, count=2)
        assert [au.call("GET", "Organisation").status_code for _number in range(5)] == [200, 503, 503, 200, 200]

    def test_without_count_until_removed(self, sim, au):
        fault = sim.fault("error", status=503, count=None)
        assert [au.call("GET", "Organisation").status_code for _number in range(3)] == [503] * 3
        assert sim.control(f"faults/{fault['id']}", "DELETE") == {"removed": 1}
        assert au.call("GET", "Organisation").status_code == 200

    def test_probability_can_be_repeated(self, sim, au):
        runs = []
        for _run in range(2):
            fault = sim.fault("error", status=503, count=None, probability=0.5, seed=7)
            runs.append([au.call("GET", "Organisation").status_code for _number in range(20)])
            sim.control(f"faults/{fault['id']}", "DELETE")
        assert runs[0] == runs[1]
        assert set(runs[0]) == {200, 503}

    def test_token_endpoint_and_connections(self, sim):
        sim.fault("error", path="/connect/token", status=503)
        assert sim.refresh("any").status_code == 503
        sim.fault("drop_after", path="/connect/token")
        token = sim.tokens
        with pytest.raises(requests.ConnectionError):
            token()
        sim.fault("error", path="^/connections", status=500)
        assert sim.connections("any").status_code == 500

    def test_lost_refresh_answer_leaves_the_previous_token_in_its_grace(self, sim):
        tokens = sim.tokens()
        sim.fault("drop_after", path="/connect/token")
        with pytest.raises(requests.ConnectionError):
            sim.refresh(tokens["refresh_token"])
        assert sim.refresh(tokens["refresh_token"]).status_code == 200

    def test_unknown_kind_or_field(self, sim):
        assert "Unknown kind" in sim.control("faults", expect=400, kind="explode")["error"]
        sim.control("faults", expect=400, kind="delay", second=3)


def release(sim):
    """Let the held call go on, once the fault has met it."""
    wait_for(lambda: not sim.look("faults")["faults"])
    sim.control("faults/release")


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_page_of_somebody_else(sim, au):
    sim.fault("page", method="PUT", status=302, headers={"Location": "http://hotel.example/"})
    answer = put(au, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://hotel.example/")
    assert names(sim) == []
    sim.fault("page", method="PUT", status=403, saved=True)
    answer = put(au)
    assert answer.status_code == 403
    assert "not sent by Xero" in answer.text
    assert names(sim) == ["Ada"]


def test_odd_headers(sim, au):
    sim.fault("headers", headers={"X-DayLimit-Remaining": "99999999999", "Date": "soon"})
    answer = put(au)
    assert answer.headers["X-DayLimit-Remaining"] == "99999999999"
    assert answer.headers["Date"] == "soon"


def test_drip(sim, au):
    sim.fault("drip", method="PUT", seconds=0.002)
    started = time.monotonic()
    answer = put(au)
    assert time.monotonic() - started > 0.002 * len(answer.content)
    assert "X-Simulator-Pace" not in answer.headers
    assert answer.json()["Contacts"][0]["Name"] == "Ada"


def test_bomb(sim, au):
    sim.fault("bomb", method="PUT", size=5_000_000)
    answer = put(au)
    assert int(answer.headers["Content-Length"]) < 50_000
    assert answer.content == b" " * 5_000_000
    assert names(sim) == ["Ada"]


def test_bent_elements(sim, au):
    body = {"Contacts": [{"Name": "Ada"}, {"Name": "Bob"}, {"Name": "Cy"}]}
    sim.fault("bend", method="PUT", fields={"ContactID": None}, reverse=True, cut=2)
    rows = au.call("PUT", "Contacts", json=body).json()["Contacts"]
    assert [(row["Name"], row["ContactID"]) for row in rows] == [("Cy", None), ("Bob", None)]
    assert names(sim) == ["Ada", "Bob", "Cy"]


def test_consent_errors_have_their_form(sim, au):
    for status in (401, 403):
        sim.fault("error", status=status)
        assert au.call("GET", "Contacts").json()["Status"] == status
