"""Make ``xero_api`` importable as a top-level package and hand out fake servers."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[3]
# Appended: the repository's other packages must not hide installed ones.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

import pure_servers  # noqa: E402
from pure_harness import Harness  # noqa: E402

from xero_api.endpoints import Endpoints  # noqa: E402

# No database: it would be written into the working directory.
settings.register_profile("pure", deadline=None, max_examples=50, database=None)
settings.load_profile("pure")


class _RepositoryIsNoPackage:
    """The repository's root is an addon: its ``__init__.py`` needs Odoo and must not be imported here."""

    @staticmethod
    def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        inside = path == ROOT or ROOT in path.parents
        return pytest.Dir.from_parent(parent, path=path) if inside else None


def pytest_configure(config: pytest.Config) -> None:
    """Register for all directories; a hook in a conftest sees only those below it."""
    if not config.pluginmanager.has_plugin("repository-is-no-package"):
        config.pluginmanager.register(_RepositoryIsNoPackage(), "repository-is-no-package")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a proxy or a .netrc file of the machine out of the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", "/dev/null")


@pytest.fixture
def server() -> Iterator[pure_servers.ScriptedServer]:
    """Give an HTTP server that answers from a script and keeps what it was asked."""
    with pure_servers.ScriptedServer() as running:
        yield running


@pytest.fixture
def endpoints(server: pure_servers.ScriptedServer) -> Endpoints:
    """Give endpoints that all point to the scripted server."""
    return Endpoints(server.url, server.url, server.url)


@pytest.fixture
def harness(endpoints: Endpoints) -> Iterator[Harness]:
    """Give a client that talks to the scripted server."""
    built = Harness(endpoints)
    yield built
    built.client.close()


@pytest.fixture(scope="session")
def tls_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """Give a server-side TLS context with a fresh certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context
