"""The sealed secrets of a credential: read and written here, by functions.

Templates, server actions and automations reach every method of every record, whatever its name; they reach no module.
So nothing here is a method, and nothing here is kept on an object that a record leads to.
"""

import time

from odoo.tools import SQL

from ...mappers.text import named
from ...xero_api import errors
from . import vault as xero_vault

# For so many seconds a stream of deliveries is proven by what was read for the first of them.
KEPT_SECONDS = 1.0
# Sealed, as the database holds them: ``{(database, credential): (when they were read, the text)}``.
_kept = {}


def read(credential, lock: bool = False) -> dict:
    """Return the decrypted secrets of ``credential``; with ``lock`` its row stays locked until the transaction ends.

    :return: by name: client_secret, refresh_token and access_token with expires_at, webhook_key, consent, completed,
        linked, reached, database, print; empty when nothing is stored
    :raise Barred: they were sealed with a key that this server does not have
    """
    return _unsealed(credential, _sealed(credential, lock))


def read_recent(credential) -> dict:
    """Return what :func:`read` returns, as of now or of a moment ago, for what comes in streams: no query then. What
    this process itself stores is never older.

    :raise Barred: as :func:`read`
    """
    place, now = _place(credential), time.monotonic()
    read_at, sealed = _kept.get(place, (None, None))
    if read_at is None or now - read_at > KEPT_SECONDS:
        sealed = _sealed(credential)
        _kept[place] = now, sealed
    return _unsealed(credential, sealed)


def _place(credential) -> tuple:
    return credential.env.cr.dbname, credential.id


def _sealed(credential, lock: bool = False) -> str | None:
    credential.ensure_one()
    query = SQL(
        "SELECT vault FROM xero_credential WHERE id = %s %s",
        credential.id,
        SQL("FOR NO KEY UPDATE") if lock else SQL(),
    )
    # Losing the race for the row is part of the plan, nothing to log.
    credential.env.cr.execute(query, log_exceptions=False)
    row = credential.env.cr.fetchone()
    return row[0] if row else None


def _unsealed(credential, sealed: str | None) -> dict:
    try:
        return xero_vault.unseal(sealed)
    except xero_vault.NoKey as error:
        raise _no_key(credential.env, error) from error
    except xero_vault.VaultError as error:
        raise foreign_key(credential) from error


def why_unreadable(credential) -> errors.Barred | None:
    """Return what keeps this server from reading the secrets of ``credential``; ``None`` when nothing does."""
    try:
        read(credential)
    except errors.Barred as barred:
        return barred
    return None


def can_read(credential) -> bool:
    """Whether this server has the key of the secrets of ``credential``; where nothing is stored it has."""
    return why_unreadable(credential) is None


def enter(credential, values: dict) -> None:
    """Store ``values`` that a person has entered; makes the key of this server with the first of them.

    :param values: ``client_secret`` or ``webhook_key``
    :raise Barred: this server has another key than the one that secrets of this database were sealed with, or none
    """
    _refuse_another_key(credential)
    try:
        _ensure_key(credential.env)
    except xero_vault.VaultError as error:
        raise _no_key(credential.env, error) from error
    # What is begun now has linked nothing; only what earlier versions sealed does not say.
    update(credential, values if read(credential) else {"linked": {}, **values})


def update(credential, values: dict) -> None:
    """Store ``values`` over the present secrets; ``None`` removes one.

    The row stays locked until the transaction ends.

    :param values: by name, as :func:`read` returns them; what is not among them stays
    :raise Barred: the present ones cannot be read here; what cannot be read is never overwritten
    """
    credential.flush_recordset()
    stored = {**read(credential, lock=True), **values}
    try:
        sealed = xero_vault.seal({key: value for key, value in stored.items() if value is not None})
    except xero_vault.VaultError as error:
        raise _no_key(credential.env, error) from error
    _store(credential, sealed)


