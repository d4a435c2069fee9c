"""Yesterday's backup: restored from a real dump, it is held, and goes on without sending twice or overwriting."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from drill import BANK, open_drill, open_ground

from dev.demo import pictures
from dev.machine import scratch
from dev.machine.odoo import Server, Site
from dev.machine.postgres import USER
from dev.machine.process import wait_for
from dev.machine.stack import Stack

KINDS = ("Invoices", "CreditNotes", "Contacts", "Payments")
UNMARKED = "ACCPAYCREDIT"
"""Bears neither a mark nor a number of ours: one that was lost counts as made in Xero."""

OPEN = "SELECT state FROM xero_recovery WHERE is_open"


@pytest.fixture
def ground(cluster, template, folder):
    with open_ground(cluster, template, folder, "backup") as forge:
        yield forge


def run(cluster, program: str, *arguments) -> None:
    """Run one of PostgreSQL's own programs."""
    command = [cluster.programs / program, "-h", cluster.host, "-U", USER, *arguments]
    subprocess.run([str(part) for part in command], check=True, **scratch.unprivileged())


def restore(cluster, dump, name: str) -> None:
    """Make database `name` from `dump`, as an administrator does."""
    run(cluster, "createdb", "-T", "template0", name)
    run(cluster, "pg_restore", "-d", name, "--no-owner", "-j", "2", dump)


def books_of(drill) -> dict:
    """Everything that the simulated organisation holds."""
    return {kind: drill.simulator.documents(drill.tenant, kind) for kind in KINDS}


def same(books: dict) -> str:
    """`books` in a form that is equal exactly when nothing changed."""
    return json.dumps(books, sort_keys=True, default=str)


def writes(drill) -> int:
    """How many writing calls the simulator has got."""
    calls = drill.simulator.get("stats")["calls"]
    return sum(row["count"] for row in calls if row["method"] != "GET")


def picture(stack, drill, name: str, recovery: int) -> None:
    """Keep a picture of the screens in the folder that RECOVERY_PICTURES names, if any."""
    folder = os.environ.get("RECOVERY_PICTURES")
    if not folder:
        return
    shots = [
        {"name": name, "path": f"/odoo/action-xero_connector.action_xero_recovery/{recovery}", "size": [1366, 900]},
        {"name": f"{name}-connection", "path": f"/odoo/xero-connections/{drill.connection}"},
    ]
    pictures.take(stack, shots, Path(folder))


class Recovery:
    """The way out of a hold, as an administrator goes it through the web client's calls."""

    def __init__(self, session, company: int) -> None:
        self.session = session
        self.context = {"allowed_company_ids": [company]}
        self.id = self.read("id", domain=[("is_open", "=", True)])

    def read(self, name, domain=None):
        """Return a field of the newest recovery."""
        rows = self.session.read("xero.recovery", domain or [("id", "=", self.id)], [name], context=self.context)
        return rows[0][name]

    def lines(self):
        """Return what was found."""
        names = ["kind", "xero_type", "number", "name", "decision", "state", "message"]
        return self.session.read("xero.recovery.line", [("recovery_id", "=", self.id)], names, context=self.context)

    def click(self, button):
        """Press a button of the form."""
        self.session.call("xero.recovery", button, [self.id], context=self.context)

    def answer(self, **values):
        """Answer what this database is."""
        self.session.call("xero.recovery", "write", [self.id], values, context=self.context)
        self.click("action_answer")

    def wait(self, state):
        """Wait for the background work to come to `state`."""
        assert wait_for(lambda: self.read("state") == state, 120), (self.read("state"), self.read("trouble"))


def a_day_after(drill, old: list[int]) -> None:
    """What is lost with the backup: documents, contacts, payments, and changes of what was there."""
    new = drill.make(count=6, contacts=2, first=6)
    drill.forge.ask("company:change", move_ids=old[:2], text="Changed after the backup")
    drill.finish()
    for move_id in (old[3], new[0]):
        drill.forge.ask("backup:pay", move_ids=[move_id], company_id=drill.company)
    drill.finish()


def put_back(drill, dump) -> None:
    """Replace the database of `drill` by what `dump` holds."""
    cluster, name = drill.stack.cluster, drill.stack.site.database
    drill.forge.stop()
    cluster.drop_database(name)
    restore(cluster, dump, name)
    drill.forge.start()


def check_found(lines: list[dict]) -> None:
    """The documents, contacts and payments of the lost day are listed."""
    lost = [line["xero_type"] for line in lines if line["kind"] == "lost"]
    assert len([kind for kind in lost if kind in ("Invoice", "CreditNote")]) >= 4, lines
    assert (lost.count("Contact"), lost.count("Payment")) == (2, 2), lines


def carry_out(drill, recovery, late: list[int]) -> None:
    """Have it done; the late invoice has the number of a lost one, so a person gives it another."""
    recovery.click("action_apply")
    recovery.wait("decide")
    picture(drill.stack, drill, "3-carried-out", recovery.id)
    failed = [line for line in recovery.lines() if line["state"] == "failed"]
    told = [(line["number"], line["message"]) for line in failed]
    assert [line["number"] for line in failed] == ["INV/2026/00003"], told
    drill.forge.ask("company:renumber", move_ids=late)
    recovery.click("action_apply")
    recovery.wait("decide")
    assert not [line for line in recovery.lines() if line["state"] == "failed"], recovery.lines()


