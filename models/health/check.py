"""What is known of a connection, what is found, and the questions that several checks ask: no database, no words."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...xero_api import oauth

OK, ATTENTION, BROKEN = "ok", "attention", "broken"
LEVELS = (OK, ATTENTION, BROKEN)

STANDS = timedelta(minutes=45)
# Facts of the organisation are read every 20 hours.
REFERENCE_SILENT = timedelta(hours=54)
DAY = timedelta(days=1)

# What every consent must allow.
NEEDED_SCOPES = tuple(scope for scope in oauth.DEFAULT_SCOPES if scope.startswith("accounting."))


@dataclass(frozen=True)
class Flow:
    """One direction of one kind. ``last``: newest success; ``every``: how often it is due, ``None`` when only events
    start it; ``waiting_since``: since when the oldest due job of it waits."""

    name: str
    last: datetime | None = None
    every: timedelta | None = None
    waiting_since: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of one connection; all moments are naive UTC by Odoo's clock."""

    now: datetime
    state: str = "connected"
    reason: str = ""
    is_copy: bool = False
    has_key: bool = True
    held_for: str = ""
    is_holding: bool = False
    connected_at: datetime | None = None
    paused_until: datetime | None = None
    pause_reason: str = ""
    needs_consent: bool = True
    consent_ends_at: datetime | None = None
    requested_scopes: frozenset = frozenset()
    granted_scopes: frozenset = frozenset()
    flows: tuple = ()
    waiting: int = 0
    blocked: int = 0
    failed: int = 0
    done_day: int = 0
    due_since: datetime | None = None
    oldest_at: datetime | None = None
    running_since: datetime | None = None
    day_limit: int = 0
    day_remaining: int = 0
    reserve_percent: int = 0
    limits_at: datetime | None = None
    day_began_at: datetime | None = None
    webhook_key_set: bool = False
    webhook_seen_at: datetime | None = None
    webhook_refused_at: datetime | None = None
    webhook_refused: int = 0
    webhook_odd: int = 0
    changes_read_at: datetime | None = None
    clock_offset: float = 0.0
    mapping_gaps: int = 0
    conflicts: int = 0
    old_drafts: int = 0
    rates_open: int = 0
    rates_apart: int = 0
    quarantined: int = 0
    false_marks_at: datetime | None = None
    workers_active: int = 5
    worker_seen_at: datetime | None = None
    differences: int | None = None
    books_waiting: int = 0
    books_by_person: bool = False
    books_failed_at: datetime | None = None
    books_reason: str = ""
    reconciled_at: datetime | None = None
    failed_limit: int = 10
    failed_percent_limit: int = 5
    silent_hours: int = 3


@dataclass(frozen=True)
class Finding:
    """What a check found.

    :ivar topic: of the check
    :ivar level: one of ``LEVELS``
    :ivar code: which of the check's sentences says it
    :ivar values: what the sentence needs, as plain data and moments
    :ivar actions: names of ``texts.page_actions``
    :ivar alert: people are told, once, while it lasts
    """

    topic: str
    level: str = OK
    code: str = "ok"
    values: dict = field(default_factory=dict)
    actions: tuple = ()
    alert: bool = False


