"""The index on all states of links is gone: what is open has one of its own."""


def migrate(cr, version):
    cr.execute("DROP INDEX IF EXISTS xero_link__state_index")
