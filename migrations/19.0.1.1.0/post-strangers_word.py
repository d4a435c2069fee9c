"""What was believed of Xero's clock and ids is taken back: times that have not come, jobs about ids that are none."""

import logging

_logger = logging.getLogger(__name__)

GUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def migrate(cr, version):
    """Readings whose watermark lies ahead begin anew, in full: what was missed meanwhile is found.

    A day more than our own clock, for clocks that are off.
    """
    cr.execute(
        """UPDATE xero_sync_cursor SET watermark = NULL, full_page = GREATEST(COALESCE(full_page, 0), 1)
            WHERE watermark > now() AT TIME ZONE 'UTC' + interval '1 day'"""
    )
    cursors = cr.rowcount
    cr.execute(
        """UPDATE xero_sync_cursor SET polled_at_xero = NULL
            WHERE polled_at_xero > now() AT TIME ZONE 'UTC' + interval '1 day'"""
    )
    cr.execute(
        """UPDATE xero_sync_cursor SET full_started_at = NULL
            WHERE full_started_at > now() AT TIME ZONE 'UTC' + interval '1 day'"""
    )
    cr.execute(
        """UPDATE xero_link SET xero_updated_at = NULL
            WHERE xero_updated_at > now() AT TIME ZONE 'UTC' + interval '1 day'"""
    )
    cr.execute(
        "UPDATE xero_webhook_event SET state = 'odd' WHERE state = 'new' AND COALESCE(xero_id, '') !~ %s", [GUID]
    )
    # One odd element failed a whole reading as an unexpected error; the schedule reads again.
    cr.execute(
        """UPDATE xero_sync_job SET state = 'cancelled', done_at = now() AT TIME ZONE 'UTC'
            WHERE operation = 'pull' AND state IN ('pending', 'blocked', 'failed', 'dead')
              AND (failure_type = 'bug' AND state IN ('failed', 'dead') OR xero_id IS NOT NULL AND xero_id !~ %s)""",
        [GUID],
    )
    _logger.info("%s readings begin anew, %s jobs that led nowhere are cancelled", cursors, cr.rowcount)
