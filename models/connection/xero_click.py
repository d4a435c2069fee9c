"""What people ask of Xero costs calls of the day: one reading of a kind at a time, never the last calls, and so many
records of one person within an hour.
"""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_time

from ...mappers.text import named
from ..link.access import ALL

EVERY = timedelta(minutes=1)
# The part of the day's calls that no reading takes: they are for sending what people enter.
SENDING_PERCENT = 10
# Of what one person asks to have sent within an hour: so many go ahead of what others posted, and so many at all.
# 5,000 records take some hundred calls, of the thousand to five thousand that Xero allows a day.
HOUR = timedelta(hours=1)
AHEAD, MOST = 200, 5000
# What Xero said of the day's calls is old after a day.
DAY = timedelta(days=1)


class XeroClick(models.Model):
    """When people last had a kind of reading begun for an organisation, and how much each asked to have sent since."""

    _name = "xero.click"
    _inherit = ["xero.company.guard"]
    _description = "Xero Click"
    _log_access = False

    _kept_by_workers = ALL

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade")
    kind = fields.Char(required=True)
    clicked_at = fields.Datetime(required=True)
    records = fields.Integer(help="So many were asked to be sent since.")

    _kind_unique = models.UniqueIndex("(connection_id, kind)")

    @api.model
    def _begin(self, connections, kind: str) -> None:
        """Let the user have ``connections`` read.

        :param connections: ``xero.connection``, as the person has them who asked
        :param kind: of reading; two kinds do not wait for each other
        :raise AccessError: an organisation is another company's, such as the parent's of a branch
        :raise UserError: it was begun less than a minute ago, or the day's last calls are kept for sending
        """
        if self.env.su:
            return
        connections._check_own_company()
        now = fields.Datetime.now()
        for connection in connections.sudo():
            self._check_calls_left(connection)
            rows = self.env.execute_query(
                SQL(
                    """INSERT INTO xero_click AS c (connection_id, kind, clicked_at)
                       VALUES (%(connection)s, %(kind)s, %(now)s)
                       ON CONFLICT (connection_id, kind) DO UPDATE SET clicked_at = EXCLUDED.clicked_at
                       WHERE c.clicked_at <= %(before)s RETURNING 1""",
                    connection=connection.id,
                    kind=kind,
                    now=now,
                    before=now - EVERY,
                )
            )
            if not rows:
                raise UserError(
                    self.env._(
                        "%s is being read already: this was asked less than a minute ago.", named(connection.name)
                    )
                )

    @api.model
    def _ask_sending(self, connection, count: int) -> bool:
        """Let the user have ``count`` records sent to the organisation of ``connection``.

        :param count: records of the type that is sent
        :return: whether they may go ahead of what others do; else they wait behind it
        :raise UserError: it is more than one person may ask for within an hour
        """
        if self.env.su:
            return True
        now = fields.Datetime.now()
        [[records, since]] = self.env.execute_query(
            SQL(
                """INSERT INTO xero_click AS c (connection_id, kind, clicked_at, records)
                   VALUES (%(connection)s, %(kind)s, %(now)s, %(count)s)
                   ON CONFLICT (connection_id, kind) DO UPDATE SET
                          clicked_at = CASE WHEN c.clicked_at <= %(before)s THEN %(now)s ELSE c.clicked_at END,
                          records = CASE WHEN c.clicked_at <= %(before)s THEN 0 ELSE c.records END + %(count)s
                   RETURNING records, clicked_at""",
                connection=connection.id,
                kind=f"send {self.env.uid}",
                now=now,
                count=count,
                before=now - HOUR,
            )
        )
        # One large selection after nothing else is what the button is for.
        if records > MOST and records > count:
            raise UserError(
                self.env._(
                    "You asked to send %(count)s records to %(name)s within an hour. Go on at %(time)s; what was "
                    "queued before is sent meanwhile. Past documents in large numbers are sent by a run (Xero > "
                    "Activity > Runs).",
                    count=records - count,
                    name=named(connection.sudo().name),
                    time=format_time(self.env, since + HOUR, time_format="short"),
                )
            )
        return records <= AHEAD

    def _check_calls_left(self, connection) -> None:
        """See that a reading takes none of the calls that are for sending.

        :raise UserError: it would
        """
        connection, now = connection.sudo(), fields.Datetime.now()
        known = connection.day_limit and connection.limits_at and connection.limits_at > now - DAY
        if known and connection.day_remaining * 100 < connection.day_limit * SENDING_PERCENT:
            raise UserError(
                self.env._(
                    "Xero takes %(left)s more calls of %(name)s today. They are kept for what is sent: read again "
                    "tomorrow.",
                    left=connection.day_remaining,
                    name=named(connection.name),
                )
            )
