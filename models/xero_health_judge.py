"""Is a connection well? Plain functions over plain facts: no database, no words, nothing of Odoo.

Each finding has a level, a code that ``xero_health_words`` turns into a sentence, and whether people are to be told.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

OK, ATTENTION, BROKEN = "ok", "attention", "broken"
LEVELS = (OK, ATTENTION, BROKEN)

# Workers run every minute; one that has not for this long is switched off or the server has no cron.
WORKER_SILENT = timedelta(minutes=20)
# A worker's run ends within a minute; what is under way longer hangs.
HANGS = timedelta(minutes=20)
STANDS = timedelta(minutes=45)
CONSENT_SOON = timedelta(days=7)
CONSENT_NEAR = timedelta(days=14)
# Facts of the organisation are read every 20 hours.
REFERENCE_LATE = timedelta(hours=30)
REFERENCE_SILENT = timedelta(hours=54)
# Xero tries for 24 hours to deliver and then switches a webhook off.
WEBHOOK_GRACE = timedelta(hours=24)
# Xero tries an address with wrong signatures on purpose, right beside right ones.
REFUSED_GRACE = timedelta(minutes=10)
CLOCK_SECONDS = 60
# Below this many failures a share of the day's says nothing.
FEWEST_FAILURES = 3
DAY = timedelta(days=1)

# What a consent must allow, and the wider permissions of older apps that allow it too.
NEEDED_SCOPES = {
    "accounting.invoices": ("accounting.transactions",),
    "accounting.payments": ("accounting.transactions",),
    "accounting.contacts": (),
    "accounting.settings.read": ("accounting.settings",),
    "accounting.attachments": (),
}
OPTIONAL_SCOPES = ("accounting.attachments",)


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
    changes_read_at: datetime | None = None
    clock_offset: float = 0.0
    mapping_gaps: int = 0
    conflicts: int = 0
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
    """:param alert: people are told, once, while it lasts"""

    topic: str
    level: str = OK
    code: str = "ok"
    values: dict = field(default_factory=dict)
    actions: tuple = ()
    alert: bool = False


def judge(facts: Facts, open_alerts=frozenset()) -> list[Finding]:
    """Return one finding for each topic, in the order a person reads them.

    :param open_alerts: topics that people were told of and that have not closed: those need more to be well again
    """
    return [
        _connection(facts),
        _consent(facts),
        _scopes(facts),
        _workers(facts),
        _queue(facts),
        _failures(facts, "failures" in open_alerts),
        _silence(facts),
        _calls(facts),
        _webhook(facts),
        _clock(facts),
        _mapping(facts),
        _conflicts(facts),
        *_books(facts, "books" in open_alerts),
    ]


def worst(findings) -> str:
    """Return the gravest level among ``findings``."""
    return max((finding.level for finding in findings), key=LEVELS.index, default=OK)


# === CONNECTION === #


def _connection(facts):
    if facts.is_copy:
        return Finding("connection", BROKEN, "copy", actions=("connect",))
    match facts.state:
        case "reauth":
            return Finding("connection", BROKEN, "parked", {"reason": facts.reason}, ("reconnect", "check"), alert=True)
        case "new":
            return Finding("connection", ATTENTION, "new", actions=("connect",))
        case "choose":
            return Finding("connection", ATTENTION, "choose", actions=("choose",))
        case "disconnected":
            return Finding("connection", ATTENTION, "disconnected", actions=("connect",))
    if is_paused(facts) and not _day_used_up(facts):
        values = {"until": facts.paused_until, "reason": facts.pause_reason}
        return Finding("connection", ATTENTION, "paused", values, ("resume",))
    return Finding("connection", actions=("check",))


def is_paused(facts) -> bool:
    """Whether calls wait until a moment that Xero, or our backing off, set."""
    return bool(facts.paused_until and facts.paused_until > facts.now)


def _is_working(facts):
    return facts.state == "connected" and not facts.is_copy


def _is_flowing(facts):
    """Whether documents move; they do not while a person matches what both sides hold."""
    return _is_working(facts) and not facts.is_holding


def _consent(facts):
    if not facts.needs_consent:
        return Finding("consent", OK, "none_needed")
    # A parked connection says what is wrong with its consent itself.
    if facts.state in ("new", "choose", "disconnected", "reauth") or not facts.consent_ends_at:
        return Finding("consent", OK, "unknown")
    left, values = facts.consent_ends_at - facts.now, {"end": facts.consent_ends_at}
    if left <= timedelta(0):
        return Finding("consent", BROKEN, "ended", values, ("reconnect",), alert=True)
    if left < CONSENT_SOON:
        return Finding("consent", ATTENTION, "ends_soon", values, ("reconnect",), alert=True)
    if left < CONSENT_NEAR:
        return Finding("consent", ATTENTION, "ends_soon", values, ("reconnect",))
    return Finding("consent", OK, "ends", values)


def missing_scopes(requested, granted) -> list[str]:
    """Return what the connector needs and the consent lacks; nothing is missed of a consent that is not known."""
    if not granted:
        return []
    needed = [scope for scope in NEEDED_SCOPES if scope in requested or scope not in OPTIONAL_SCOPES]
    return [scope for scope in needed if scope not in granted and not granted & set(NEEDED_SCOPES[scope])]


def _scopes(facts):
    missing = missing_scopes(facts.requested_scopes, facts.granted_scopes)
    if not missing or facts.state in ("new", "disconnected"):
        return Finding("scopes")
    level = ATTENTION if set(missing) <= set(OPTIONAL_SCOPES) else BROKEN
    return Finding("scopes", level, "missing", {"scopes": missing}, ("reconnect",))


# === WORK === #


def _workers(facts):
    if not facts.workers_active:
        return Finding("workers", BROKEN, "off", alert=_is_working(facts))
    if facts.worker_seen_at and facts.now - facts.worker_seen_at > WORKER_SILENT:
        return Finding("workers", BROKEN, "silent", {"last": facts.worker_seen_at}, alert=_is_working(facts))
    return Finding("workers")


def _queue(facts):
    values = {"waiting": facts.waiting, "since": facts.oldest_at}
    if _is_working(facts) and facts.running_since and facts.now - facts.running_since > HANGS:
        values["since"] = facts.running_since
        return Finding("queue", BROKEN, "hangs", values, ("jobs",), alert=True)
    if facts.is_holding and _is_working(facts):
        return Finding("queue", ATTENTION, "held", values, ("setup",))
    may_move = _is_working(facts) and not is_paused(facts) and not _is_held(facts)
    if may_move and facts.due_since and facts.now - facts.due_since > STANDS:
        values["since"] = facts.due_since
        return Finding("queue", BROKEN, "stands", values, ("jobs",), alert=True)
    if facts.waiting:
        return Finding("queue", OK, "waiting", values, ("jobs",))
    return Finding("queue", OK, "empty")


def failed_percent(facts) -> float:
    """Return the share of failures in what was done or failed within a day."""
    return 100.0 * facts.failed / (facts.failed + facts.done_day) if facts.failed else 0.0


def _failures(facts, is_open):
    if not facts.failed:
        return Finding("failures")
    # Once told, it takes half of the threshold to be well again: else each retry would tell anew.
    share = 0.5 if is_open else 1.0
    many = facts.failed_limit > 0 and facts.failed >= facts.failed_limit * share
    percent = (
        facts.failed_percent_limit > 0
        and facts.failed >= FEWEST_FAILURES
        and failed_percent(facts) >= facts.failed_percent_limit * share
    )
    level = BROKEN if many or percent else ATTENTION
    return Finding("failures", level, "failed", {"count": facts.failed}, ("failed", "retry"), alert=many or percent)


def flow_level(facts, flow) -> str:
    """Return how a flow stands against its own schedule."""
    if not _is_flowing(facts):
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


def _silence(facts):
    scheduled = [flow for flow in facts.flows if flow.every]
    silent = [flow.name for flow in scheduled if flow_level(facts, flow) == BROKEN]
    late = [flow.name for flow in scheduled if flow_level(facts, flow) == ATTENTION]
    # A day without calls is told as such, and once.
    excused = _day_used_up(facts) or _is_held(facts)
    if silent:
        return Finding("silence", BROKEN, "silent", {"flows": silent}, ("read",), alert=not excused)
    if late:
        return Finding("silence", ATTENTION, "late", {"flows": late}, ("read",))
    return Finding("silence")


# === CALLS === #


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


def _day_used_up(facts):
    return calls_left(facts) == 0 and facts.state == "connected"


def _is_held(facts):
    """Whether what is left is kept for people."""
    left = calls_left(facts)
    return left is not None and left * 100 < facts.day_limit * facts.reserve_percent


def _calls(facts):
    left = calls_left(facts)
    if left is None:
        return Finding("calls", OK, "unknown")
    values = {"left": left, "limit": facts.day_limit}
    if left == 0:
        values["until"] = facts.paused_until if is_paused(facts) else None
        return Finding("calls", BROKEN, "used_up", values, alert=_is_working(facts))
    if _is_held(facts):
        return Finding("calls", ATTENTION, "reserve", values)
    return Finding("calls", OK, "left", values)


# === THE REST === #


def _refuses(facts) -> bool:
    """Whether deliveries are refused and none is right: the key is another one, or somebody else posts."""
    refused, seen = facts.webhook_refused_at, facts.webhook_seen_at
    if not refused or not seen:
        return bool(refused)
    return refused - seen > REFUSED_GRACE and facts.now - refused < WEBHOOK_GRACE


def _webhook(facts):
    seen, changes = facts.webhook_seen_at, facts.changes_read_at
    refused = {"count": facts.webhook_refused, "refused": facts.webhook_refused_at} if facts.webhook_refused else {}
    if not facts.webhook_key_set:
        code = "keyless" if refused else "none"
        return Finding("webhook", ATTENTION if refused else OK, code, refused, ("webhook",))
    missed = _is_flowing(facts) and changes and seen and changes - seen > WEBHOOK_GRACE
    if _refuses(facts):
        return Finding("webhook", ATTENTION, "refused", refused, ("webhook",), alert=bool(missed))
    if not seen:
        late = facts.connected_at and facts.now - facts.connected_at > WEBHOOK_GRACE
        return Finding("webhook", ATTENTION if late else OK, "never", actions=("webhook",))
    if missed:
        values = {"last": seen, "changes": changes}
        return Finding("webhook", ATTENTION, "disabled", values, ("webhook",), alert=True)
    return Finding("webhook", OK, "seen", {"last": seen, **refused}, ("webhook",))


def _clock(facts):
    seconds = round(facts.clock_offset)
    level = ATTENTION if abs(seconds) > CLOCK_SECONDS else OK
    return Finding("clock", level, "off" if level != OK else "ok", {"seconds": seconds})


def _mapping(facts):
    if facts.mapping_gaps:
        return Finding("mapping", ATTENTION, "gaps", {"count": facts.mapping_gaps}, ("mapping",))
    return Finding("mapping")


def _conflicts(facts):
    if facts.conflicts:
        return Finding("conflicts", ATTENTION, "open", {"count": facts.conflicts}, ("conflicts",))
    return Finding("conflicts")


def _books(facts, is_open):
    """Nothing where the books were never compared and cannot be.

    :param is_open: people were told: only that the books agree ends it, whoever reconciles meanwhile
    """
    if facts.books_failed_at:
        values = {"at": facts.books_failed_at, "reason": facts.books_reason}
        return [Finding("books", ATTENTION, "failed", values, ("reconcile",), alert=True)]
    if facts.differences is None:
        return []
    values = {"count": facts.differences, "at": facts.reconciled_at}
    if not facts.reconciled_at:
        return [Finding("books", OK, "never", {}, ("reconcile",))]
    if facts.differences:
        told = is_open or not facts.books_by_person
        return [Finding("books", ATTENTION, "differ", values, ("reconciliation", "reconcile"), alert=told)]
    if facts.books_waiting:
        values["count"] = facts.books_waiting
        return [Finding("books", ATTENTION, "waiting", values, ("reconciliation", "reconcile"))]
    return [Finding("books", OK, "agree", values, ("reconcile",))]
