"""Encryption of Xero secrets at rest.

The keys never live in the database: they are ``xero_connector_key`` of the server configuration, else a file made once
in Odoo's data directory. The first encrypts, every one of them opens. A copied database without them holds nothing but
noise. They are read anew for each use, one of which may be to sign a batch: what a process keeps in memory, a template
may find.
"""

import hashlib
import hmac
import json
import logging
import os
import re
import stat
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from odoo import tools

_logger = logging.getLogger(__name__)

CONFIG_KEY = "xero_connector_key"
KEY = re.compile(rb"[A-Za-z0-9_-]{43}=")
# 80 bits: nobody tries that many marks against Xero, and it fits beside an id in a ContactNumber of 50 characters.
SIGNATURE_BYTES = 10
NO_SIGNATURE = "0" * 2 * SIGNATURE_BYTES
# Sealed texts begin with the fingerprint of their key, which Fernet's own texts have no colon to be mixed up with.
FINGERPRINT_BYTES = 8


class VaultError(Exception):
    """The stored secrets cannot be read with the keys of this server; the text says why, never a key."""


class NoKey(VaultError):
    """This server has no key, or what it has is none."""


# === KEYS === #


def key_file() -> Path:
    """Return where the key is kept that was made for a server whose configuration names none."""
    return Path(tools.config["data_dir"]) / "xero_connector" / "secret.key"


def _keys() -> list[bytes]:
    """Return the keys of this server, the one that encrypts first. Where the configuration names keys, these count and
    the file does not.

    :raise NoKey: one of them is no key
    """
    configured = tools.config.get(CONFIG_KEY)
    if configured is None or configured is False:
        kept = _key_of_file()
        return [kept] if kept else []
    texts = re.split(r"[\s,;]+", str(configured).strip(" \t\r\n,;\"'"))
    return [_checked(text.encode(), f"key {place} of the option {CONFIG_KEY}") for place, text in enumerate(texts, 1)]


def _key_of_file() -> bytes | None:
    path = key_file()
    try:
        return _checked(path.read_bytes().strip(), f"the key file {path}")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoKey(f"the key file {path} cannot be read ({error.strerror})") from None


def _checked(key: bytes, place: str) -> bytes:
    # Fernet itself takes keys with anything behind them.
    if not KEY.fullmatch(key):
        said = "is empty" if not key else "is no key: it must be the 44 characters that Fernet.generate_key() makes"
        raise NoKey(f"{place} {said}")
    return key


def has_key() -> bool:
    """Whether this server has a key at all.

    :raise NoKey: what it has is no key
    """
    return bool(_keys())


def troubles() -> list[str]:
    """Return what is wrong with the keys of this server, for its log."""
    found = []
    try:
        _keys()
    except VaultError as error:
        found.append(f"Xero secrets cannot be opened: {error}")
    try:
        mode = stat.S_IMODE(key_file().stat().st_mode)
    except OSError:
        mode = 0
    if mode & 0o077:
        found.append(f"Others on this machine may use the key file {key_file()} (mode {mode:o}): set its mode to 600")
    return found


def create_key() -> None:
    """Make the key file; when another process was quicker, its key stays."""
    path = key_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(Fernet.generate_key())
            stream.flush()
            os.fsync(stream.fileno())
        try:
            # A link, unlike a rename, fails when the name is taken: nobody's key is ever replaced.
            os.link(draft, path)
            _logger.info("Created the key file for Xero secrets in the data directory")
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
    except OSError as error:
        raise NoKey(f"the key file {path} cannot be made ({error.strerror})") from None


def _fingerprint(key: bytes) -> str:
    """Return what tells a key from others and says nothing of it."""
    return hmac.new(key, b"xero_connector fingerprint", hashlib.sha256).digest()[:FINGERPRINT_BYTES].hex()


# === SEALING === #


def seal(values: dict) -> str:
    """Return ``values`` (JSON-serialisable) as one text encrypted with the first key, whose fingerprint it begins with.

    :param values: secrets by name
    :raise NoKey: there is no key, or what there is is none
    """
    key = _first_key()
    return f"{_fingerprint(key)}:{Fernet(key).encrypt(json.dumps(values).encode()).decode()}"


def unseal(text: str | None) -> dict:
    """Return what ``seal`` was given; ``{}`` for nothing.

    :param text: as it was stored; ``None`` where nothing was
    :raise VaultError: the text was sealed with a key that this server does not have
    """
    if not text:
        return {}
    fingerprint, colon, token = text.rpartition(":")
    for key in _keys():
        # Earlier versions wrote no fingerprint.
        if not colon or fingerprint == _fingerprint(key):
            try:
                return json.loads(Fernet(key).decrypt(token.encode()))
            except (InvalidToken, ValueError):
                continue
    raise VaultError("no key of this server opens the stored Xero secrets")


def opens(text: str) -> bool:
    """Whether a key of this server opens what ``seal`` returned."""
    try:
        unseal(text)
    except VaultError:
        return False
    return True


def current_prefix() -> str:
    """Return what every text begins with that is sealed with the first key.

    :raise NoKey: there is no key, or what there is is none
    """
    return f"{_fingerprint(_first_key())}:"


def _first_key() -> bytes:
    keys = _keys()
    if not keys:
        raise NoKey("this server has no key")
    return keys[0]


# === SIGNING === #


def sign(*parts: object) -> str:
    """Return the signature of ``parts`` by this server's first key: 20 hexadecimal digits, the same for equal parts.

    Whoever knows it, knows that this server has written it; not that what bears it was not copied. A server without a
    key signs nothing: what it returns holds nowhere, and nothing of it leaves, for no client is opened there.

    :param parts: texts and numbers, in an order that means something
    """
    return sign_each([parts])[0]


def sign_each(rows: list[tuple]) -> list[str]:
    """Return what :func:`sign` returns of each of ``rows``; the key is read once for all of them.

    :param rows: the parts of each
    """
    try:
        key = _first_key()
    except NoKey:
        return [NO_SIGNATURE] * len(rows)
    return [_signature(key, parts) for parts in rows]


def is_signed(signature: str, *parts: object) -> bool:
    """Tell whether ``signature`` is that of ``parts`` by a key of this server.

    :param signature: whatever was found where one should be
    """
    given = str(signature or "").encode()
    try:
        return any(hmac.compare_digest(_signature(key, parts).encode(), given) for key in _keys())
    except VaultError:
        return False


def _signature(key: bytes, parts) -> str:
    # Another use of the key gets a key of its own.
    signing = hmac.digest(key, b"xero_connector signature", "sha256")
    # Lengths keep ("ab", "c") and ("a", "bc") apart.
    message = "".join(f"{len(text)}:{text}" for text in map(str, parts)).encode()
    return hmac.digest(signing, message, "sha256")[:SIGNATURE_BYTES].hex()