def check_books(drill, before: dict, documents: int) -> None:
    """What Xero held it holds, nothing twice, and both sides hold the same open."""
    after = books_of(drill)
    due = drill.forge.ask("backup:open_amounts", connection_id=drill.connection)
    for kind, key in (("Invoices", "InvoiceID"), ("CreditNotes", "CreditNoteID")):
        now = {element[key]: element for element in after[kind]}
        for element in before[kind]:
            same_element = now[element[key]]
            for field in ("Total", "Status"):
                assert same_element[field] == element[field]
            sold = [[line["Description"] for line in one["LineItems"]] for one in (same_element, element)]
            assert sold[0] == sold[1], "another sale under the same number"
        for element in after[kind]:
            if element["Type"] == UNMARKED and element[key] not in due:
                continue
            assert float(due[element[key]]) == float(element.get("AmountDue", element.get("RemainingCredit"))), element
    assert len(after["Payments"]) == 2
    assert len(after["Invoices"]) + len(after["CreditNotes"]) == documents
    made_there = [one for one in after["CreditNotes"] if one["Type"] == UNMARKED and one["CreditNoteID"] not in due]
    assert len(made_there) == 1
    assert len(drill.report()["documents"]) == documents - len(made_there)


def test_restored_dump_is_held_and_recovered(ground):
    drill, stack, cluster = open_drill(ground, "test_backup"), ground.stack, ground.stack.cluster
    ground.ask("backup:send_payments", connection_id=drill.connection, code=BANK)
    old = drill.make(count=6, contacts=2)
    drill.finish()
    dump = cluster.folder / "yesterday.dump"
    run(cluster, "pg_dump", "-Fc", "-f", dump, stack.site.database)
    a_day_after(drill, old)
    before = books_of(drill)
    assert len(before["Invoices"]) + len(before["CreditNotes"]) == 12
    assert len(before["Payments"]) == 2
    put_back(drill, dump)
    # Somebody works on before anybody notices: same ids, same numbers as what was lost.
    late = drill.make(count=1, contacts=1, first=48)
    sent = writes(drill)
    server = stack.start_server(max_cron_threads=2)
    stack.wake(server)
    assert wait_for(lambda: stack.query(OPEN) == [["ask"]], 120), "a restored dump is not noticed"
    session = stack.session()
    session.call("res.users", "write", [session.uid], {"company_id": drill.company})
    recovery = Recovery(session, drill.company)
    assert recovery.read("kind") == "moved"
    picture(stack, drill, "1-question", recovery.id)
    assert session.read("xero.connection", [("id", "=", drill.connection)], ["state"])[0]["state"] == "held"
    assert stack.query("SELECT count(*) FROM xero_alert WHERE state = 'open' AND topic = 'connection'") == [["1"]]
    recovery.answer(answer="real", other="gone")
    recovery.wait("decide")
    picture(stack, drill, "2-decide", recovery.id)
    check_found(recovery.lines())
    carry_out(drill, recovery, late)
    assert (same(books_of(drill)), writes(drill)) == (same(before), sent), "something was said to Xero"
    recovery.click("action_release")
    assert wait_for(lambda: not drill.at_work(), 120)
    server.stop()
    drill.finish()
    check_books(drill, before, 13)


def test_a_lost_race_is_begun_again(ground):
    drill = open_drill(ground, "test_lost_race")
    assert ground.ask("backup:lose_race", connection_id=drill.connection) == "again"


def test_same_dump_under_another_name_is_a_copy(ground):
    drill, stack, cluster = open_drill(ground, "test_other_name"), ground.stack, ground.stack.cluster
    drill.make(count=3, contacts=1)
    drill.finish()
    dump = cluster.folder / "copy.dump"
    run(cluster, "pg_dump", "-Fc", "-f", dump, stack.site.database)
    restore(cluster, dump, "backup_copy")
    site = Site(stack.site.home, cluster, "backup_copy", stack.site.folder, stack.site.settings)
    copy = Stack(site, stack.simulator)
    cluster.query("UPDATE xero_credential SET access_expires_at = now() - interval '3 days'", "backup_copy")
    calls = stack.simulator.get("stats")["total_calls"]
    try:
        with Server(site, "copy", max_cron_threads=2) as server:
            _poll(copy, drill)
            copy.wake(server)
            assert wait_for(lambda: copy.query(OPEN) == [["ask"]] or _poll(copy, drill), 180)
            session = copy.session(server=server)
            assert stack.simulator.get("stats")["total_calls"] == calls
            Recovery(session, drill.company).answer(answer="copy")
            assert copy.query(f"SELECT state FROM xero_connection WHERE id = {drill.connection}") == [["disconnected"]]
            assert stack.simulator.get("stats")["total_calls"] == calls, "a copy told Xero something"
    finally:
        cluster.drop_database("backup_copy")
    drill.make(count=2, contacts=1, first=3)
    drill.finish()
    drill.check(5)


def _poll(copy, drill) -> bool:
    """Have something read, so that a worker looks; nothing was noticed yet."""
    copy.query("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' WHERE cron_name IN "
               "('Xero: Poll', 'Xero: Alerts') OR id IN (SELECT res_id FROM ir_model_data WHERE name IN "
               "('ir_cron_xero_poll', 'ir_cron_xero_alert'))")  # fmt: skip
    return False


def test_hold_lands_whatever_fails_around_it(ground):
    drill = open_drill(ground, "test_hold")
    assert ground.ask("backup:hold_and_fail", connection_id=drill.connection) == "ahead held"
    drill.make(count=2, contacts=1)
    ground.fork("work:drain", seconds=5).wait(60)
    assert not drill.in_xero("Invoices")
    ground.ask("backup:end_hold", connection_id=drill.connection)
    drill.finish()
    drill.check(2)
