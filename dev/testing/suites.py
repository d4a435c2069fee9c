"""The test suites: how each one is run and what came of it."""

import os
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dev.machine import paths, ports, venv
from dev.machine.odoo import Site
from dev.machine.process import Child, tail
from dev.machine.progress import Stop
from dev.testing import counts, odoo_log, templates
from dev.testing.counts import Counts

RESULTS = paths.BUILD / "results"
TESTS = paths.REPO / "dev" / "tests"
PYTEST_SUITES = ("lint", "tooling", "pure", "simulator", "system")
ODOO_SUITES = ("odoo", "glue")
ALL = (*PYTEST_SUITES[:-1], "odoo", "glue", "system")
SHOWN_LINES = 400
BROWSER_TAG = "xero_browser"
"""Set on the tests that open a browser."""
CHARTS = "test_xero_connector_charts"
"""The addon with Odoo's charts of other countries: where it is installed, other tests would find them too."""
ODOO_PARTS = 2
SYSTEM_PARTS = 2
NO_BUNDLES = """
from odoo.tests.suite import OdooSuite

OdooSuite.has_http_case = lambda suite: False
"""
"""Odoo makes all scripts and styles of its pages before tests over HTTP, which takes longer than they do and is of use
to browsers only."""


@dataclass
class Job:
    """One process of a suite."""

    suite: str
    name: str
    start: Callable[[], Child]
    count: Callable[[int], Counts]
    """From the exit code to the counts; reads the files the process left."""
    explain: Callable[[], str]
    """What a person needs to see when something failed."""
    log: Path = field(default_factory=Path)


@dataclass(frozen=True)
class Choice:
    """What ARGS asks for."""

    suites: dict[str, str]
    """Suite by name, with the Odoo test tags given after a colon."""
    extra: tuple[str, ...] = ()
    """Arguments for pytest."""


def choose(text: str) -> Choice:
    """Read ARGS: names of suites, `odoo:<test tags>`, then arguments for pytest. Raises Stop on an unknown name."""
    words = shlex.split(text)
    suites: dict[str, str] = {}
    while words and not words[0].startswith("-"):
        name, _colon, spec = words[0].partition(":")
        if name not in ALL:
            break
        suites[name] = spec
        words.pop(0)
    if words and not suites:
        raise Stop(f"There is no suite {words[0]!r}; the suites are {', '.join(ALL)}.")
    return Choice(suites or dict.fromkeys(ALL, ""), tuple(words))


def lint_jobs() -> list[Job]:
    """The linters, each counted as one test."""
    rules = f"--rcfile={paths.REPO / '.pylintrc'}"
    return [
        _tool("ruff", ["-m", "ruff", "check", "--no-cache", "--output-format=concise", paths.REPO]),
        _tool("pylint", ["-m", "pylint", rules, "--jobs=1", *_addon_modules()]),
    ]


def _addon_modules() -> list[Path]:
    """Python files of the addon, by their names in the linked folder (pylint reads its name there), and of the rest."""
    linked = paths.addons_folder() / paths.ADDON
    files = [file for entry in paths.addon_entries() for file in (entry.rglob("*.py") if entry.is_dir() else [entry])]
    own = [linked / file.relative_to(paths.REPO) for file in files if file.suffix == ".py"]
    others = [paths.GLUE / name for name in paths.glue_addons()]
    others += [paths.TEST_ADDONS / name for name in paths.addons_for_tests()]
    return own + [file for folder in others for file in sorted(folder.rglob("*.py"))]


def _tool(name: str, arguments: list[object]) -> Job:
    log = RESULTS / f"{name}.log"
    return Job(
        "lint",
        name,
        lambda: _spawn(name, [venv.python(), *arguments], log),
        lambda code: Counts(failed=1) if code else Counts(passed=1),
        lambda: tail(log, SHOWN_LINES),
        log,
    )


def pytest_jobs(suite: str, extra: tuple[str, ...]) -> list[Job]:
    """Pytest processes for a folder of tests: one, but for the tests of whole installations, which wait a lot."""
    folder = TESTS / suite
    if suite != "system" or extra:
        return [_pytest_job(suite, suite, [folder], extra)]
    files = sorted(folder.glob("test_*.py"))
    return [_pytest_job(suite, f"{suite}_{number + 1}", files[number::SYSTEM_PARTS]) for number in range(SYSTEM_PARTS)]


