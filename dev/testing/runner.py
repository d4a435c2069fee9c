"""`make test`: prepares everything, runs the suites three at a time and ends with one line of counts."""

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from dev.machine import rtlcss, scratch, system, venv
from dev.machine.process import POLL_SECONDS, Child
from dev.machine.progress import Stop, say
from dev.testing import suites, templates
from dev.testing.counts import CRASHED, Counts
from dev.testing.suites import Choice, Job

REPORT_SECONDS = 30
# One more than small machines have processors: a third of a job's time goes by with waiting for browsers and pauses.
LANES = 3


def run(arguments: str) -> int:
    """Run the suites that `arguments` names, all without; return the exit code."""
    try:
        chosen = suites.choose(arguments)
        total = _run(chosen)
    except Stop as stop:
        say(str(stop))
        total = CRASHED
    say(str(total))
    return 1 if total.failed else 0


def lint() -> int:
    """Run the linters and the tests of the code's structure; return the exit code."""
    return run("lint")


def _run(chosen: Choice) -> Counts:
    with ExitStack() as stack:
        jobs = _jobs(chosen, stack)
        return _run_jobs(jobs, watch=len(jobs) == 1 and jobs[0].suite in suites.PYTEST_SUITES)


def _jobs(chosen: Choice, stack: ExitStack) -> list[Job]:
    """What there is to run, in the order of the start: the longest first, so that all lanes end together."""
    with_odoo = bool(set(suites.ODOO_SUITES) & set(chosen.suites))
    with_database = with_odoo or "system" in chosen.suites
    needs = {system.VENV: True, system.POSTGRESQL: with_database, system.BROWSER: with_odoo}
    system.require(*(package for package, needed in needs.items() if needed))
    long = suites.pytest_jobs("system", chosen.extra) if "system" in chosen.suites else []
    short = suites.lint_jobs() if "lint" in chosen.suites else []
    for name in suites.PYTEST_SUITES:
        short += suites.pytest_jobs(name, chosen.extra) if name in chosen.suites and name != "system" else []
    venv.python()
    odoo_jobs = _odoo_jobs(chosen, stack) if with_odoo else []
    if "system" in chosen.suites:
        templates.prepare()
    return [*odoo_jobs[: suites.ODOO_PARTS], *long, *odoo_jobs[suites.ODOO_PARTS :], *short]


def _odoo_jobs(chosen: Choice, stack: ExitStack) -> list[Job]:
    template = templates.spares_template(templates.prepare()[0])
    rtlcss.prepare()
    folder = stack.enter_context(scratch.folder())
    cluster = stack.enter_context(templates.cluster_from(template, folder))
    return suites.odoo_jobs(chosen, cluster, template, folder)


@dataclass
class _Lane:
    """Takes one job after the other from those that wait."""

    waiting: list[Job]
    """Shared with the other lanes."""
    job: Job | None = None
    child: Child | None = None
    started: float = 0.0
    total: Counts = field(default_factory=Counts)
    watched: bool = False
    """Whether its output is on the screen already."""

    def advance(self) -> bool:
        """Take note of a job that ended and start the next; False when there is nothing left."""
        if self.child and self.child.running:
            return True
        if self.job:
            self._finish()
        if not self.waiting:
            return False
        self._start(self.waiting.pop(0))
        return True

    def _start(self, job: Job) -> None:
        self.job, self.started = job, time.monotonic()
        say(f"{job.name}: started")
        self.child = job.start()

    def _finish(self) -> None:
        job, child = self.job, self.child
        self.job = self.child = None
        child.kill()
        result = job.count(child.process.returncode)
        self.total += result
        seconds = time.monotonic() - self.started
        skipped = f", {result.skipped} skipped" if result.skipped else ""
        if result.failed and not self.watched:
            say(f"\n===== {job.name}: what failed (all of it: {job.log}) =====\n{job.explain()}\n")
        say(f"{job.name}: {result}{skipped} ({seconds:.0f} s)")

    def stop(self) -> None:
        """End the job that is running, giving it time to clear up."""
        if self.child:
            self.child.stop(signal.SIGINT, 30)

    def report(self) -> str:
        """How far the running job is."""
        if not self.job:
            return ""
        done = suites.progress(self.job.log)
        return f"{self.job.name} {time.monotonic() - self.started:.0f} s{done and ', ' + done}"


def _run_jobs(jobs: list[Job], watch: bool) -> Counts:
    waiting = list(jobs)
    running = every = [_Lane(waiting, watched=watch) for _lane in range(LANES)]
    reported, shown = time.monotonic(), 0
    try:
        while running:
            running = [lane for lane in running if lane.advance()]
            if watch:
                shown = _show_new(every[0], shown)
            elif time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                say("  … " + "; ".join(filter(None, (lane.report() for lane in running))))
            time.sleep(POLL_SECONDS)
    finally:
        for lane in every:
            lane.stop()
    return sum((lane.total for lane in every), Counts())


def _show_new(lane: _Lane, shown: int) -> int:
    """Print what the only job wrote since byte `shown` of its log."""
    if not lane.job or not lane.job.log.exists():
        return shown
    with lane.job.log.open("rb") as log:
        log.seek(shown)
        fresh = log.read()
    if fresh:
        os.write(1, fresh)
    return shown + len(fresh)
