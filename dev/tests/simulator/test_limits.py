"""Rate limits and their headers (facts 3.1)."""

import threading
import time

import pytest
import requests

REMAINING = ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining")


@pytest.fixture
def limited(sim, au):
    """The API with limits on."""
    sim.control("limits", enabled=True)
    return au


def remaining(answer):
    return tuple(int(answer.headers[name]) for name in REMAINING)


def test_headers_count_down_on_every_answer(limited):
    assert remaining(limited.call("GET", "Organisation")) == (59, 999, 9999)
    assert remaining(limited.call("GET", "Invoices/nothing")) == (58, 998, 9998)
    assert remaining(limited.call("PUT", "Invoices", data="no json")) == (57, 997, 9997)


def test_core_tier_has_five_thousand_a_day(sim):
    app = sim.control("apps", tier="core", redirect_uris=["http://localhost/cb"])
    sim.control("limits", enabled=True)
    api = sim.api("au")
    token = sim.control("token", client_id=app["client_id"], organisations=["au"])["access_token"]
    answer = api.call("GET", "Organisation", {"Authorization": f"Bearer {token}"})
    assert answer.headers["X-DayLimit-Remaining"] == "4999"


def test_sixty_first_call_of_a_minute(sim, limited):
    sim.control("limits/spend", tenant="au", limit="minute", calls=59)
    assert limited.call("GET", "Organisation").status_code == 200
    answer = limited.call("GET", "Organisation")
    assert answer.status_code == 429
    assert answer.headers["X-Rate-Limit-Problem"] == "minute"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert remaining(answer)[0] == 0


def test_retry_after_is_the_truth(sim, limited):
    sim.control("limits/spend", tenant="au", limit="minute", calls=60)
    wait = int(limited.call("GET", "Organisation").headers["Retry-After"])
    sim.control("clock", advance=wait)
    assert limited.call("GET", "Organisation").status_code == 200


def test_day_limit_waits_up_to_a_day(sim, limited):
    sim.control("limits/spend", tenant="au", limit="day", calls=1000)
    answer = limited.call("GET", "Organisation")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "day")
    wait = int(answer.headers["Retry-After"])
    assert 60 < wait <= 86400
    sim.control("clock", advance=60)
    assert limited.call("GET", "Organisation").status_code == 429
    sim.control("clock", advance=wait)
    sim.control("lives", access=200000)
    assert sim.api("au").call("GET", "Organisation").status_code == 200


def test_windows_of_organisations_are_separate(sim, limited):
    sim.control("limits/spend", tenant="au", limit="minute", calls=60)
    assert limited.call("GET", "Organisation").status_code == 429
    assert sim.api("uk").call("GET", "Organisation").status_code == 200


def test_windows_start_at_different_moments(sim):
    sim.control("limits", enabled=True)
    waits = set()
    for org in ("au", "uk", "nz", "us"):
        api = sim.api(org)
        sim.control("limits/spend", tenant=org, limit="day", calls=1000)
        waits.add(int(api.call("GET", "Organisation").headers["Retry-After"]))
    assert len(waits) == 4


def test_limit_of_the_whole_app(sim, limited):
    sim.control("limits/spend", tenant="uk", limit="app_minute", calls=10000)
    answer = limited.call("GET", "Organisation")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "appminute")
    assert "Retry-After" not in answer.headers


def test_sixth_call_in_flight(sim, limited):
    """Five calls are held inside Xero (their organisation is locked by a slow write), the sixth is refused."""
    sim.fault("slow", seconds=60, count=5)
    answers = []

    def call():
        url = f"{sim.address}/api.xro/2.0/Organisation"
        answers.append(requests.get(url, headers=limited.headers))

    threads = [threading.Thread(target=call) for _number in range(5)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 30
    while sim.look("stats")["peak_concurrent"].get(limited.tenant) != 5:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    answer = limited.call("GET", "Organisation")
    sim.control("faults/release")
    for thread in threads:
        thread.join()
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in answer.headers
    assert [row.status_code for row in answers] == [200] * 5
    assert limited.call("GET", "Organisation").status_code == 200


def test_limits_can_be_switched_off_while_running(sim, limited):
    sim.control("limits/spend", tenant="au", limit="minute", calls=60)
    assert limited.call("GET", "Organisation").status_code == 429
    sim.control("limits", enabled=False)
    assert limited.call("GET", "Organisation").status_code == 200


def test_control_calls_cost_nothing(sim, limited):
    for _number in range(5):
        sim.look("stats")
    assert remaining(limited.call("GET", "Organisation"))[0] == 59
