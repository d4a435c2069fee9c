"""The only way to Xero: consent, tokens and clients, each after asking whether this database may.

Functions and no methods, for what is returned here carries secrets (see ``xero_secrets``).
"""

import hashlib
import logging
import secrets
import uuid
from contextlib import closing
from datetime import timedelta
from functools import cache, partial

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import fields, tools
from odoo.exceptions import UserError

from ...mappers.reason import unpack
from ...mappers.text import named, quoted
from ...xero_api import errors, oauth
from ...xero_api.client import XeroClient
from ...xero_api.endpoints import Endpoints
from ..link.explain import explain
from . import credential_secrets as xero_secrets
from . import database as xero_database

_logger = logging.getLogger(__name__)

# Access tokens live 30 minutes. Renewing with a third of that left keeps a slow batch from meeting an expiry.
RENEW_BEFORE = timedelta(minutes=10)
SHORTEST_USE = timedelta(seconds=20)
CONSENT_LIFETIME = timedelta(minutes=15)
ADDRESS_OPTIONS = {name: f"xero_connector_{name}" for name in ("login_url", "identity_url", "api_url")}
# Whoever holds the row asks Xero for a token meanwhile, which ends after 30 seconds.
LOCK_SECONDS = 40
# In these states of a recovery the worker of a held connection may call Xero, to read.
AT_WORK = ("reading", "applying")
# What lives by a consent: another one takes its place only where it reaches these too.
LIVING = ("connected", "held")


def endpoints(env) -> Endpoints:
    """Return the base addresses of Xero: its own unless the server's configuration says otherwise.

    Secrets are sent there, so whoever administers the database has no say in it.

    :raise Barred: an option holds no address that secrets may be sent to
    """
    chosen = {}
    for name, option in ADDRESS_OPTIONS.items():
        try:
            Endpoints(**{name: tools.config.get(option) or ""})
        except ValueError as error:
            raise errors.Barred(
                "address",
                env["xero.reason"]._(
                    "The option %(option)s of this server is wrong. %(reason)s.", option=option, reason=quoted(error)
                ),
            ) from error
        chosen[name] = tools.config.get(option) or ""
    return Endpoints(**chosen)


def warn_of_addresses(env) -> None:
    """Say in the log, when the server starts, what is wrong with the addresses of Xero."""
    try:
        endpoints(env)
    except errors.Barred as barred:
        _logger.error("%s", barred)
    parameters = env["ir.config_parameter"].sudo()
    for name, option in ADDRESS_OPTIONS.items():
        if parameters.get_param(f"xero_connector.{name}"):
            _logger.warning(
                "The system parameter xero_connector.%s is not used any more: write the address of Xero into the "
                "option %s of the server's configuration",
                name,
                option,
            )


# === CLIENT === #


def open_client(connection, on_call=None) -> XeroClient:
    """Return a fresh client for the organisation of ``connection``; the caller closes it.

    :param connection: one ``xero.connection``
    :param on_call: told about each HTTP call, see ``XeroClient``
    :return: it renews the token as it needs to, and refuses the next call once the connection is held
    :raise Barred: this database, this server or this connection may not call; nothing was sent
    """
    connection.ensure_one()
    _refuse(connection)
    credential = connection.credential_id.sudo()
    _refuse_unreached(connection, credential)
    held = {}

    def token(force: bool) -> str:
        _refuse_held(connection)
        if force or not held or held["until"] <= fields.Datetime.now():
            found, expires_at = credential_token(credential, stale=held.get("token") if force else None)
            held.update(token=found, until=_use_until(expires_at))
        return held["token"]

    return XeroClient(
        endpoints(connection.env),
        connection.tenant_id or "",
        token,
        on_call=on_call,
        correlation_id=str(uuid.uuid4()),
    )


def look(connection, tenant_id: str, read):
    """Return what ``read`` finds out of an organisation that a person may choose for ``connection``.

    :param tenant_id: of :func:`organisations` of its credential
    :param read: called with a client that is closed afterwards
    :raise Barred: this database or server may not call; nothing was sent
    :raise XeroError: of ``read``
    """
    credential = connection.credential_id.sudo()

    def token(force: bool) -> str:
        return credential_token(credential)[0]

    with closing(XeroClient(endpoints(connection.env), tenant_id, token)) as client:
        return read(client)


def _use_until(expires_at):
    """Return when to look for a renewed token again: when the credential itself would renew it, but not at each call
    where tokens live for less than that.
    """
    return max(expires_at - RENEW_BEFORE, min(expires_at, fields.Datetime.now() + SHORTEST_USE))


