from . import period_journal
