"""The form of all reports: rows of cells, sections with titles, sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..api.call import Call
from ..store import Doc

NO_ACCOUNT = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Layout:
    """How one call's reports are laid out.

    :param blank: a cell without an amount
    :param titles: what sections are called instead, by their standard titles: an organisation's own layout
    """

    blank: Doc
    titles: Doc

    @classmethod
    def of(cls, call: Call) -> "Layout":
        """By the organisation's settings, unless the call asks for the standard layout."""
        blank = {} if call.readings["blank_cells_without_value"] else {"Value": ""}
        own = {} if call.flag("standardLayout") else call.org.settings.get("report_titles", {})
        return cls(blank, own)

    def section(self, title: str, rows: list[Doc]) -> Doc:
        """Rows under a title."""
        return {"RowType": "Section", "Title": self.titles.get(title, title), "Rows": rows}

    def amount(self, value: Decimal | None, attributes: list[Doc]) -> Doc:
        """A cell with an amount, or without one."""
        shown = self.blank if value is None else {"Value": f"{value:f}"}
        return shown | ({"Attributes": attributes} if attributes else {})

    def account(self, name: str, account_id: str, values: Iterable[Decimal | None]) -> Doc:
        """An account with its amounts; every cell says which account it is."""
        mark = attributes(account=account_id)
        cells = [{"Value": name, "Attributes": mark}, *(self.amount(value, mark) for value in values)]
        return {"RowType": "Row", "Cells": cells}


def attributes(**values: str) -> list[Doc]:
    """Attributes of a cell."""
    return [{"Value": value, "Id": name} for name, value in values.items()]


def header(*titles: str) -> Doc:
    """The first row."""
    return {"RowType": "Header", "Cells": [{"Value": title} for title in titles]}


def plain(kind: str, title: str, values: Iterable[Decimal]) -> Doc:
    """A row of sums, without attributes."""
    return {"RowType": kind, "Cells": [{"Value": title}, *({"Value": f"{value:f}"} for value in values)]}


def report(call: Call, kind: str, name: str, span: str, rows: list[Doc]) -> Doc:
    """A whole report.

    :param span: the time it covers, in words
    """
    return {
        "ReportID": kind, "ReportName": name, "ReportType": kind,
        "ReportTitles": [name, call.org.profile["Name"], span], "ReportDate": words(call.org.today()),
        "UpdatedDateUTC": call.org.now(), "Fields": [], "Rows": rows,
    }  # fmt: skip


def words(day: date) -> str:
    """31 October 2026."""
    return f"{day.day} {day:%B %Y}"


def short(day: date, year: str = "%Y") -> str:
    """31 Oct 2026."""
    return f"{day.day} {day:%b} {day.strftime(year)}"


def slashes(day: date) -> str:
    """10/31/2026, as attributes have it."""
    return f"{day.month}/{day.day}/{day.year}"
