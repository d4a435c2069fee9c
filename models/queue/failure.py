"""What a job that cannot be done leaves behind."""

from collections import namedtuple

from ...mappers.awaited import record_key

# Of the kinds of `xero.sync.job.failure_type`; the sentence for people; where they fix it; the job's next state; what
# may change so that it can go, as keys of `mappers/awaited`.
Failure = namedtuple("Failure", "kind message fix state waits", defaults=(None, "failed", ()))


def awaited(fix, waits=()) -> list[str] | None:
    """Return what a failure waits for, in the form of the column: ``waits``, and the record where people fix it.

    :param fix: as in ``Failure``
    :param waits: as in ``Failure``
    """
    own = [record_key(fix["model"], fix["res_id"])] if fix and fix.get("model") and fix.get("res_id") else []
    return sorted({*waits, *own}) or None