def _refuse(connection) -> None:
    if barred := connection.sudo()._barrier():
        raise barred


def _refuse_held(connection) -> None:
    """Refuse the next call when the connection was held meanwhile, by this worker or another. Asked in a transaction
    of its own: none shall be open while Xero answers.
    """
    with connection.env.registry.cursor() as cr:
        cr.execute(
            "SELECT reason FROM xero_recovery WHERE connection_id = %s AND is_open AND NOT state = ANY(%s)",
            [connection.id, list(AT_WORK)],
        )
        row = cr.fetchone()
    if row:
        raise errors.Barred("held", unpack(connection.env, row[0]))


def _refuse_unreached(connection, credential) -> None:
    """Refuse an organisation that this connection was never linked to, or that the consent does not reach any more,
    whoever wrote its id. Both are sealed: a consent may well reach organisations of other companies.
    """
    linked, reached = _alone(credential, _known)
    if reached is None:
        # Consents of earlier versions did not keep it.
        reached = [found["tenantId"] for found in organisations(credential)]
    if connection.tenant_id not in linked.get(str(connection.id), []) or connection.tenant_id not in reached:
        raise errors.Barred(
            "tenant",
            connection.env["xero.reason"]._(
                "The consent of %(app)s does not reach the organisation %(name)s. Connect again.",
                app=named(credential.name),
                name=named(connection.tenant_name or connection.tenant_id),
            ),
        )


def _known(credential) -> tuple[dict, list | None]:
    """Return the organisations that each connection was linked to, by its id as text, and those that the consent
    reaches, None when that is not known.
    """
    vault = xero_secrets.read(credential)
    linked = vault.get("linked")
    if linked is None:
        # Sealed by an earlier version: what is linked now is taken over, once.
        every = credential.with_context(active_test=False).connection_ids.filtered("tenant_id")
        linked = {str(connection.id): [connection.tenant_id] for connection in every}
        xero_secrets.update(credential, {"linked": linked})
    return linked, vault.get("reached")


def link(connection, tenant_id: str) -> None:
    """Seal that ``connection`` works with the organisation ``tenant_id``: for no other is a client opened.

    It is committed at once, whatever becomes of the caller's transaction.

    :param tenant_id: Xero's id of the organisation
    :raise Barred: the consent does not reach it
    :raise XeroError: Xero did not say what the consent reaches
    """
    credential = connection.credential_id.sudo()
    if tenant_id not in [found["tenantId"] for found in organisations(credential)]:
        raise errors.Barred(
            "tenant",
            connection.env["xero.reason"]._(
                "The consent of %s does not reach this organisation.", named(credential.name)
            ),
        )

    def keep(own):
        xero_secrets.read(own, lock=True)
        linked, _reached = _known(own)
        own_key, before = str(connection.id), linked.get(str(connection.id), [])
        if tenant_id not in before:
            # Those linked before stay: the caller's transaction may still fail.
            xero_secrets.update(own, {"linked": {**linked, own_key: [*before, tenant_id]}})

    _alone(credential, keep)


# === ACCESS TOKEN === #


def access_token(connection, stale: str | None = None) -> tuple[str, object]:
    """Return ``(access token, its end in UTC)`` for ``connection``, renewed when little of its life is left.

    :param stale: a token that Xero has just refused; renewed even when its time is not over
    :return: the end is naive UTC
    :raise Barred: this database, this server or this connection may not call
    :raise ReauthRequired: a person must consent again; the credential is parked and an administrator told
    :raise Unavailable: Xero's identity server does not answer; the stored refresh token stays good
    """
    _refuse(connection)
    return credential_token(connection.credential_id.sudo(), stale)


def credential_token(credential, stale: str | None = None, claim: bool = False) -> tuple[str, object]:
    """Return ``(access token, its end in UTC)`` of a consent, also before an organisation was chosen.

    :param credential: one ``xero.credential``, as superuser
    :param stale: as of :func:`access_token`
    :param claim: a person makes this database the one that the consent belongs to; otherwise a copy is refused
    :return: as of :func:`access_token`
    :raise Barred: another database was given the consent, or its secrets cannot be read here
    :raise ReauthRequired: a person must consent again
    :raise AppMisconfigured: Xero knows no such app or secret
    :raise Unavailable: Xero's identity server does not answer, or others are renewing it all the time
    """
    credential.ensure_one()

    def work(own):
        _check_not_parked(own)
        return _live_token(own, stale, claim) or _renew(own, stale, claim)

    return _alone(credential, work)


