"""What is kept of an unexpected error: where it happened, never what was in the records."""

import traceback

import psycopg2

from odoo.exceptions import ConcurrencyError

from ...xero_api import clamps, errors

FRAMES = 8
LONGEST = 4000
# Passes by itself and is tried again: a lost race, a database that restarts.
PASSING = (psycopg2.OperationalError, psycopg2.InterfaceError, ConcurrencyError, errors.XeroError)


def trace_of(error: BaseException) -> str:
    """Return the kinds of ``error`` and of what led to it, with the places in the code.

    Messages of exceptions quote what they stumbled over, the ones of PostgreSQL whole rows: they are left out, but for
    our own, which hold no content.

    :return: at most 4,000 characters, without anything that stands in records
    """
    parts, seen = [], set()
    while error is not None and id(error) not in seen and len(parts) < 4:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        places = [f"  {frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
        parts.append("\n".join([*places, _title(error)]))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return clamps.text("\n".join(reversed(parts)), LONGEST, lines=True)


def _title(error: BaseException) -> str:
    title = type(error).__name__
    if isinstance(error, errors.XeroError):
        return f"{title}: {clamps.text(str(error), 300)}"
    if isinstance(error, psycopg2.Error):
        diagnosis = error.diag
        names = (error.pgcode, diagnosis.table_name, diagnosis.column_name, diagnosis.constraint_name)
        return " ".join([title, *(clamps.text(name, 64) for name in names if name)])
    return title


def log_unexpected(logger, error: BaseException, what: str, *args) -> None:
    """Log ``error`` once: as an error with its trace, or in one line where it passes by itself and is tried again.

    :param what: a sentence with places for ``args``, which name no content of records
    """
    if isinstance(error, PASSING):
        logger.info("%s: %s; it is tried again", what % args, type(error).__name__)
    else:
        logger.error("%s:\n%s", what % args, trace_of(error))
