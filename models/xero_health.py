"""What the health page shows, and what can be done from it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from . import xero_health_forecast as forecast
from . import xero_health_words as words
from .xero_health_facts import LOOK_BACK
from .xero_health_judge import flow_level, judge, silent_after, worst
from .xero_sync_job import CLICK, FAILED

LEVELS = [("ok", "Healthy"), ("attention", "Needs attention"), ("broken", "Broken")]
# A retry of all is one statement for each of these many jobs.
RETRY_AT_ONCE = 5000


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    day_began_at = fields.Datetime(
        "Xero's Day Began", readonly=True, copy=False, help="When the count of calls was last seen to begin anew."
    )
    health_level = fields.Selection(LEVELS, "Health", compute="_compute_health")
    health_summary = fields.Text("Health in Words", compute="_compute_health")

    def _compute_health(self):
        facts = self._health_facts()
        for connection in self:
            findings = judge(facts[connection.id]) if connection.id in facts else []
            connection.health_level = worst(findings)
            connection.health_summary = "\n".join(
                words.sentence(self.env, finding) for finding in findings if finding.level != "ok"
            )

    # === PAGE === #

    @api.model
    def get_xero_health(self) -> dict:
        """Return the health of every connection of the companies that are switched on, as plain data.

        About 20 queries whatever the number of connections, and no call to Xero.

        :raise AccessError: the user is no Xero user
        """
        if not self.env.su and not self.env.user.has_group("xero_connector.group_xero_user"):
            raise AccessError(self.env._("Only Xero users see the health of connections."))
        connections = self.search([("active", "=", True)])
        return {
            "connections": connections._health(),
            "is_manager": self.env.su or self.env.user.has_group("xero_connector.group_xero_manager"),
            "levels": dict(self._fields["health_level"]._description_selection(self.env)),
            "flows": words.flow_labels(self.env),
        }

    def _health(self) -> list[dict]:
        """Return the health of ``self``, one plain dict for each connection."""
        if not self:
            return []
        companies, now, sudo = self.env.companies, fields.Datetime.now(), self.sudo()
        jobs, done = sudo._health_jobs(companies), sudo._health_done(now - LOOK_BACK, companies)
        facts = self._health_facts(companies, jobs, done)
        calls, history = sudo._health_calls(now), sudo._health_history(now, companies)
        return [
            connection._health_of(
                facts[connection.id],
                jobs[connection.id],
                done[connection.id],
                calls[connection.id],
                history[connection.id],
            )
            for connection in self
        ]

    def _health_of(self, facts, jobs, done, calls, history) -> dict:
        findings = judge(facts)
        return {
            "id": self.id,
            "name": self.name,
            "company": self.sudo().company_id.name,
            "level": worst(findings),
            "is_linked": facts.state != "new",
            "checks": [self._health_check(finding) for finding in findings],
            "flows": [self._health_flow(facts, flow) for flow in facts.flows],
            "failures": self._health_failures(jobs),
            "queue": self._health_forecast_of_queue(facts, done),
            "usage": self._health_usage(facts, calls),
            "charts": self._health_charts(facts, done, calls, history),
        }

    def _health_check(self, finding) -> dict:
        labels = words.action_labels(self.env)
        is_manager = self.env.su or self.env.user.has_group("xero_connector.group_xero_manager")
        actions = [
            {"method": method, "label": label}
            for method, label, for_managers in (labels[name] for name in finding.actions)
            if (is_manager or not for_managers) and hasattr(type(self), method)
        ]
        return {
            "topic": finding.topic,
            "label": words.topic_labels(self.env)[finding.topic],
            "level": finding.level,
            "text": words.sentence(self.env, finding),
            "advice": words.advice(self.env, finding),
            "actions": actions,
        }

    def _health_flow(self, facts, flow) -> dict:
        level = flow_level(facts, flow)
        return {
            "name": flow.name,
            "last": fields.Datetime.to_string(flow.last) if flow.last else False,
            "level": level,
            "text": self._health_flow_text(facts, flow, level),
        }

    def _health_flow_text(self, facts, flow, level):
        if level != "ok" and flow.every is None:
            return self.env._("Waits since %s.", words.moment(self.env, flow.waiting_since))
        if flow.every is None:
            return self.env._("When something happens")
        minutes = round(flow.every.total_seconds() / 60)
        often = (
            self.env._("Every %s hours", minutes // 60) if minutes >= 120 else self.env._("Every %s minutes", minutes)
        )
        if level == "ok":
            return often
        hours = round(silent_after(facts, flow).total_seconds() / 3600)
        return self.env._("%(often)s; people are told after %(hours)s hours.", often=often, hours=hours)

    def _health_failures(self, jobs) -> list[dict]:
        """Return what failed by reason, the most frequent first."""
        labels = dict(self.env["xero.sync.job"]._fields["failure_type"]._description_selection(self.env))
        todos, counts, oldest = words.failure_todos(self.env), {}, {}
        for state, kind, _operation, _type, count, made, _due, _heartbeat in jobs:
            if state in FAILED:
                counts[kind] = counts.get(kind, 0) + count
                oldest[kind] = min(oldest.get(kind) or made, made)
        return [
            {
                "type": kind or False,
                "label": labels.get(kind) or self.env._("No reason kept"),
                "count": count,
                "oldest": fields.Datetime.to_string(oldest[kind]),
                "advice": todos.get(kind, ""),
            }
            for kind, count in sorted(counts.items(), key=lambda pair: -pair[1])
        ]

    def _health_forecast_of_queue(self, facts, done) -> dict:
        hour_ago = fields.Datetime.subtract(facts.now, hours=1)
        rate = sum(count for hour, _type, count, _newest in done if hour >= hour_ago)
        left = forecast.backlog_done_in(facts, rate)
        return {
            "waiting": facts.waiting,
            "blocked": facts.blocked,
            "failed": facts.failed,
            "oldest": fields.Datetime.to_string(facts.oldest_at) if facts.oldest_at else False,
            "done_at": fields.Datetime.to_string(facts.now + left) if left else False,
        }

    def _health_usage(self, facts, calls) -> dict:
        hours = 3
        recent = sum(count for hour, count in calls.items() if hour > fields.Datetime.subtract(facts.now, hours=hours))
        usage = forecast.day_end(facts, recent, hours)
        if usage:
            usage["ends_at"] = fields.Datetime.to_string(usage["ends_at"]) if usage["ends_at"] else False
            usage["seen_at"] = fields.Datetime.to_string(facts.limits_at)
        return usage or {}

    # === ACTIONS === #

    def _check_health_person(self):
        self.check_access("read")
        self.env["xero.sync.job"]._check_person()

    def action_open_health(self):
        """Open the health page."""
        return self.env["ir.actions.client"]._for_xml_id("xero_connector.action_xero_health")

    def _failed_domain(self, failure_type):
        domain = [("connection_id", "in", self.ids), ("state", "in", FAILED)]
        return domain if failure_type is None else [*domain, ("failure_type", "=", failure_type)]

    def action_open_failed(self, failure_type=None):
        """Open the failed jobs of this connection.

        :param failure_type: only those of this reason; ``False`` for those without any, ``None`` for all
        """
        self._check_health_person()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job_failed")
        return {**action, "domain": self._failed_domain(failure_type), "context": {}}

    def action_retry_failed(self, failure_type=None):
        """Put the failed jobs that the user may see back to the queue.

        :param failure_type: as for ``action_open_failed``
        """
        self._check_health_person()
        jobs = self.env["xero.sync.job"].search(self._failed_domain(failure_type), limit=RETRY_AT_ONCE)
        if not jobs:
            raise UserError(self.env._("Nothing failed for this reason any more."))
        jobs.action_retry()
        return self._health_notice(self.env._("%s jobs are tried again.", len(jobs)))

    def action_read_again(self):
        """Have the worker read everything that changed in Xero, ahead of background work. Makes no call itself."""
        self._check_health_person()
        for connection in self.sudo():
            for inbound in self.env["xero.inbound"]._all():
                if inbound._polled:
                    self.env["xero.sync.job"].sudo()._enqueue_poll(connection, inbound._xero_type, priority=CLICK)
        self.env["xero.sync.runner"]._wake(self.ids)
        return self._health_notice(self.env._("Xero is being read; what changed appears within a minute."))

    def action_webhook_guide(self):
        """Show how webhooks are set up, with the address to copy."""
        self.ensure_one()
        self._check_administrator()
        return self._get_records_action(
            target="new",
            name=self.env._("Set up webhooks"),
            views=[(self.env.ref("xero_connector.xero_connection_view_form_webhook").id, "form")],
        )

    def _health_notice(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message},
        }
