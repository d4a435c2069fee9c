"""Loggers that cannot tell secrets."""

from __future__ import annotations

import logging

from .redact import RedactingFilter


def get_logger(name: str) -> logging.Logger:
    """Return the logger ``name`` with exactly one :class:`RedactingFilter` on it."""
    logger = logging.getLogger(name)
    if not any(isinstance(item, RedactingFilter) for item in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger
