"""Idempotency-Key (facts 3.10)."""

import threading

import pytest
import requests

URL = "Contacts?summarizeErrors=false"


def put(api, name, key, path=URL, method="PUT"):
    return api.call(method, path, {"Idempotency-Key": key}, json={"Contacts": [{"Name": name}]})


def test_same_request_gives_the_same_answer_and_saves_once(sim, au):
    first, second = put(au, "Ada", "k1"), put(au, "Ada", "k1")
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert len(sim.documents("Contacts")) == 1
    assert sim.look("stats")["idempotent_replays"] == 1


def test_without_key_the_second_is_a_duplicate(sim, au):
    put(au, "Ada", None)
    assert put(au, "Ada", None).json()["Contacts"][0]["StatusAttributeString"] == "ERROR"


@pytest.mark.parametrize(
    ("name", "path", "method"), [("Bob", URL, "PUT"), ("Ada", "Contacts", "PUT"), ("Ada", URL, "POST")]
)
def test_other_body_url_or_method_is_refused_in_plain_text(au, name, path, method):
    put(au, "Ada", "k1")
    answer = put(au, name, "k1", path, method)
    assert answer.status_code == 400
    assert answer.text == "Idempotency Key: k1 is used with a different request."
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_six_minutes_from_the_first_call(sim, au):
    put(au, "Ada", "k1")
    sim.control("clock", advance=350)
    assert put(au, "Ada", "k1").json()["Contacts"][0]["StatusAttributeString"] == "OK"
    sim.control("clock", advance=20)
    assert put(au, "Ada", "k1").json()["Contacts"][0]["StatusAttributeString"] == "ERROR"


def test_keys_belong_to_the_app_so_another_tenant_gets_the_first_answer(sim, au, uk):
    put(au, "Ada", "k1")
    assert put(uk, "Ada", "k1").status_code == 200
    assert len(sim.documents("Contacts", "au")) == 1
    assert sim.documents("Contacts", "uk") == []


def test_keys_of_another_app_are_its_own(sim, au):
    put(au, "Ada", "k1")
    app = sim.control("apps")
    token = sim.control("token", client_id=app["client_id"], organisations=["au"])["access_token"]
    answer = au.call(
        "PUT", URL, {"Idempotency-Key": "k1", "Authorization": f"Bearer {token}"}, json={"Contacts": [{"Name": "Bob"}]}
    )
    assert answer.status_code == 200


def test_errors_are_kept_too(sim, au):
    sim.fault("error", status=500)
    assert put(au, "Ada", "k1").status_code == 500
    assert put(au, "Ada", "k1").status_code == 500
    assert sim.documents("Contacts") == []
    assert put(au, "Ada", "k2").status_code == 200


def test_validation_errors_are_kept_although_the_cause_is_gone(sim, au):
    au.contact("Ada")
    assert put(au, "Ada", "k1", "Contacts").status_code == 400
    sim.act("edit_contact", contact="Ada", Name="Somebody else")
    assert put(au, "Ada", "k1", "Contacts").status_code == 400
    assert put(au, "Ada", "k2", "Contacts").status_code == 200


def test_replays_cost_quota(sim, au):
    sim.control("limits", enabled=True)
    put(au, "Ada", "k1")
    before = int(put(au, "Ada", "k1").headers["X-MinLimit-Remaining"])
    assert int(put(au, "Ada", "k1").headers["X-MinLimit-Remaining"]) == before - 1


def test_refused_by_limit_is_not_kept(sim, au):
    sim.fault("rate_limit", limit="minute", retry_after=3)
    assert put(au, "Ada", "k1").status_code == 429
    assert put(au, "Ada", "k1").status_code == 200


def test_key_of_128_characters_at_most(au):
    assert put(au, "Ada", "k" * 128).status_code == 200
    assert put(au, "Bob", "k" * 129).status_code == 400


def test_reading_ignores_keys(au):
    for path in ("Organisation", "Accounts"):
        assert au.call("GET", path, {"Idempotency-Key": "same"}).status_code == 200


def test_lost_answer_and_retry_with_the_same_key_save_once(sim, au):
    sim.fault("drop_after", resource="Contacts")
    with pytest.raises(requests.ConnectionError):
        put(au, "Ada", "k1")
    assert put(au, "Ada", "k1").json()["Contacts"][0]["StatusAttributeString"] == "OK"
    assert len(sim.documents("Contacts")) == 1


def test_second_call_waits_for_the_first_under_the_same_key(sim, au):
    sim.fault("slow", seconds=0.5, resource="Contacts")
    bodies = []

    def call():
        headers = {**au.headers, "Idempotency-Key": "k1"}
        url = f"{sim.address}/api.xro/2.0/{URL}"
        bodies.append(requests.put(url, headers=headers, json={"Contacts": [{"Name": "Ada"}]}).content)

    threads = [threading.Thread(target=call) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(bodies)) == 1
    assert len(sim.documents("Contacts")) == 1
