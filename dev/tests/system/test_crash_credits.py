"""Workers that are killed while they apply credits, or take that back, do it neither twice nor not at all."""

import itertools
import random
from decimal import Decimal

import pytest
from drill import open_drill
from test_crash import MOMENTS, kill_once

WAVES, OF_A_WAVE = 2, 24


@pytest.fixture
def drill(shared_ground, request):
    return open_drill(shared_ground, request.node.name)


def kill_until_done(drill, dice, moments) -> int:
    """Let workers work, each killed at the next of `moments`; return how many were hit."""
    kills = 0
    while drill.at_work() and kills < 6:
        kills += kill_once(drill, next(moments), dice)
    return kills


def test_killed_workers_apply_credits_once(drill):
    dice, moments, kills = random.Random(11), itertools.cycle(MOMENTS), 0
    for wave in range(WAVES):
        drill.make(count=OF_A_WAVE, contacts=2, first=wave * OF_A_WAVE)
        drill.finish()
        assert drill.forge.ask("company:apply_credits", company_id=drill.company, share=0.6) >= 6
        kills += kill_until_done(drill, dice, moments)
        drill.forge.ask("company:take_back_credits", company_id=drill.company, every=3)
        drill.forge.ask("company:apply_credits", company_id=drill.company, share=1)
        kills += kill_until_done(drill, dice, moments)
    drill.finish()
    report = drill.report()
    assert not set(report["jobs"]) - {"done", "cancelled"}, (report["jobs"], report["failures"])
    assert report["open_batches"] == 0
    assert differences(drill) == []
    assert kills >= 8


def differences(drill) -> list:
    """Return the documents of which Odoo and Xero hold something else open."""
    ours = drill.forge.ask("company:open_amounts", connection_id=drill.connection)
    theirs = {row["InvoiceID"]: row["AmountDue"] for row in drill.in_xero("Invoices")}
    theirs |= {row["CreditNoteID"]: row["RemainingCredit"] for row in drill.in_xero("CreditNotes")}
    assert set(ours) == set(theirs)
    return [(key, ours[key], due) for key, due in theirs.items() if Decimal(ours[key]) != Decimal(str(due))]
