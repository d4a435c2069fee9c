"""`make chaos`: two Odoo nodes with five workers, people at work in both books, and everything breaking meanwhile.

The schedule comes from a seed: who does what, what breaks, and when. What two processes do at the same moment it does
not settle, so a seed brings a failure back mostly, not always.
"""

import itertools
import json
import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from dev.chaos.audit import UNDER_WAY, Findings, audit
from dev.chaos.people import UNHEARD, Bookkeeper, Clerk, Company, NothingToDo, Tally, merge_partners
from dev.machine import paths, progress, scratch
from dev.machine.odoo import Server
from dev.machine.process import wait_for
from dev.machine.progress import Stop, say, step
from dev.machine.rpc import RpcError
from dev.machine.stack import Stack, new_stack
from dev.testing import templates
from dev.testing.forge import Forge

NODES = ({"workers": 1, "max_cron_threads": 3}, {"workers": 1, "max_cron_threads": 2})
"""Two servers with five cron workers in all."""
PROFILE = {"seed": "nz", "BaseCurrency": "USD", "CountryCode": "US"}
WEBHOOK_KEY = "the key of the chaos run"
SAFE = {"synchronous_commit": "on"}
"""The log of a server that is ended without warning holds what was committed; the machine itself stays up."""
WRITES = "PUT,POST"
LIMITS = ("minute", "day", "concurrent", "appminute")
CODES = (500, 502, 503, 504)
TICK = 0.2
START_SECONDS = 300
SHOWN = 20
ORGANISATIONS = (
    "SELECT c.name, c.state, c.reason, c.paused_until, c.pause_reason,"
    " (SELECT string_agg(concat_ws(': ', r.kind, r.state, r.reason), '; ')"
    " FROM xero_recovery r WHERE r.connection_id = c.id),"
    " (SELECT string_agg(concat_ws(' ', j.state, j.xero_type, j.count), ', ') FROM (SELECT state, xero_type, count(*)"
    " FROM xero_sync_job WHERE connection_id = c.id AND state != 'done' GROUP BY 1, 2) j)"
    " FROM xero_connection c ORDER BY c.id"
)
"""What a run that did not come to rest has to say of each organisation: why nothing goes on."""


@dataclass
class Plan:
    """How long and how hard."""

    seed: int = 1
    kills: int = 200
    minutes: float = 15.0
    faults_a_second: float = 2.0
    companies: int = 3
    pace: float = 1.0
    """Seconds between two deeds of a person, on average."""
    patience: float = 600.0
    """Seconds after the last kill in which all must agree again by itself."""


