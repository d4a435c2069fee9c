"""OAuth 2.0 as Xero does it: apps, consent, tokens, connections."""
