"""Measures the tables of the connector in a database."""

from typing import Any

MEGABYTE = 1024 * 1024


def sizes(env: Any) -> dict[str, float]:
    """Megabytes of each table of the connector with its indexes and what is stored beside it, as they are on disk."""
    env.cr.execute(
        """SELECT relname, pg_total_relation_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relname LIKE 'xero\\_%%'"""
    )
    return {table: size / MEGABYTE for table, size in env.cr.fetchall()}


def stored_elements(env: Any) -> int:
    """Elements stored of all readings, as many as the tables hold."""
    env.cr.execute("SELECT count(*) FROM xero_snapshot_element")
    return env.cr.fetchone()[0]