@dataclass
class Chaos:
    """One run."""

    stack: Stack
    forge: Forge
    companies: list[Company]
    plan: Plan
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        """Everybody has dice of their own, so that no thread's haste changes another's luck."""
        self.dice = random.Random(f"{self.plan.seed} weather")
        self.people = [Clerk(self.stack, one, self._dice("clerk", one), self.tally) for one in self.companies]
        self.keepers = [Bookkeeper(self.stack, one, self._dice("keeper", one), self.tally) for one in self.companies]
        self.planned: dict[int, int] = {}
        self.kills = 0

    def _dice(self, role: str, company: Company) -> random.Random:
        return random.Random(f"{self.plan.seed} {role} {company.name}")

    # === THE STORM === #

    def run(self) -> dict[str, Any]:
        """Let it storm, wait until all agree, and tell what is left."""
        over = threading.Event()
        work = [
            threading.Thread(target=one.work, args=(over, self.plan.pace), daemon=True)
            for one in (*self.people, *self.keepers)
        ]
        for thread in work:
            thread.start()
        try:
            with step(f"Chaos with seed {self.plan.seed} for {self.plan.minutes:g} min"):
                self._storm()
        finally:
            over.set()
            for thread in work:
                thread.join(150)
        return self._calm()

    def _storm(self) -> None:
        started, length = time.monotonic(), self.plan.minutes * 60
        kills = sorted(self.dice.uniform(0, length) for _kill in range(self.plan.kills))
        events = [(at, self._kill) for at in kills]
        faults = int(length * self.plan.faults_a_second)
        events += [(self.dice.uniform(0, length), self._break) for _fault in range(faults)]
        events += [(at, self._tend) for at in range(2, int(length), 2)]
        for at, event in sorted(events, key=lambda pair: pair[0]):
            time.sleep(max(0.0, started + at - time.monotonic()))
            try:
                event()
            except NothingToDo:
                continue
            except (RpcError, *UNHEARD) as error:
                # The one who breaks things meets what is broken too.
                self.tally.add(f"missed: {type(error).__name__}")

    def wait_for_workers(self) -> None:
        """Return when every cron worker listens and both nodes serve the clerks. Raises Stop."""
        expected = sum(node["max_cron_threads"] for node in NODES)
        if not wait_for(lambda: len(self._pids("datname = 'postgres'")) >= expected, START_SECONDS):
            raise Stop(f"There are no {expected} workers after {START_SECONDS} s.")
        for clerk in self.people:
            for server in self.stack.servers:
                clerk.log_in(server)

    # === KILLS === #

    def _kill(self) -> None:
        how = self.dice.choices(
            (self._kill_worker, self._kill_any_worker, self._kill_server, self._kill_backend, self._crash_database),
            (62, 22, 6, 7, 3),
        )[0]
        if how():
            self.kills += 1
            self.tally.add(how.__name__.strip("_"))

    def _kill_worker(self) -> bool:
        """Kill a cron worker that holds a lane, if there is one: in a call, or between two."""
        at_work = self._pids(f"datname = '{self.stack.site.database}' AND state = 'idle in transaction'")
        crons = self._pids("datname = 'postgres'")
        return self._end(sorted(at_work & crons) or sorted(crons))

    def _kill_any_worker(self) -> bool:
        """Kill any process of a server but its first: one that serves people, or one that works."""
        return self._end(sorted(self._pids("true") - {server.child.pid for server in self._living()}))

    def _pids(self, condition: str) -> set[int]:
        sql = (
            "SELECT DISTINCT substr(application_name, 6) FROM pg_stat_activity WHERE application_name ~ '^odoo-[0-9]+$'"
        )
        groups = {server.child.pid for server in self._living()}
        found = set()
        for [pid] in self.stack.cluster.query(f"{sql} AND {condition}"):
            # Process ids are used again: only those of our servers' groups are meant.
            try:
                if os.getpgid(int(pid)) in groups:
                    found.add(int(pid))
            except ProcessLookupError:
                continue
        return found

    def _end(self, pids: list[int]) -> bool:
        if not pids:
            return False
        try:
            os.kill(self.dice.choice(pids), signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def _living(self) -> list[Server]:
        return [server for server in self.stack.servers if server.child and server.child.running]

    def _kill_server(self) -> bool:
        """Kill a whole node; the other one goes on, `_tend` starts it again."""
        living = self._living()
        if len(living) < 2:
            return False
        self.dice.choice(living).kill()
        return True

    def _kill_backend(self) -> bool:
        """Kill one process of PostgreSQL, which ends all others and recovers."""
        rows = self.stack.cluster.query(
            f"SELECT pid FROM pg_stat_activity WHERE datname = '{self.stack.site.database}'"
            " AND backend_type = 'client backend'"
        )
        return self._end([int(pid) for [pid] in rows])

    def _crash_database(self) -> bool:
        """End PostgreSQL without a checkpoint and start it again."""
        self.stack.cluster.crash()
        return True

    # === FAULTS === #

    def _break(self) -> None:
        how = self.dice.choices(
            (self._break_call, self._break_token, self._break_webhooks, self._break_sessions, self._merge),
            (84, 3, 8, 4, 1),
        )[0]
        how()

    def _break_call(self) -> None:
        """Let the next calls that fit meet a fault of any kind."""
        self._fault(**self.dice.choice(FAULTS)(self.dice))

    def _fault(self, **values: Any) -> None:
        values.setdefault("count", self.dice.randint(1, 3))
        fault = self.stack.simulator.post("faults", **values)
        self.planned[fault["id"]] = values["count"]

    def _break_token(self) -> None:
        """End the access token; now and then the consent itself, or cut the organisation off."""
        luck = self.dice.random()
        if luck < 0.7:
            self.stack.simulator.post("tokens/expire", access=True)
        elif luck < 0.85:
            self.stack.simulator.post("tokens/expire", access=True, refresh=True)
        else:
            self.stack.simulator.post("disconnect", tenant=self.dice.choice(self.companies).tenant)
        self.tally.add("fault: token")

    def _break_webhooks(self) -> None:
        """Lose some deliveries, forge some, double and reorder others, deliver old ones again."""
        luck = self.dice.random()
        change = self.dice.choice(({"drop": 2}, {"wrong_signature": 2}, {"duplicates": 2}, {"shuffle": True}))
        if luck < 0.7:
            self.stack.simulator.post("webhooks/settings", **change)
        elif luck < 0.85:
            self.stack.simulator.post("webhooks/replay", count=20, reverse=True)
        else:
            events = [{"tenantId": self.dice.choice(self.companies).tenant, "resourceId": word} for word in ODD_IDS]
            self.stack.simulator.post("webhooks/send", events=events)
        self.tally.add("fault: webhooks")

    def _break_sessions(self) -> None:
        """Cut every other session of the database."""
        self.stack.cluster.query(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.stack.site.database}'"
            " AND application_name LIKE 'odoo-%' AND pid % 2 = 0"
        )
        self.tally.add("fault: sessions cut")

    def _merge(self) -> None:
        merge_partners(self.dice.choice(self.people))
        self.tally.add("merge")

    def _faults(self) -> int:
        """How many faults have struck: what was planned, less what still waits."""
        left = {row["id"]: row["count"] - row["hits"] for row in self.stack.simulator.get("faults")["faults"]}
        struck = sum(count - left.get(fault, 0) for fault, count in self.planned.items())
        return struck + sum(count for name, count in self.tally.counts.items() if name.startswith("fault: "))

    # === WHO LOOKS AFTER IT === #

    def _tend(self) -> None:
        """Start what is down, reconnect what lost its consent, and let the time of pauses be over.

        A pause of seconds to half an hour is what Xero's limits and a lost network cost; a run has minutes.
        """
        for server in self.stack.servers:
            if not (server.child and server.child.running):
                server.child = self.stack.site.spawn(server.name, "server", **server.settings)
        self._hurry_workers()
        self._reconnect()
        self._resume()

    def _resume(self) -> None:
        """Do what the button does, whoever is logged in nowhere."""
        self.stack.query(
            "UPDATE xero_connection SET paused_until = NULL, pause_count = 0, limits_at = NULL"
            " WHERE paused_until IS NOT NULL"
        )

    def _hurry_workers(self) -> None:
        """Give cron workers, which Odoo makes yield to everything else, an equal share of a machine that others use."""
        for pid in self._pids("datname = 'postgres'"):
            with suppress(ProcessLookupError, PermissionError):
                os.setpriority(os.PRIO_PROCESS, pid, 0)

    def _reconnect(self) -> None:
        """Give consent anew where it ended; to all, since one credential serves them."""
        if self._is_cut_off():
            for company in self.companies:
                self._reconnect_one(company)

    def _is_cut_off(self) -> bool:
        return self.stack.query("SELECT count(*) FROM xero_connection WHERE state != 'connected'") != [["0"]]

    def _reconnect_one(self, company: Company) -> None:
        try:
            self.forge.ask("company:reconnect", connection_id=company.connection, organisation=company.tenant)
        except Stop as error:
            # Another company would be cut off, as far as Odoo knows; or nobody answers. It is tried again.
            self.tally.add(f"reconnecting refused: {str(error).strip().splitlines()[-1]}")
        else:
            self.tally.add("reconnected")

    # === THE CALM === #

    def _calm(self) -> dict[str, Any]:
        """No more faults: measure the time until both books agree, then have people answer what they were asked."""
        struck = self._faults()
        last = time.monotonic()
        self.stack.simulator.delete("faults")
        self.stack.simulator.post("faults/release")
        settings = {"drop": 0, "wrong_signature": 0, "duplicates": 0, "shuffle": False}
        self.stack.simulator.post("webhooks/settings", **settings)
        with step("Waiting until both books agree"):
            found = self._until_agreed(last + self.plan.patience)
            recovery = time.monotonic() - last
        questions = self._answer()
        if questions:
            with step(f"Waiting until {questions} answers are carried out"):
                found = self._until_agreed(time.monotonic() + self.plan.patience)
        return self._figures(found, struck, recovery, questions)

    def _until_agreed(self, deadline: float) -> Findings:
        self._patiently(self._start_what_is_down)
        self._patiently(self._resume)
        for clerk in self.people:
            self._patiently(clerk.finish)
            self._patiently(clerk.wake)
        found = Findings(stuck=["nothing was looked at"])
        while not found.clean and time.monotonic() < deadline:
            for clerk in self.people:
                self._patiently(lambda clerk=clerk: self._read(clerk))
            # Who is cut off meanwhile connects again.
            wait_for(lambda: self._idle() or self._is_cut_off(), max(0.0, deadline - time.monotonic()))
            found = audit(self.stack, self.companies)
        if not found.clean:
            _keep_logs(self)
        return found

    def _start_what_is_down(self) -> None:
        for server in self.stack.servers:
            if not (server.child and server.child.running):
                server.start()

    def _read(self, clerk: Clerk) -> None:
        """Have a clerk read Xero now, who reconnects when told that this is needed."""
        self._reconnect()
        try:
            clerk.read_now()
        except RpcError as error:
            if not error.name.endswith("UserError"):
                raise
            self._reconnect_one(clerk.company)

    def _patiently(self, action: Callable[[], Any]) -> Any:
        """Do it as soon as somebody answers. Raises the last error after a minute."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return action()
            except (RpcError, *UNHEARD):
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _idle(self) -> bool:
        ours = "SELECT count(*) FROM {0}"
        busy = (
            f"xero_sync_job j WHERE {UNDER_WAY}",
            "xero_sync_batch WHERE state != 'done'",
            "xero_webhook_event WHERE state = 'new'",
        )
        time.sleep(TICK)
        waiting = self.stack.simulator.get("webhooks")["waiting"]
        return not any(waiting.values()) and all(self.stack.query(ours.format(one)) == [["0"]] for one in busy)

    def _answer(self) -> int:
        """Answer conflicts, Odoo's side and Xero's in turn, and try again what was refused."""
        return sum(
            self._patiently(lambda clerk=clerk, side=side: clerk.answer(side)) + self._patiently(clerk.try_again)
            for clerk, side in zip(self.people, itertools.cycle(("odoo", "xero")))
        )

    def _figures(self, found: Findings, struck: int, recovery: float, questions: int) -> dict[str, Any]:
        return {
            "seed": self.plan.seed,
            "minutes": self.plan.minutes,
            "kills": self.kills,
            "faults": struck,
            "documents": found.documents,
            "payments": found.payments,
            "duplicates": len(found.doubled),
            "losses": len(found.lost),
            "stuck": len(found.stuck),
            "cents": found.cents,
            "differing": len(found.differing),
            "questions": questions,
            "left_with_people": found.asked,
            "recovery_s": round(recovery, 1),
            "agreed": found.clean,
            "calls": self.stack.simulator.get("stats")["total_calls"],
            "what_happened": dict(sorted(self.tally.counts.items())),
            "findings": [*found.doubled, *found.lost, *found.stuck, *found.differing][:SHOWN],
            "organisations": self.stack.query(ORGANISATIONS),
        }


ODD_IDS = ("", "0", "not an id", "00000000-0000-0000-0000-000000000000", "é" * 40)
PAGES = (200, 302, 400, 401, 403, 404, 413, 429, 502, 503)
ODD_HEADERS = (
    {"X-DayLimit-Remaining": "9" * 20},
    {"X-MinLimit-Remaining": "-5"},
    {"Retry-After": "9" * 20},
    {"Date": "Mon, 01 Jan 9999 00:00:00 GMT"},
    {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"Content-Type": "text/html"},
)
FAULTS: tuple[Callable[[random.Random], dict[str, Any]], ...] = (
    lambda dice: {"kind": "drop_before"},
    lambda dice: {"kind": "drop_before", "method": WRITES},
    lambda dice: {"kind": "drop_after", "method": WRITES},
    lambda dice: {"kind": "drop_after", "method": WRITES},
    lambda dice: {"kind": "delay", "method": WRITES, "seconds": dice.uniform(0.5, 4)},
    lambda dice: {"kind": "delay", "seconds": dice.uniform(0.5, 2)},
    lambda dice: {"kind": "slow", "seconds": dice.uniform(0.5, 3)},
    lambda dice: {"kind": "save_late", "method": WRITES, "seconds": dice.uniform(0.5, 3), "hang_up": True},
    lambda dice: {"kind": "save_late", "method": WRITES, "seconds": dice.uniform(0.5, 3)},
    lambda dice: {"kind": "rate_limit", "limit": dice.choice(LIMITS), "retry_after": dice.randint(1, 3)},
    lambda dice: {"kind": "error", "status": dice.choice(CODES), "saved": dice.random() < 0.5},
    lambda dice: {"kind": "error", "status": dice.choice(CODES), "path": "connect/token"},
    lambda dice: {"kind": "garbage", "method": WRITES},
    lambda dice: {"kind": "garbage", "method": "GET"},
    lambda dice: {"kind": "expire_token"},
    lambda dice: {"kind": "invalid", "method": WRITES, "count": 1},
    lambda dice: {"kind": "page", "status": dice.choice(PAGES), "saved": dice.random() < 0.5},
    lambda dice: {"kind": "page", "status": dice.choice(PAGES), "path": "connect/token"},
    lambda dice: {"kind": "headers", "headers": dice.choice(ODD_HEADERS)},
    lambda dice: {"kind": "drip", "seconds": dice.uniform(0.001, 0.02), "count": 1},
    lambda dice: {"kind": "bomb", "size": 50_000_000, "count": 1},
    lambda dice: {"kind": "bend", "method": WRITES, "reverse": True},
    lambda dice: {"kind": "bend", "method": WRITES, "cut": dice.randint(0, 3)},
    lambda dice: {"kind": "bend", "method": WRITES, "fields": dict.fromkeys(("InvoiceID", "ContactID", "PaymentID"))},
)


@contextmanager
def ground(plan: Plan) -> Iterator[Chaos]:
    """Two nodes on a PostgreSQL of their own, companies connected by one app, and a clerk in each."""
    template = templates.addon_template(templates.prepare()[0], templates.WITH_BOOKS)
    with scratch.folder() as folder, templates.cluster_from(template, folder, **SAFE) as cluster:
        with new_stack(cluster, template, folder, "chaos", limits=False) as stack, Forge(stack) as forge:
            with step("Opening the books of the companies"):
                companies = [_company(stack, forge, number) for number in range(plan.companies)]
            stack.leave_out_crons()
            with step("Starting two nodes"):
                for node in NODES:
                    stack.start_server(**node)
            _subscribe(stack, forge, companies)
            chaos = Chaos(stack, forge, companies, plan)
            with step("Waiting until both are at work"):
                chaos.wait_for_workers()
            yield chaos


def _company(stack: Stack, forge: Forge, number: int) -> Company:
    name = f"Chaos {number + 1}"
    tenant = stack.simulator.post("organisations", **PROFILE, Name=name)["tenant_id"]
    for code in ("090", "091"):
        values = {"code": code, "CurrencyCode": PROFILE["BaseCurrency"]}
        stack.simulator.post(f"organisations/{tenant}/act/edit_account", **values)
    company = forge.ask("company:open_books", name=name)
    where = {"company_id": company, "simulator": stack.simulator.url, "organisation": tenant}
    # The first connection, if there is one, has the app and the consent of all.
    first = stack.query("SELECT COALESCE(MIN(id), 0) FROM xero_connection")[0][0]
    connection = forge.ask("company:connect", beside=int(first), **where)
    return Company(
        name, company, connection, tenant, **forge.ask("chaos:equip", company_id=company, connection_id=connection)
    )


def _subscribe(stack: Stack, forge: Forge, companies: list[Company]) -> None:
    path = forge.ask("company:set_webhook_key", connection_id=companies[0].connection, key=WEBHOOK_KEY)
    stack.simulator.post("webhooks", url=stack.server.url + path, key=WEBHOOK_KEY)
    stack.simulator.post("webhooks/settings", retry_seconds=5.0)
    stack.simulator.post("webhooks/intent")


def storm(plan: Plan) -> dict[str, Any]:
    """Run a plan on ground of its own and return its figures; the logs stay in the results when it fails."""
    with ground(plan) as chaos:
        return chaos.run()


def _keep_logs(chaos: Chaos) -> None:
    target = paths.BUILD / "results" / "chaos"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for log in chaos.stack.site.folder.glob("*.log"):
        shutil.copy(log, target)
    say(f"The logs are in {target}")


def run(_arguments: str = "") -> int:
    """Storm as SEED, KILLS and MINUTES say; print one JSON object and fail unless both books agree."""
    progress.to_stderr()
    plan = Plan(seed=int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6)))
    plan.kills = int(os.environ.get("KILLS") or plan.kills)
    plan.minutes = float(os.environ.get("MINUTES") or plan.minutes)
    plan.companies = int(os.environ.get("COMPANIES") or plan.companies)
    say(f"To replay: make chaos SEED={plan.seed} KILLS={plan.kills} MINUTES={plan.minutes:g}")
    figures = storm(plan)
    print(json.dumps(figures, indent=2))
    return 0 if figures["agreed"] else 1