def _alone(record, work):
    """Return ``work(record)`` done in a committed transaction of its own, begun anew when another was quicker."""
    for _attempt in range(5):
        with record.env.registry.cursor() as cr:
            own = record.with_env(record.env(cr=cr, su=True))
            try:
                cr.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
                result = work(own)
                own.env.flush_all()
                cr.commit()
            except (SerializationFailure, LockNotAvailable):
                # Another worker renewed while we waited for the row: a new transaction sees its token.
                cr.rollback()
            else:
                return result
    raise errors.Unavailable(
        record.env["xero.reason"]._("The token of %(name)s is being renewed by others.", name=named(record.name))
    )


def _live_token(credential, stale, claim, lock=False):
    vault = xero_secrets.read(credential, lock)
    if not claim:
        _refuse_copy(credential, vault)
    token, expires_at = vault.get("access_token"), fields.Datetime.to_datetime(vault.get("expires_at"))
    if token and token != stale and expires_at and expires_at - RENEW_BEFORE > fields.Datetime.now():
        return token, expires_at
    return None


def _refuse_copy(credential, vault) -> None:
    """Refuse tokens that another database was given: sealed with them is whose they are."""
    owners = credential.with_context(active_test=False).connection_ids.filtered("database_uuid")
    owner, place = vault.get("database"), vault.get("print")
    if not owner and owners:
        # Consents of earlier versions: their connections know.
        own = xero_database.uuid(credential.env)
        owner = own if own in owners.mapped("database_uuid") else owners[0].database_uuid
    if not place:
        places = [one.database_print for one in owners if one.database_print and one.database_uuid == owner]
        own = xero_database.fingerprint(credential.env.cr)
        place = own if own in places or not places else places[0]
    if other := xero_database.difference(credential.env, owner, place):
        raise other


def _owner(env) -> dict:
    """Return what is sealed with tokens: the database that may use them."""
    return {"database": xero_database.uuid(env), "print": xero_database.fingerprint(env.cr)}


def claim(credential) -> None:
    """Let this database be the one that may use the consent: a person said what becomes of the other one.

    It is committed at once.

    :param credential: ``xero.credential``, as superuser
    """

    def work(own):
        if xero_secrets.read(own, lock=True).get("refresh_token"):
            xero_secrets.update(own, _owner(own.env))

    _alone(credential, work)


def _check_not_parked(credential) -> None:
    if credential.state == "reauth":
        raise errors.ReauthRequired(message=credential.reason or credential.env["xero.reason"]._("Reconnect to Xero."))


def _renew(credential, stale, claim):
    """Renew under the row lock, so that one worker asks and the others find the answer."""
    renewed = _live_token(credential, stale, claim, lock=True)
    if renewed:
        return renewed
    _check_not_parked(credential)
    try:
        tokens = _request_tokens(credential, xero_secrets.read(credential))
    except (errors.ReauthRequired, errors.AppMisconfigured) as error:
        credential._park(_why_refused(credential, error))
        credential.env.cr.commit()
        raise
    _store_tokens(credential, tokens)
    credential.env.cr.commit()
    _logger.info("Renewed the access token of credential %s", credential.id)
    return tokens.access_token, tokens.expires_at


def _why_refused(credential, error) -> str:
    """Return in words why a consent is refused. One that should be good may have been renewed by a copy elsewhere:
    then what Xero holds is looked at before anything is created.
    """
    reason, ends = explain(credential.env, error), credential.refresh_expires_at
    if getattr(error, "reason", None) != "invalid_grant" or not ends or ends < fields.Datetime.now():
        return reason
    credential.connection_ids.write({"server_start": False})
    return credential.env["xero.reason"]._(
        "%(reason)s It should have lasted until %(end)s: somebody ended it in Xero, or another server works with a "
        "copy of this database. Find out before you connect again.",
        reason=reason,
        end=ends.date(),
    )


def _request_tokens(credential, vault):
    if credential.grant_type == "client_credentials":
        return oauth.client_credentials(
            endpoints(credential.env),
            credential.client_id,
            vault.get("client_secret"),
            credential._scopes_to_ask(),
        )
    if not vault.get("refresh_token"):
        raise errors.ReauthRequired(
            message=credential.env["xero.reason"]._(
                "Nobody has connected %(name)s to Xero yet.", name=named(credential.name)
            )
        )
    return oauth.refresh(
        endpoints(credential.env), credential.client_id, vault.get("client_secret"), vault["refresh_token"]
    )


