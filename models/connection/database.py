"""Which database is this? What a copy, a move or a restored backup changes, and a restart does not.

Functions over a cursor: nothing here is reached from a template or a server action.
"""

from odoo.tools import SQL

from ...xero_api import errors

UUID = "database.uuid"


def uuid(env) -> str:
    """Return Odoo's own id of the database. A raw copy keeps it; copying in Odoo's database manager changes it."""
    return env["ir.config_parameter"].sudo().get_param(UUID) or ""


def fingerprint(cr) -> str | None:
    """Return what PostgreSQL knows this database by: its cluster and its number there.

    It outlives restarts and a failover to a standby. It changes with dump and restore, a copy from a template, another
    server, or an upgrade of PostgreSQL to another major version.

    :return: ``None`` where this server does not let it be read
    """
    cr.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
    if not cr.fetchone()[0]:
        return None
    cr.execute(
        "SELECT c.system_identifier || '-' || d.oid FROM pg_control_system() c, pg_database d"
        " WHERE d.datname = current_database()"
    )
    return cr.fetchone()[0]


def start(cr) -> str:
    """Return when the database server began to run. A snapshot of its files comes back by a start."""
    cr.execute("SELECT pg_postmaster_start_time()::text")
    return cr.fetchone()[0]


def difference(env, known_uuid: str | None, known_print: str | None) -> errors.Barred | None:
    """Return what tells this database from the one that ``known_uuid`` and ``known_print`` were read in.

    :return: a ``Barred`` of the kind ``copy`` (another id) or ``moved`` (the same id in another place); ``None`` for
        the same database, and where nothing was noted or can be read
    """
    if known_uuid and known_uuid != uuid(env):
        return errors.Barred("copy", env["xero.reason"]._("This database is a copy of one that works with Xero."))
    own = fingerprint(env.cr) if known_print else None
    if own and own != known_print:
        return errors.Barred(
            "moved",
            env["xero.reason"]._(
                "This database was restored from a backup, copied or moved: it lies in another place than the one "
                "that last worked with Xero."
            ),
        )
    return None


def move_sequence_on(cr, model_table: str, beyond: int, furthest: int) -> int | None:
    """Let the ids of a table go on behind ``beyond``, which Xero holds as the mark of a record that is not here.

    :param model_table: name of the table
    :param beyond: an id
    :param furthest: by how many ids at most; a higher mark is a stranger's, or of a database that is not this one's
    :return: the id after which it goes on; ``None`` when it goes on behind it already, or ``beyond`` is too far
    """
    cr.execute(SQL("SELECT pg_get_serial_sequence(%s, 'id')", model_table))
    [sequence] = cr.fetchone()
    cr.execute(SQL("SELECT last_value FROM %s", SQL(sequence)))
    [last] = cr.fetchone()
    if not last < beyond <= last + furthest:
        return None
    cr.execute(SQL("SELECT setval(%s, %s)", sequence, beyond))
    return beyond
