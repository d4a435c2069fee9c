"""The history of a record is lines of the log: those that were about one say so, and what was sent gets one."""

# What the connector says of what was sent, as reasons are stored.
SENT = 'Sent to Xero.\x1f{"t":"Sent to Xero."}'
REMOVED = 'Removed in Xero, as in Odoo.\x1f{"t":"Removed in Xero, as in Odoo."}'


def migrate(cr, version):
    cr.execute(
        """UPDATE xero_log l SET res_model = j.res_model, res_id = j.res_id
             FROM xero_log_job_rel r JOIN xero_sync_job j ON j.id = r.job_id
            WHERE r.log_id = l.id AND l.method IS NULL AND j.res_id IS NOT NULL"""
    )
    cr.execute(
        """INSERT INTO xero_log (connection_id, company_id, res_model, res_id, direction, summary, user_id,
                                 create_uid, create_date, write_uid, write_date)
           SELECT connection_id, company_id, res_model, res_id, 'out',
                  CASE operation WHEN 'void' THEN %s ELSE %s END, user_id,
                  create_uid, done_at, write_uid, done_at
             FROM xero_sync_job
            WHERE state = 'done' AND operation IN ('push', 'void') AND res_id IS NOT NULL
            ORDER BY done_at""",
        [REMOVED, SENT],
    )
