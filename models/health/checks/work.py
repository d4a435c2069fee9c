"""Whether what is to be sent and read is sent and read."""

from datetime import timedelta

from ..check import (
    ATTENTION,
    BROKEN,
    DAY,
    OK,
    STANDS,
    Check,
    failed_percent,
    flow_level,
    is_day_used_up,
    is_paused,
    is_reserve,
    is_working,
)
from ..texts import flow_labels

# Workers run every minute; one that has not for this long is switched off or the server has no cron.
WORKER_SILENT = timedelta(minutes=20)
# A worker's run ends within a minute; what is under way longer hangs.
HANGS = timedelta(minutes=20)
# Below this many failures a share of the day's says nothing.
FEWEST_FAILURES = 3


class Workers(Check):
    """Whether the workers run."""

    topic = "workers"
    told_every = DAY

    def label(self, env):
        return env._("Workers")

    def judge(self, facts, is_open):
        if not facts.workers_active:
            return self.found(BROKEN, "off", alert=is_working(facts))
        if facts.worker_seen_at and facts.now - facts.worker_seen_at > WORKER_SILENT:
            return self.found(BROKEN, "silent", {"last": facts.worker_seen_at}, alert=is_working(facts))
        return self.found()

    def sentence(self, env, code, values):
        return {
            "ok": env._("The workers run."),
            "off": env._("All workers are switched off: nothing is sent or read."),
            "silent": env._("No worker has run since %s.", values.get("last", "")),
        }[code]

    def advice(self, env, code):
        return {
            "off": env._("Switch on the scheduled actions Xero: Worker 1 to 5."),
            "silent": env._(
                "Ask whoever looks after the server: its scheduled actions do not run (max_cron_threads)."
            ),
        }.get(code, "")


class Queue(Check):
    """Whether the queue moves."""

    topic = "queue"
    told_every = DAY

    def label(self, env):
        return env._("Queue")

    def judge(self, facts, is_open):
        values = {"waiting": facts.waiting, "since": facts.oldest_at}
        if is_working(facts) and facts.running_since and facts.now - facts.running_since > HANGS:
            values["since"] = facts.running_since
            return self.found(BROKEN, "hangs", values, ("jobs",), alert=True)
        if facts.is_holding and is_working(facts):
            return self.found(ATTENTION, "held", values, ("setup",))
        may_move = is_working(facts) and not is_paused(facts) and not is_reserve(facts)
        if may_move and facts.due_since and facts.now - facts.due_since > STANDS:
            values["since"] = facts.due_since
            return self.found(BROKEN, "stands", values, ("jobs",), alert=True)
        if facts.waiting:
            return self.found(OK, "waiting", values, ("jobs",))
        return self.found(OK, "empty")

    def sentence(self, env, code, values):
        count, since = values.get("waiting", 0), values.get("since", "")
        return {
            "empty": env._("Nothing waits."),
            "waiting": env._("%(count)s wait, the oldest since %(since)s.", count=count, since=since),
            "held": env._("Nothing is sent or booked until both sides are matched; %s wait.", count),
            "hangs": env._("A worker has been busy with one call since %s.", since),
            "stands": env._("The queue does not move: %(count)s wait, due since %(since)s.", count=count, since=since),
        }[code]

    def advice(self, env, code):
        return {
            "held": env._("Match the records in the guide, or end the wait there."),
            "hangs": env._("Ask whoever looks after the server to look at the worker process."),
            "stands": env._("Check that the workers run, then open the jobs."),
        }.get(code, "")


class Failures(Check):
    """What failed and waits for a person."""

    topic = "failures"
    told_every = DAY

    def label(self, env):
        return env._("Failed jobs")

    def judge(self, facts, is_open):
        if not facts.failed:
            return self.found()
        # Once told, it takes half of the threshold to be well again: else each retry would tell anew.
        share = 0.5 if is_open else 1.0
        many = facts.failed_limit > 0 and facts.failed >= facts.failed_limit * share
        percent = (
            facts.failed_percent_limit > 0
            and facts.failed >= FEWEST_FAILURES
            and failed_percent(facts) >= facts.failed_percent_limit * share
        )
        # However many: the connection itself works, and the next document goes.
        return self.found(ATTENTION, "failed", {"count": facts.failed}, ("failed", "retry"), alert=many or percent)

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("Nothing failed.")
        return env._("Failed jobs that wait for a person: %s.", values["count"])

    def advice(self, env, code):
        return {"failed": env._("Open the failed jobs, fix the reasons, and try again.")}.get(code, "")


class Silence(Check):
    """Whether everything is read on time."""

    topic = "silence"
    told_every = DAY

    def label(self, env):
        return env._("Reading from Xero")

    def judge(self, facts, is_open):
        scheduled = [flow for flow in facts.flows if flow.every]
        silent = [flow.name for flow in scheduled if flow_level(facts, flow) == BROKEN]
        late = [flow.name for flow in scheduled if flow_level(facts, flow) == ATTENTION]
        # A day without calls is told as such, and once.
        excused = is_day_used_up(facts) or is_reserve(facts)
        if silent:
            return self.found(BROKEN, "silent", {"flows": silent}, ("read",), alert=not excused)
        if late:
            return self.found(ATTENTION, "late", {"flows": late}, ("read",))
        return self.found()

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("Everything is read on time.")
        labels = flow_labels(env)
        names = ", ".join(labels[name] for name in values["flows"])
        return env._("Not read for too long: %s.", names) if code == "silent" else env._("Late: %s.", names)

    def advice(self, env, code):
        return {
            "silent": env._("Click Read Again. If it stays silent, look at queue and workers."),
            "late": env._("It is read with the next free calls, or click Read Again."),
        }.get(code, "")