def _pytest_job(suite: str, name: str, tests: list[Path], extra: tuple[str, ...] = ()) -> Job:
    log, report = RESULTS / f"{name}.log", RESULTS / f"{name}.xml"
    folder = TESTS / suite
    command = [venv.python(), "-m", "pytest", *tests, "-c", TESTS / "pytest.ini", f"--rootdir={folder}"]
    command += [f"--confcutdir={folder}", f"--junitxml={report}", *extra]

    def start() -> Child:
        report.unlink(missing_ok=True)
        return _spawn(name, command, log)

    return Job(suite, name, start, lambda code: counts.of_pytest(report, code), lambda: tail(log, SHOWN_LINES), log)


def odoo_job(name: str, modules: list[str], tags: str, make_site: Callable[[], Site]) -> Job:
    """Odoo's own test runner, on a fresh database with `modules` installed."""
    log = RESULTS / f"{name}.log"

    def start() -> Child:
        log.unlink(missing_ok=True)
        site = make_site()
        settings = {"screenshots": RESULTS / "screenshots", "screencasts": "", "http_port": ports.free_port()}
        arguments = ["server", "-i", ",".join(modules), "--test-tags", tags, "--stop-after-init"]
        command = site.command(name, *arguments, **settings)
        return Child(f"Odoo's tests ({name})", command, log=log, cwd=site.folder, env=site.environment())

    return Job("odoo", name, start, lambda code: _odoo_counts(log, code), lambda: _odoo_failures(log), log)


def odoo_jobs(chosen: Choice, cluster, template: Path, folder: Path) -> list[Job]:
    """The Odoo suites among the chosen ones; the addon's own is cut in parts, its tests with a browser are apart."""

    def job(name: str, modules: list[str], tags: str) -> Job:
        def make_site() -> Site:
            site = templates.new_site(cluster, template, folder, f"test_{name}")
            site.prelude = NO_BUNDLES if f"-{BROWSER_TAG}" in tags.split(",") else ""
            return site

        return odoo_job(name, modules, tags, make_site)

    jobs = []
    if tags := chosen.suites.get("odoo"):
        jobs.append(job("odoo", [paths.ADDON], tags))
    elif "odoo" in chosen.suites:
        jobs += [job(f"odoo_{number}", [paths.ADDON], tags) for number, tags in enumerate(odoo_parts(), 1)]
        jobs.append(job("browser", [paths.ADDON], f"{BROWSER_TAG}/{paths.ADDON}"))
    if "glue" in chosen.suites:
        others = [name for name in (*paths.glue_addons(), *paths.addons_for_tests()) if name != CHARTS]
        spec = chosen.suites["glue"]
        for name, modules in (("glue", others), ("charts", [CHARTS])):
            if not spec or any(module in spec for module in modules):
                jobs.append(job(name, modules, spec or ",".join(f"/{module}" for module in modules)))
    return jobs


def odoo_parts() -> list[str]:
    """Odoo's test tags of each part of the addon's own suite: every file of tests is in one."""
    files = sorted((paths.REPO / "tests").glob("test_*.py"))
    parts = [files[number::ODOO_PARTS] for number in range(ODOO_PARTS)]
    return [",".join([f"/{paths.ADDON}/tests/{file.name}" for file in part] + [f"-{BROWSER_TAG}"]) for part in parts]


def _spawn(name: str, command: list[object], log: Path) -> Child:
    log.unlink(missing_ok=True)
    environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(paths.BUILD / "hypothesis")}
    return Child(name, command, log=log, cwd=paths.REPO, env=environment)


def _odoo_result(log: Path) -> odoo_log.Result:
    return odoo_log.read(log.read_text(encoding="utf-8", errors="replace").splitlines())


def _odoo_counts(log: Path, code: int) -> Counts:
    result = _odoo_result(log)
    failed = result.failed + len(result.complaints)
    if not result.complete or (code and not failed) or not (result.passed or failed):
        failed += 1
    return Counts(result.passed, failed, result.skipped)


def _odoo_failures(log: Path) -> str:
    result = _odoo_result(log)
    shown = [record.full for record in (*result.failures, *result.complaints)]
    if not result.complete or not shown:
        shown.append(tail(log))
    return "\n\n".join(shown)


def progress(log: Path) -> str:
    """What a running suite has done so far, in a few words."""
    if not log.exists():
        return ""
    text = log.read_text(encoding="utf-8", errors="replace")
    started = len(re.findall(r"\.tests\.\S+: Starting \w+\.\w+ \.\.\.", text))
    percent = re.findall(r"\[ *(\d+)%\]", text)
    if started:
        return f"{started} tests started"
    return f"{percent[-1]} %" if percent else ""
