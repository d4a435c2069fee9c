"""The addon is taken out of a company in use and installed again: nothing of it stays, and nothing is sent twice."""

import pytest
from drill import open_drill

from dev.machine import paths
from dev.machine.stack import new_stack
from dev.testing import shell
from dev.testing.forge import Forge

DOCUMENTS = 12


@pytest.fixture
def stack(cluster, template, folder):
    with new_stack(cluster, template, folder, "reinstalled", limits=False) as made:
        yield made


def test_what_was_sent_before_an_uninstall_is_matched_after_it(stack):
    with Forge(stack) as forge:
        drill = open_drill(forge, "Installed again")
        drill.make(count=DOCUMENTS, contacts=2)
        drill.finish()
        drill.check(DOCUMENTS)
        before = ids(drill)
    assert shell.call(stack.site, "reinstall.uninstall") == {}
    stack.site.install([paths.ADDON])
    with Forge(stack) as forge:
        drill.forge = forge
        connect_again(drill)
        match_everything(drill)
        drill.finish()
        drill.check(DOCUMENTS)
        assert ids(drill) == before, "what was in Xero is what is linked, and nothing was added"


def ids(drill) -> set[str]:
    return {row["InvoiceID"] for row in drill.in_xero("Invoices")} | {
        row["CreditNoteID"] for row in drill.in_xero("CreditNotes")
    }


def connect_again(drill) -> None:
    """Nothing waits in the moment of connecting: documents from before go as a history, the night after."""
    simulator = drill.stack.simulator.url
    drill.connection = drill.forge.ask(
        "company:connect", company_id=drill.company, simulator=simulator, organisation=drill.tenant
    )
    drill.forge.ask("reinstall:hold", connection_id=drill.connection)


def match_everything(drill) -> None:
    """Confirm what is sure and likely of contacts, then of documents."""
    match = drill.forge.ask("reinstall:match", connection_id=drill.connection)
    work(drill)
    for step in ("confirm_sure", "confirm_likely", "next", "confirm_sure", "confirm_likely"):
        found = drill.forge.ask("reinstall:go_on", match_id=match, step=step)
        work(drill)
    assert found["stage"] == "documents", found
    assert drill.forge.ask("reinstall:left_open", match_id=match) == []
    drill.forge.ask("reinstall:go_on", match_id=match, step="done")


def work(drill) -> None:
    drill.forge.fork("work:drain", seconds=60).wait(150)
