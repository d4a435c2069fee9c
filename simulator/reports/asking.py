"""What the parameters of a report ask for. Whatever cannot be read is refused with 400."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import product

from .. import dates
from ..api.call import Call
from ..errors import Answer, problem
from ..ledger.books import Matches, anything
from ..store import Doc

MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
MAX_COLUMNS = 1000
ONE_DAY = timedelta(days=1)


def refusal(message: str) -> Answer:
    """A report that cannot be made."""
    return problem(10, "ValidationException", message, [])


def day(call: Call, name: str) -> date | None:
    """A date parameter."""
    text = call.args.get(name)
    try:
        return dates.parse_day(text) if text else None
    except ValueError:
        raise refusal(f"{name} is not a valid date: {text}") from None


def last_day(call: Call, name: str) -> date | None:
    """The date a report ends on; one with a time of day may lose that day."""
    found = day(call, name)
    lost = found and "T" in call.args.get(name) and call.readings["report_times_lose_a_day"]
    return found - ONE_DAY if lost else found


def span(call: Call) -> tuple[date, date]:
    """fromDate and toDate: the current month by default."""
    first, last = day(call, "fromDate"), last_day(call, "toDate")
    first = first or (last or call.org.today()).replace(day=1)
    last = last or month_end(max(first, call.org.today()))
    if last < first:
        raise refusal("The fromDate must be before the toDate")
    return first, last


def periods(call: Call) -> tuple[int, int]:
    """(further periods to compare with, months of each step)."""
    text, frame = call.args.get("periods") or "0", (call.args.get("timeframe") or "MONTH").upper()
    most = 11 if call.readings["eleven_periods_at_most"] else 12
    if not text.isdigit() or int(text) > most:
        raise refusal(f"periods must be a number from 1 to {most}")
    if frame not in MONTHS:
        raise refusal("timeframe must be MONTH, QUARTER or YEAR")
    return int(text), MONTHS[frame]


def month_end(of: date) -> date:
    """Last day of the month."""
    return of.replace(day=monthrange(of.year, of.month)[1])


def earlier(of: date, months: int) -> date:
    """The same day so many months before, or the last of a shorter month."""
    year, month = divmod(of.year * 12 + of.month - 1 - months, 12)
    return date(year, month + 1, min(of.day, monthrange(year, month + 1)[1]))


def earlier_span(first: date, last: date, months: int, repeat_days: bool) -> tuple[date, date]:
    """A comparison period.

    :param repeat_days: the same days of an earlier month: one of 30 days loses the last day of one of 31
    """
    before = earlier(first, months), earlier(last, months)
    whole = last == month_end(last) and not repeat_days
    return (before[0], month_end(before[1])) if whole else before


def tracking_columns(call: Call) -> list[tuple[str, Matches]]:
    """(title, what it counts): one column of everything, or those of the options of one or two categories."""
    chosen = [_options(call, suffix) for suffix in ("", "2")]
    given = [options for options in chosen if options]
    if not given:
        return [("", anything)]
    columns = [_joined(parts) for parts in product(*given)]
    if len(columns) > MAX_COLUMNS:
        raise refusal(f"The report would have more than {MAX_COLUMNS} columns")
    single = any(call.args.get(f"trackingOptionID{suffix}") for suffix in ("", "2"))
    return columns if single else [*columns, ("Total", anything)]


def with_options(call: Call, *names: str) -> Matches:
    """What is tracked with all the options that these parameters name."""
    wanted = {call.args.get(name).lower() for name in names if call.args.get(name)}
    known = {option["TrackingOptionID"] for row in call.org.tracking for option in row["Options"]}
    if not wanted <= known:
        raise refusal("The tracking option could not be found")
    return lambda tracking: wanted <= {option for _category, option in tracking}


def _options(call: Call, suffix: str) -> list[tuple[str, Matches]]:
    key, option_id = call.args.get(f"trackingCategoryID{suffix}"), call.args.get(f"trackingOptionID{suffix}")
    category = call.org.tracking.get(key)
    if category is None:
        if key or option_id:
            raise refusal("The tracking category could not be found")
        return []
    if not option_id:
        return [*(_option(category, row) for row in category["Options"]), ("Unassigned", _without(category))]
    found = [_option(category, row) for row in category["Options"] if row["TrackingOptionID"] == option_id.lower()]
    if not found:
        raise refusal("The tracking option could not be found")
    return found


def _option(category: Doc, option: Doc) -> tuple[str, Matches]:
    pair = (category["TrackingCategoryID"], option["TrackingOptionID"])
    return option["Name"], lambda tracking: pair in tracking


def _without(category: Doc) -> Matches:
    return lambda tracking: all(key != category["TrackingCategoryID"] for key, _option in tracking)


def _joined(parts: tuple[tuple[str, Matches], ...]) -> tuple[str, Matches]:
    tests = [matches for _title, matches in parts]
    return " / ".join(title for title, _matches in parts), lambda tracking: all(test(tracking) for test in tests)
