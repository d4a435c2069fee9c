"""What failed goes by itself when what it waits for changes: the record that was named as the place to fix it, and the
lock dates.
"""


def migrate(cr, version):
    cr.execute(
        """UPDATE xero_sync_job
              SET waits_for = NULLIF(
                      CASE WHEN fix_action->>'model' IS NOT NULL AND fix_action->>'res_id' IS NOT NULL
                           THEN jsonb_build_array(CONCAT(fix_action->>'model', ',', fix_action->>'res_id'))
                           ELSE '[]'::jsonb END
                      || CASE WHEN failure_type = 'locked_period' AND operation = 'pull'
                              THEN '["closed periods"]'::jsonb
                              WHEN failure_type = 'locked_period' THEN '["lock dates"]'::jsonb
                              WHEN failure_type IN ('plan', 'auth') THEN '["allowed"]'::jsonb
                              ELSE '[]'::jsonb END,
                      '[]'::jsonb)
            WHERE state IN ('failed', 'dead') AND waits_for IS NULL"""
    )
