"""Lines that analytic accounts have shares of stay untracked where they were so: only new connections divide them."""


def migrate(cr, version):
    """Called by Odoo before the tables are brought up to date: nothing that was sent is sent again."""
    cr.execute("ALTER TABLE xero_connection ADD COLUMN IF NOT EXISTS line_shares varchar")
    cr.execute("UPDATE xero_connection SET line_shares = 'untracked' WHERE line_shares IS NULL")
