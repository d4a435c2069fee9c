"""What failures wait for, as texts: whoever changes the thing names it in the same words."""

# Lock dates of the organisation in Xero, and what is done about them.
LOCK_DATES = "lock dates"
# That accounts, tax rates, tracking or currencies change in Xero: what waits for it has them read more often. What
# changed is told by a key of its own.
LISTS = "lists"
# What Xero's plan, and the person who connected, allow.
ALLOWED = "allowed"
# Periods that the company has closed in Odoo, and what is done about them.
CLOSED_PERIODS = "closed periods"


def record_key(model: str, res_id: int) -> str:
    """Return what waits for the record ``res_id`` of ``model`` waits for: that it changes, in Odoo or in Xero."""
    return f"{model},{res_id}"


def currency_key(code: str) -> str:
    """Return what waits for the organisation to have a currency waits for."""
    return f"currency {code}"


def element_key(xero_type: str, xero_id: str) -> str:
    """Return what waits for an element of Xero waits for, whether or not Odoo knows it."""
    return f"{xero_type} {xero_id.lower()}"
