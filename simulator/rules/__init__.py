"""Xero's accounting rules, free of HTTP."""
