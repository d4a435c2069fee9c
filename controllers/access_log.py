"""Keeps what only Xero and we should know out of Odoo's access log: the address of webhooks, codes of consents."""

import logging
import re

_HIDDEN = re.compile(r"(/xero/webhook/)[^\s\"]+|(/xero/oauth/callback\?)[^\s\"]+")


def hide(text: str) -> str:
    """Return a request line without the secret parts of our addresses."""
    return _HIDDEN.sub(lambda found: f"{found[1] or found[2]}...", text)


class HideAddresses(logging.Filter):
    """Rewrites the lines of the access log that name our addresses."""

    def filter(self, record):
        if isinstance(record.msg, str):
            record.msg = hide(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(hide(value) if isinstance(value, str) else value for value in record.args)
        return True


logging.getLogger("werkzeug").addFilter(HideAddresses())