def _store_tokens(credential, tokens, **more) -> None:
    """Write renewed tokens, and ``more`` secrets; connections that waited for them go on.

    An answer without a refresh token takes none away: the one that it was asked with stays good.
    """
    renewal = {"refresh_token": tokens.refresh_token} if tokens.refresh_token else {}
    xero_secrets.update(
        credential,
        {
            **renewal,
            "access_token": tokens.access_token,
            "expires_at": fields.Datetime.to_string(tokens.expires_at),
            **_owner(credential.env),
            **more,
        },
    )
    values = {"access_expires_at": tokens.expires_at}
    if tokens.refresh_expires_at:
        values["refresh_expires_at"] = tokens.refresh_expires_at
    if tokens.scopes:
        values["scopes"] = " ".join(sorted(tokens.scopes))
    if credential.state != "authorised":
        values.update(state="authorised", reason=False)
    credential.write(values)


# === CONSENT === #


def consent_url(connection) -> str:
    """Return the address of Xero's consent page for ``connection``.

    The state is signed, expires and is good for one use by the present user; the PKCE verifier stays sealed.

    :raise Barred: the secrets cannot be read here, or an address is wrong
    :raise UserError: the client secret was not entered yet
    """
    env, credential = connection.env, connection.credential_id.sudo()
    if not credential.client_secret_set:
        raise UserError(env._("Enter the client secret of %(name)s first.", name=named(credential.name)))
    verifier, challenge = oauth.pkce_pair()
    nonce = secrets.token_urlsafe(16)
    xero_secrets.update(credential, {"consent": {"nonce": nonce, "verifier": verifier, "connection": connection.id}})
    payload = {"nonce": nonce, "connection": connection.id, "credential": credential.id, "user": env.uid}
    state = tools.hash_sign(env(su=True), "xero_connector-consent", payload, expiration=CONSENT_LIFETIME)
    return oauth.authorize_url(
        endpoints(env),
        credential.client_id,
        credential.redirect_uri,
        credential._scopes_to_ask(),
        state,
        challenge,
    )


def complete_consent(credential, code: str, nonce: str) -> str | None:
    """Exchange ``code`` for tokens, stored in their own committed transaction.

    The caller's transaction may be tried again after that, when it met another one: the same answer of Xero, told
    again, is then the consent that was completed. Nothing is exchanged twice.

    :param credential: one ``xero.credential``, as superuser
    :param code: of Xero's redirect: it lives five minutes and works once (Xero: OAuth 2.0, authorization code)
    :param nonce: of the signed state
    :return: the authentication event of this consent, which filters the organisations it added
    :raise XeroError: Xero refused, or the state was used before
    """
    credential.ensure_one()
    answer = hashlib.sha256(f"{nonce} {code}".encode()).hexdigest()
    taken = _alone(credential, partial(_take_consent, nonce=nonce, answer=answer))
    # A transaction that is tried again stores the tokens of the one exchange.
    exchange = cache(
        partial(
            oauth.exchange_code,
            endpoints(credential.env),
            credential.client_id,
            taken.get("client_secret"),
            code,
            credential.redirect_uri,
            taken.get("verifier"),
        )
    )

    def store(own):
        # Nobody else renews meanwhile.
        xero_secrets.read(own, lock=True)
        tokens = exchange()
        _refuse_narrower(own, tokens, taken.get("connection"))
        completed = {"answer": answer, "event": tokens.auth_event_id}
        # What an earlier consent reached, and its refresh token, say nothing of this one.
        _store_tokens(own, tokens, reached=None, refresh_token=tokens.refresh_token, completed=completed)
        return tokens.auth_event_id

    event = taken["event"] if "event" in taken else _alone(credential, store)
    credential.invalidate_recordset()
    credential.env.cr.postcommit.add(lambda: _alone(credential, _forget_completed))
    return event


def _take_consent(credential, nonce: str, answer: str) -> dict:
    """Return what the consent was begun with, which is used up by that; or its ``event`` when it is completed."""
    vault = xero_secrets.read(credential, lock=True)
    completed = vault.get("completed") or {}
    if completed and secrets.compare_digest(completed["answer"], answer):
        return completed
    consent = vault.get("consent") or {}
    if not consent or not secrets.compare_digest(consent["nonce"], nonce):
        raise errors.XeroError(
            credential.env["xero.reason"]._(
                "This consent was already used or a newer one was begun. Click Connect again."
            )
        )
    xero_secrets.update(credential, {"consent": None, "completed": None})
    return {**consent, "client_secret": vault.get("client_secret")}


