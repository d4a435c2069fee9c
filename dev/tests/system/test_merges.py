"""Contacts are merged in Odoo in a transaction of its own while a worker has them in another: none gets lost."""

import pytest
from drill import open_drill

from dev.machine.process import wait_for

# Stored and not sent, sent and not answered, answered and not saved, and in the very transaction that saves it.
MOMENTS = ("_call", "_save_answer", "_save_results", "_save_links")
ROLES = {"loser": ["gone"], "survivor": ["keep"], "both": ["keep", "gone"]}
CONTACTS = "SELECT res_model, res_id, state, xero_id FROM xero_link WHERE xero_type = 'Contact' AND connection_id = %d"


@pytest.fixture
def drill(shared_ground, request):
    return open_drill(shared_ground, request.node.name)


def settled(drill, keep: int, count: int) -> None:
    """Every contact of ours in Xero is the survivor's or set aside, and the documents are there, once."""
    drill.finish()
    report = drill.report()
    assert not set(report["jobs"]) - {"done", "cancelled"}, (report["jobs"], report["failures"])
    rows = drill.stack.query(CONTACTS % drill.connection)
    links = {xero_id: (model, int(res_id), state) for model, res_id, state, xero_id in rows}
    ours = [row for row in drill.in_xero("Contacts") if (row.get("ContactNumber") or "").startswith("odoo-")]
    living = [links[row["ContactID"]] for row in ours if links[row["ContactID"]][2] != "ignored"]
    assert living == [("res.partner", keep, "synced")], links
    documents = report["documents"]
    assert len(documents) == len(drill.in_xero("Invoices")) == count
    assert {document["link_state"] for document in documents} == {"synced"}
    bearer = next(xero_id for xero_id, link in links.items() if link == living[0])
    bought = {invoice["inner"]["contact"] for invoice in drill.in_xero("Invoices")}
    assert bought == {bearer}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_merge_comes_in_between(drill, tmp_path, moment, role):
    """The worker stops, the merge is committed, the worker goes on."""
    pair = drill.forge.ask("merging:open_pair", company_id=drill.company, name=role, sent=ROLES[role])
    pause = tmp_path / "worker"
    worker = drill.forge.fork("merging:drain_until", moment=moment, pause=str(pause))
    assert wait_for(pause.exists, 60), "the worker has not come so far"
    drill.forge.ask("merging:merge", company_id=drill.company, **pair)
    pause.unlink()
    worker.wait(90)
    settled(drill, pair["keep"], len(ROLES[role]))


@pytest.mark.parametrize("role", ROLES)
def test_an_answer_comes_before_a_merge_is_committed(drill, tmp_path, role):
    """The merge has written everything and is not committed when the worker saves what Xero answered."""
    pair = drill.forge.ask("merging:open_pair", company_id=drill.company, name=role, sent=ROLES[role])
    pauses = [tmp_path / "worker", tmp_path / "merge"]
    worker = drill.forge.fork("merging:drain_until", moment="_save_results", pause=str(pauses[0]))
    assert wait_for(pauses[0].exists, 60), "the worker has not come so far"
    merge = drill.forge.fork("merging:merge", company_id=drill.company, **pair, pause=str(pauses[1]))
    assert wait_for(pauses[1].exists, 60), "the merge has not come so far"
    pauses[0].unlink()
    assert not wait_for(lambda: not worker.running, 1), "the worker has not met the merge"
    pauses[1].unlink()
    merge.wait(60)
    worker.wait(90)
    settled(drill, pair["keep"], len(ROLES[role]))
