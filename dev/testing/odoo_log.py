"""Reads Odoo's log: test results, and warnings this addon is to blame for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

HEAD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>[\w.\-]+): (?P<text>.*)$"
)
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading database")
TEST_FAILED = re.compile(r"^(FAIL|ERROR): ")
OURS = re.compile(r"xero", re.IGNORECASE)
LEVELS = {"WARNING": 1, "ERROR": 2, "CRITICAL": 3}
EXPECTED = (
    re.compile(r"^\d+ failed, \d+ error\(s\) of \d+ tests"),
    # Odoo says so of every addon's option.
    re.compile(r"^unknown option 'xero_connector_(key|login_url|identity_url|api_url)' in the config file"),
)


@dataclass
class Record:
    """One log message with the lines that belong to it."""

    level: str
    logger: str
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The message with its traceback."""
        return "\n".join(self.lines)

    @property
    def full(self) -> str:
        """The message as a person reads it."""
        return f"{self.level} {self.logger}: {self.text}"


@dataclass
class Result:
    """What an Odoo test run came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    complete: bool = False
    """Whether Odoo got as far as its own summary line."""
    failures: list[Record] = field(default_factory=list)
    complaints: list[Record] = field(default_factory=list)
    """Warnings and errors outside tests that count as failures of ours."""


def records(lines: Iterator[str] | list[str]) -> Iterator[Record]:
    """Group the `lines` of a log into records; lines before the first record belong to no logger."""
    current = Record("", "")
    for line in lines:
        match = HEAD.match(line.rstrip("\n"))
        if match:
            yield current
            current = Record(match["level"], match["logger"], [match["text"]])
        else:
            current.lines.append(line.rstrip("\n"))
    yield current


def read(lines: Iterator[str] | list[str]) -> Result:
    """Count the tests of one Odoo run, and collect what went wrong."""
    result = Result()
    for record in records(lines):
        summary = RESULT.search(record.text) if record.logger == "odoo.tests.result" else None
        if summary:
            failures, errors, tests = map(int, summary.groups())
            result.complete = True
            result.failed += failures + errors
            result.passed += max(0, tests - failures - errors)
        elif is_test_failure(record):
            result.failures.append(record)
        elif record.level == "INFO" and record.text.startswith("skipped "):
            result.skipped += 1
        elif is_complaint(record):
            result.complaints.append(record)
    result.passed = max(0, result.passed - result.skipped)
    return result


def is_test_failure(record: Record) -> bool:
    """Whether the record tells of a failed test, which Odoo's summary counts."""
    return record.level == "ERROR" and ".tests." in record.logger and bool(TEST_FAILED.match(record.text))


def is_complaint(record: Record) -> bool:
    """Whether the record is a warning about this addon, or any error at all.

    Messages that a test expects are caught by its `assertLogs` or `mute_logger` and never reach the log. What the
    browser prints is logged under the test's name, so there only the message itself says whether it is about us.
    """
    severity = LEVELS.get(record.level, 0)
    if not severity or any(pattern.match(record.text) for pattern in EXPECTED):
        return False
    if record.logger.endswith(".browser"):
        return severity > 1 or bool(OURS.search(record.text))
    return severity > 1 or bool(OURS.search(record.logger) or OURS.search(record.text))


def complaints(text: str) -> list[str]:
    """Warnings and errors in a server's log, one text each; for servers that run without tests."""
    return [record.full for record in records(text.splitlines()) if is_complaint(record)]
