"""Is Xero ahead of this database? Looked at before anything is created, once after each start of the database server.

Files of a database that were put back from a snapshot keep its id and its fingerprint; but they come back by a start,
and then Xero holds elements with our signature for records that are not here. It costs two calls a start: one page each
of the contacts and invoices that changed since the newest change that is known here.
"""

from datetime import timedelta

from odoo.tools import SQL

from ...xero_api import errors, shape
from ...xero_api.elements import rows
from ..connection import database as xero_database

# Those that bear a signature.
KINDS = ("Contact", "Invoice")
# Xero's times have seconds, and what was saved together may have been written down in another order.
MARGIN = timedelta(minutes=15)


def look(drain) -> None:
    """See that Xero holds nothing of ours that is not known here.

    :raise Barred: it does, and the connection is held
    :raise XeroError: Xero could not be read
    """
    if drain.looked_ahead:
        # The database server has not been started since: that would have ended the drain.
        return
    env, connection = drain.env, drain.connection
    started = xero_database.start(env.cr)
    drain.looked_ahead = connection.server_start == started
    if drain.looked_ahead:
        return
    for xero_type in KINDS:
        since = _newest_known(env, connection, xero_type)
        if since:
            inbound = env["xero.inbound"]._for_type(xero_type)
            params = {**inbound._params, "page": 1, "pageSize": env["xero.reader"]._page_size()}
            answer = drain.client.get(inbound._resource, params=params, modified_since=since - MARGIN)
            # What is odd in one must neither hide its mark nor hold the lane up.
            found = shape.readable(xero_type, rows(answer.data, inbound._resource), inbound._id_field)
            drain.transaction(_judge, drain, xero_type, found)
    if held := connection._held():
        raise errors.Barred("held", held.reason)
    drain.transaction(connection.write, {"server_start": started})


def _newest_known(env, connection, xero_type):
    """Return the time, by Xero's clock, of the newest change that is known here; ``None`` when nothing is."""
    [[newest]] = env.execute_query(
        SQL(
            "SELECT MAX(xero_updated_at) FROM xero_link WHERE connection_id = %s AND xero_type = %s",
            connection.id,
            xero_type,
        )
    )
    return newest


def _judge(drain, xero_type, elements) -> None:
    drain.record_calls()
    env, connection = drain.env, drain.connection
    mapper = env["xero.mapper"]._for_type(xero_type)
    unknown = env["xero.exporter"]._unlinked(connection, mapper, elements)
    verdicts = env["xero.identity"]._judge(connection, xero_type, unknown)
    ahead = {xero_id for xero_id, verdict in verdicts.items() if verdict.kind == "ahead"}
    if ahead:
        known_ahead = [one for one in unknown if one[mapper._xero_id_field] in ahead]
        env["xero.hold"]._found_ahead(connection, xero_type, known_ahead)
