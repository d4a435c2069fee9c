"""What journal entries settled in Odoo only, before documents said so, is said now."""

from odoo import SUPERUSER_ID, api

AT_ONCE = 500


def migrate(cr, version):
    cr.execute(
        """WITH settled AS (
               SELECT l.id FROM account_move m JOIN account_journal j ON j.id = m.journal_id AND j.type = 'general'
                 JOIN account_move_line l ON l.move_id = m.id WHERE m.move_type = 'entry'),
           against AS (
               SELECT p.credit_move_id AS id FROM account_partial_reconcile p JOIN settled s ON s.id = p.debit_move_id
                UNION
               SELECT p.debit_move_id FROM account_partial_reconcile p JOIN settled s ON s.id = p.credit_move_id)
           SELECT DISTINCT k.res_id FROM against a JOIN account_move_line l ON l.id = a.id
             JOIN xero_link k ON k.res_model = 'account.move' AND k.res_id = l.move_id AND k.xero_id IS NOT NULL
            ORDER BY 1"""
    )
    ids = [res_id for [res_id] in cr.fetchall()]
    env = api.Environment(cr, SUPERUSER_ID, {})
    for start in range(0, len(ids), AT_ONCE):
        moves = env["account.move"].browse(ids[start : start + AT_ONCE]).exists()
        env["xero.payment.part"]._refresh_left_open(moves)
        env.flush_all()
        env.invalidate_all()