class Check:
    """One thing that is looked at: its judgement, its words, its advice, and whether people are told.

    It has no database: all it knows are ``facts``, a :class:`Facts`; ``env`` is there for words alone, in the language
    of the reader.
    """

    topic = ""
    # How often people are told while it lasts, where they are told at all.
    told_every: timedelta | None = None

    def label(self, env) -> str:
        """Return what people call it.

        :return: translated
        """
        raise NotImplementedError

    def judge(self, facts: Facts, is_open: bool) -> Finding | None:
        """Return what is found in ``facts``; ``None`` where there is nothing to say, not even that it is well.

        :param facts: of one connection
        :param is_open: people were told and it has not closed: it may take more to be well again
        """
        raise NotImplementedError

    def found(self, level=OK, code="ok", values=None, actions=(), alert=False) -> Finding:
        """Return a finding of this check.

        :param level: one of ``LEVELS``
        :param code: which of the check's sentences says it
        :param values: what the sentence needs, as plain data: alerts store it
        :param actions: names of ``texts.page_actions``
        :param alert: people are told, once, while it lasts
        """
        return Finding(self.topic, level, code, values or {}, actions, alert)

    def sentence(self, env, code: str, values: dict) -> str:
        """Return what a finding with ``code`` says; moments in ``values`` are texts already.

        :param code: as :meth:`judge` gave it, perhaps an earlier version
        :return: translated
        """
        raise NotImplementedError

    def advice(self, env, code: str) -> str:
        """Return what to do about a finding with ``code``; empty when nothing is to be done.

        :param code: as :meth:`judge` gave it
        :return: translated
        """
        return ""


def is_paused(facts) -> bool:
    """Whether calls wait until a moment that Xero, or our backing off, set."""
    return bool(facts.paused_until and facts.paused_until > facts.now)


def is_working(facts) -> bool:
    """Whether the organisation is connected, and this database the one that works with it."""
    return facts.state == "connected" and not facts.is_copy and not facts.held_for


def is_flowing(facts) -> bool:
    """Whether documents move; they do not while a person matches what both sides hold."""
    return is_working(facts) and not facts.is_holding


def missing_scopes(requested, granted) -> list[str]:
    """Return what the connector needs and the consent lacks; nothing is missed of a consent that is not known.

    :param requested: the permissions that the consent was asked for
    :param granted: those that it has
    """
    return oauth.missing_scopes([*NEEDED_SCOPES, *sorted(further_scopes(requested))], granted)


def further_scopes(requested) -> set[str]:
    """Return the permissions on books among ``requested`` without which the rest still works."""
    return {scope for scope in requested if scope.startswith("accounting.")} - set(NEEDED_SCOPES)


def failed_percent(facts) -> float:
    """Return the share of failures in what was done or failed within a day.

    :return: 0 to 100
    """
    return 100.0 * facts.failed / (facts.failed + facts.done_day) if facts.failed else 0.0


def flow_level(facts, flow) -> str:
    """Return how a flow stands against its own schedule.

    :param flow: one of ``facts.flows``
    :return: one of ``LEVELS``
    """
    if not is_flowing(facts):
        return OK
    if flow.every is None:
        waits = flow.waiting_since and facts.now - flow.waiting_since > STANDS and not is_paused(facts)
        return ATTENTION if waits else OK
    since = flow.last or facts.connected_at
    if not since:
        return OK
    silent = facts.now - since
    if silent > silent_after(facts, flow):
        return BROKEN
    return ATTENTION if silent > max(3 * flow.every, timedelta(hours=1)) and flow.name != "reference" else OK


def silent_after(facts, flow) -> timedelta:
    """Return for how long a flow may do nothing before people are told."""
    if flow.name == "reference":
        return REFERENCE_SILENT
    return max(timedelta(hours=facts.silent_hours or 1), 3 * flow.every)


def calls_left(facts) -> int | None:
    """Return the calls left in Xero's present day, ``None`` when no answer told them; a day that is over is whole."""
    if not facts.limits_at or not facts.day_limit:
        return None
    if facts.now - facts.limits_at > DAY or (facts.day_began_at and facts.limits_at < day_start(facts)):
        return facts.day_limit
    return facts.day_remaining


def day_start(facts) -> datetime | None:
    """Return when Xero's present day began, by the first time the count was seen to go up."""
    if not facts.day_began_at:
        return None
    return facts.day_began_at + (facts.now - facts.day_began_at) // DAY * DAY


def is_day_used_up(facts) -> bool:
    """Whether Xero takes no more calls today."""
    return calls_left(facts) == 0 and facts.state == "connected"


def is_reserve(facts) -> bool:
    """Whether what is left is kept for people."""
    left = calls_left(facts)
    return left is not None and left * 100 < facts.day_limit * facts.reserve_percent
