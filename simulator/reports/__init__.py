"""Xero's reports, counted from the general ledger."""
