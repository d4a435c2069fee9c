"""Encryption of Xero secrets at rest.

The key never lives in the database: it is ``xero_connector_key`` of the server configuration, else a file made once in
Odoo's data directory. A copied database without that file holds nothing but noise.
"""

import json
import logging
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from odoo import tools

_logger = logging.getLogger(__name__)

CONFIG_KEY = "xero_connector_key"


class VaultError(Exception):
    """The stored secrets cannot be read with the key of this server."""


def _key_file() -> Path:
    return Path(tools.config["data_dir"]) / "xero_connector" / "secret.key"


def _create_key_file(path: Path) -> bytes:
    """Make the key file; when another process was quicker, use the one it made."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
        draft.unlink()
    return path.read_bytes()


def _fernet() -> Fernet:
    configured = tools.config.get(CONFIG_KEY)
    if configured:
        return Fernet(configured.encode())
    path = _key_file()
    return Fernet(path.read_bytes() if path.exists() else _create_key_file(path))


def seal(values: dict) -> str:
    """Return ``values`` (JSON-serialisable) as one encrypted text."""
    return _fernet().encrypt(json.dumps(values).encode()).decode()


def unseal(text: str | None) -> dict:
    """Return what ``seal`` was given; ``{}`` for nothing.

    :raise VaultError: the text was sealed with another key
    """
    if not text:
        return {}
    try:
        return json.loads(_fernet().decrypt(text.encode()))
    except (InvalidToken, ValueError) as error:
        raise VaultError("The key of this server does not open the stored Xero secrets") from error