def forget_unreadable(credential) -> None:
    """Drop secrets that this server cannot read, for a person who has decided that nobody has their key any more.

    :raise Barred: they can be read
    """
    if can_read(credential):
        raise errors.Barred(
            "key",
            credential.env["xero.reason"]._("The secrets of %s can be read: nothing is lost.", named(credential.name)),
        )
    _store(credential, None)


def _store(credential, sealed: str | None) -> None:
    cr, place = credential.env.cr, _place(credential)
    cr.execute(SQL("UPDATE xero_credential SET vault = %s WHERE id = %s", sealed, credential.id))
    _kept.pop(place, None)
    # Until the commit a delivery still reads what was stored before.
    cr.postcommit.add(lambda: _kept.pop(place, None))


def unreadable(env):
    """Return the credentials whose secrets this server cannot read, archived ones too."""
    env["xero.credential"].flush_model()
    rows = env.execute_query(SQL("SELECT id, vault FROM xero_credential WHERE vault IS NOT NULL ORDER BY id"))
    return env["xero.credential"].sudo().browse(id_ for id_, sealed in rows if not xero_vault.opens(sealed))


def _refuse_another_key(credential) -> None:
    """See that a server with another key, or a new one without any, seals nothing that the others cannot open."""
    for foreign in unreadable(credential.env):
        raise why_unreadable(foreign)


def _ensure_key(env) -> None:
    """Make the key of this server if it has none: never where secrets are sealed already, whose key it must be given.

    Servers that begin at once wait for each other: the later one finds what the first has sealed.
    """
    if xero_vault.has_key():
        return
    env.cr.execute("SELECT pg_advisory_xact_lock(hashtext('xero_connector key'))")
    with env.registry.cursor() as cr:
        cr.execute("SELECT 1 FROM xero_credential WHERE vault IS NOT NULL LIMIT 1")
        if cr.fetchone() and not xero_vault.has_key():
            raise xero_vault.NoKey("this server has no key, but secrets are sealed with one: give it theirs")
    xero_vault.create_key()


# === ANOTHER KEY FOR ALL === #


def key_progress(env) -> tuple[int, int]:
    """Return how many credentials are sealed with the first key of this server, and how many are sealed at all.

    :raise VaultError: this server has no key
    """
    [[current, every]] = env.execute_query(
        SQL(
            """SELECT count(*) FILTER (WHERE starts_with(vault, %s)), count(*)
                 FROM xero_credential WHERE vault IS NOT NULL""",
            xero_vault.current_prefix(),
        )
    )
    return current, every


def reseal(env, limit: int = 50) -> int:
    """Seal with the first key of this server what is sealed with its other ones; one row locked at a time, each
    committed: it goes on where it was left.

    :param limit: rows in one go
    :return: how many were done
    :raise Barred: this server has no key
    """
    try:
        prefix = xero_vault.current_prefix()
    except xero_vault.VaultError as error:
        raise _no_key(env, error) from error
    done, last = 0, 0
    while done < limit:
        with env.registry.cursor() as cr:
            cr.execute(
                """SELECT id FROM xero_credential WHERE vault IS NOT NULL AND NOT starts_with(vault, %s) AND id > %s
                    ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED""",
                [prefix, last],
            )
            row = cr.fetchone()
            if not row:
                return done
            last = row[0]
            credential = env(cr=cr, su=True)["xero.credential"].browse(last)
            if can_read(credential):
                update(credential, {})
                cr.commit()
                done += 1
    return done


# === REFUSALS === #


def foreign_key(credential) -> errors.Barred:
    """Return the refusal of a server whose key does not open the secrets of ``credential``."""
    return errors.Barred(
        "key",
        credential.env["xero.reason"]._(
            "The secrets of %(name)s were stored with another server's key. Give this server the same key.",
            name=named(credential.sudo().name),
        ),
    )


def _no_key(env, error) -> errors.Barred:
    return errors.Barred(
        "key",
        env["xero.reason"]._(
            "This server cannot open or seal secrets: %s. Whoever looks after the server has to fix it.", error
        ),
    )
