"""Is a connection well? Each thing that is looked at is one class, from the facts to the words that people read."""

from ..check import LEVELS, OK, Facts, Finding
from ..texts import shown
from . import connection, records, work, xero

# In the order a person reads them.
CHECKS = {
    check.topic: check
    for check in (
        connection.Connection(),
        connection.Consent(),
        connection.Scopes(),
        work.Workers(),
        work.Queue(),
        work.Failures(),
        work.Silence(),
        xero.Calls(),
        xero.Webhook(),
        xero.Clock(),
        records.Mapping(),
        records.Conflicts(),
        records.Drafts(),
        records.Rates(),
        records.Quarantine(),
        records.Marks(),
        records.Books(),
    )
}


def judge(facts: Facts, open_alerts=frozenset()) -> list[Finding]:
    """Return at most one finding for each check, in the order a person reads them.

    :param open_alerts: topics that people were told of and that have not closed: those need more to be well again
    """
    findings = (check.judge(facts, topic in open_alerts) for topic, check in CHECKS.items())
    return [finding for finding in findings if finding]


def worst(findings) -> str:
    """Return the gravest level among ``findings``."""
    return max((finding.level for finding in findings), key=LEVELS.index, default=OK)


def label(env, topic: str) -> str:
    """Return what people call a topic."""
    return CHECKS[topic].label(env)


def sentence(env, finding) -> str:
    """Return what ``finding`` says, in the language and time zone of ``env``."""
    return CHECKS[finding.topic].sentence(env, finding.code, shown(env, finding.values))


def advice(env, finding) -> str:
    """Return what to do about ``finding``; empty when nothing is to be done."""
    return CHECKS[finding.topic].advice(env, finding.code)