def _forget_completed(credential) -> None:
    xero_secrets.update(credential, {"completed": None})


def _refuse_narrower(credential, tokens, connection_id) -> None:
    """Refuse a consent that does not reach what other companies use this one for: the present tokens stay.

    :param connection_id: the connection that the consent was given for
    """
    others = credential.connection_ids.filtered(lambda one: one.id != connection_id and one.state in LIVING)
    if not others or credential.state != "authorised":
        return
    reached = {found["tenantId"] for found in oauth.list_connections(endpoints(credential.env), tokens.access_token)}
    lost = others.filtered(lambda one: one.tenant_id not in reached)
    if lost and (present := _reached_now(credential)) is not None:
        # What was cut off in Xero before is not lost by this consent.
        lost = lost.filtered(lambda one: one.tenant_id in present)
    if lost and not credential.accepts_narrower:
        raise errors.XeroError(
            credential.env["xero.reason"]._(
                "Nothing was changed. This app also serves %(count)s other companies, and the person who logged in to "
                "Xero does not reach their organisations: they would be cut off. Connect again as somebody in Xero who "
                "reaches them all, or give this company a Xero app of its own. A system administrator can allow it on "
                "the Xero app.",
                count=len(lost),
            )
        )
    credential.accepts_narrower = False


def _reached_now(credential) -> set[str] | None:
    """Return the organisations that the present consent reaches; ``None`` where Xero does not say."""
    token = xero_secrets.read(credential).get("access_token")
    if not token:
        return None
    try:
        return {found["tenantId"] for found in oauth.list_connections(endpoints(credential.env), token)}
    except errors.XeroError:
        return None


# === ORGANISATIONS === #


def organisations(credential, auth_event_id: str | None = None) -> list[dict]:
    """Return the organisations a consent reaches: ``id``, ``tenantId``, ``tenantName`` of each.

    What it reaches is sealed with the tokens: a client is opened for these alone.

    :param credential: one ``xero.credential``, as superuser
    :param auth_event_id: only what this consent added, as :func:`complete_consent` returned it
    :raise XeroError: Xero did not say
    """
    token, _expires_at = credential_token(credential)
    found = oauth.list_connections(endpoints(credential.env), token, auth_event_id)
    tenants = [organisation["tenantId"] for organisation in found]

    def keep(own):
        known = xero_secrets.read(own, lock=True).get("reached")
        reached = sorted({*(known or []), *tenants} if auth_event_id else set(tenants))
        if reached != known and (known is not None or not auth_event_id):
            xero_secrets.update(own, {"reached": reached})

    _alone(credential, keep)
    return found


def end_connection(connection) -> None:
    """Tell Xero that this organisation is no longer connected to the app; the tokens stay good.

    A connection that ends leaves the consent as it is (Xero: Managing connections).

    :raise XeroError: Xero did not take it
    """
    credential = connection.credential_id.sudo()
    token, _expires_at = credential_token(credential)
    # Xero's own list says which connection that is, whatever was written to the record.
    for organisation in organisations(credential):
        if organisation["tenantId"] == connection.tenant_id:
            oauth.delete_connection(endpoints(connection.env), token, organisation["id"])


def forget(credential) -> None:
    """Drop every token and the consent at Xero; the client id and secret stay.

    A revocation ends all that its person's consents to the app reach (Xero: OAuth 2.0, revoking tokens).

    :param credential: ``xero.credential``, as superuser
    :raise XeroError: Xero did not take it; the tokens are still here
    """
    vault = xero_secrets.read(credential)
    if vault.get("refresh_token"):
        oauth.revoke(
            endpoints(credential.env), credential.client_id, vault.get("client_secret"), vault["refresh_token"]
        )
    forget_here(credential)


def forget_here(credential) -> None:
    """Drop every token in this database; Xero hears nothing of it, and whoever has the same consent goes on.

    :param credential: ``xero.credential``, as superuser
    """
    gone = ("access_token", "refresh_token", "expires_at", "consent", "reached", "database", "print")
    xero_secrets.update(credential, dict.fromkeys(gone))
    credential.write(
        {"state": "new", "reason": False, "scopes": False, "access_expires_at": False, "refresh_expires_at": False}
    )
