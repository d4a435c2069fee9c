"""Whoever posted a document hears at once that Xero did not get it."""

import logging
from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, fields, models

from ...mappers.text import named
from ..link.access import XERO_USER
from .drain import BEGIN_ANEW
from .notification import keep_bus_connection
from .xero_sync_job import FAILED

_logger = logging.getLogger(__name__)

# So many failures of one person are told one by one; more are one message.
SINGLE = 3
# Of those the first are named.
NAMED = 10
# What failed before is in the list, and in the daily message of whoever looks after the connection.
NEWS = timedelta(days=1)


class XeroFeederFailure(models.AbstractModel):
    """Tells people by Odoo's own notifications: in the inbox or by e-mail, as each has chosen, and on open screens.

    It feeds nothing: it looks at what a drain left. What a run sent is told when the run is over.
    """

    _name = "xero.feeder.failure"
    _inherit = "xero.feeder"
    _description = "Xero Failure Notice"
    # Runs are closed before.
    _rank = 95

    def _after_drain(self, connection):
        jobs = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("state", "in", FAILED),
                ("told_at", "=", False),
                ("res_model", "!=", False),
                "|",
                ("run_id", "=", False),
                ("run_id.state", "not in", ("running", "paused", "undoing")),
            ]
        )
        if not jobs:
            return
        now = fields.Datetime.now()
        # What SQL alone has written has no such date.
        news = jobs.filtered(lambda job: (job.write_date or now) >= now - NEWS)
        jobs.told_at = now
        for user, of_user in news.grouped("user_id").items():
            of_user = of_user.filtered(lambda job, user=user: self._hears(user, job))
            if of_user:
                self._try_telling(user, self._tell, connection, user, of_user)

    def _hears(self, user, row) -> bool:
        """Whether ``user`` is a person who may know of ``row``, a job or what somebody asked for, of a company."""
        return (
            user.id != SUPERUSER_ID
            and user.active
            and not user.share
            and row.company_id in user.company_ids
            and user.has_group(XERO_USER)
        )

    def _try_telling(self, user, tell, *what) -> None:
        """Have ``tell(*what)`` tell ``user``; what is wrong with one message, or with its document, stops no lane."""
        try:
            with self.env.cr.savepoint():
                tell(*what)
        except BEGIN_ANEW:
            raise
        except Exception:
            _logger.exception("User %s could not be told what failed", user.id)

    def _tell(self, connection, user, jobs) -> None:
        jobs = jobs.with_context(lang=user.lang)
        texts = [(self._shown(job), job.record_name, job._waiting_reason() or "") for job in jobs]
        if len(jobs) <= SINGLE:
            for record, name, reason in texts:
                title = jobs.env._("%s could not be sent to Xero", named(name))
                self._notify(record or connection, user, title, Markup("<p>%s</p>") % reason, reason)
            return
        title = jobs.env._("%s documents could not be sent to Xero", len(jobs))
        rows = Markup().join(
            Markup("<li>%s: %s</li>") % (named(name), reason) for _record, name, reason in texts[:NAMED]
        )
        link = Markup('<p><a href="/odoo/xero-failed">%s</a></p>') % jobs.env._("Show all that failed")
        self._notify(connection, user, title, Markup("<ul>%s</ul>%s") % (rows, link), texts[0][1])

    def _shown(self, job):
        """Return the record that shows how ``job`` went, and that people can be told on; ``None`` without one."""
        record = self.env[job.res_model].browse(job.res_id).exists()
        shown = self.env["xero.exporter"]._for_type(job.xero_type)._shown_for(record) if record else []
        return next((one[:1] for one in reversed(shown) if one and hasattr(one, "message_notify")), None)

    def _notify(self, record, user, title, body, reason) -> None:
        record.with_context(lang=user.lang).message_notify(
            partner_ids=user.partner_id.ids,
            subject=title,
            body=Markup("<p><strong>%s</strong></p>%s") % (title, body),
            # Letters wait for Odoo's own queue: a slow mail server keeps no lane.
            force_send=False,
        )
        keep_bus_connection(self.env.cr)
        user._bus_send("simple_notification", {"type": "warning", "title": title, "message": str(reason)})
