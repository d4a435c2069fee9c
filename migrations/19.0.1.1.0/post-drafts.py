"""Documents that are drafts again are not voided in Xero any more: what failed or waits to do that is looked at again.

A call that is stored already is settled as it was sent.
"""


def migrate(cr, version):
    cr.execute(
        """UPDATE xero_sync_job j
              SET state = 'pending', failure_type = NULL, failure_detail = NULL, fix_action = NULL,
                  blocked_by_id = NULL, attempts = 0
             FROM account_move m
            WHERE j.res_model = 'account.move' AND m.id = j.res_id AND m.state = 'draft' AND m.posted_before
              AND j.operation = 'push' AND j.state IN ('blocked', 'failed', 'dead')
              AND EXISTS (SELECT FROM xero_link l WHERE l.res_model = j.res_model AND l.res_id = j.res_id
                             AND l.connection_id = j.connection_id AND l.xero_id IS NOT NULL
                             AND COALESCE(l.xero_status, '') NOT IN ('VOIDED', 'DELETED'))"""
    )
