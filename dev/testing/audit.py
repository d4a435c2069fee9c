"""`make audit`: whether the pinned packages are sealed by hashes, freely licensed, and not known as bad."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.machine import venv
from dev.machine.progress import say

# (package, first bad version, first good one again, why). What an advisory source adds is asked of pip-audit.
KNOWN_BAD = (
    ("urllib3", "2.6.0", "2.6.1", "answers with several encodings are decoded wrongly"),
    ("urllib3", "0", "2.5.0", "redirects are followed where they were switched off (CVE-2025-50181)"),
    ("requests", "0", "2.32.4", ".netrc passwords go to other hosts (CVE-2024-47081)"),
    ("cryptography", "0", "44.0.1", "carries an OpenSSL with CVE-2024-12797"),
)
# What the addon imports where it is installed; the rest are tools that go to nobody.
RUNTIME = ("requests", "xero-python", "tenacity", "cryptography", "rapidfuzz")
FREE = re.compile(r"\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|LGPL|HPND)\b", re.IGNORECASE)
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
LICENCES = """
import json, re, sys
from importlib import metadata
found, waiting = {}, sys.argv[1:]
while waiting:
    name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
    if name in found:
        continue
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        continue
    kinds = [text for text in about.get_all("Classifier") or [] if text.startswith("License ::")]
    found[name] = " / ".join(filter(None, [about.get("License-Expression"), *kinds, (about.get("License") or "")[:80]]))
    for need in metadata.requires(name) or []:
        if "extra ==" not in need:
            waiting.append(re.match(r"[A-Za-z0-9._-]+", need)[0])
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Pin:
    """One package of the lock file."""

    name: str
    version: str
    hashes: int


def run(_arguments: str = "") -> int:
    """Audit the lock file and print what is wrong; 0 when nothing is."""
    pins = read_lock(venv.LOCK)
    wrong = [*unsealed(pins), *known_bad(pins), *unfree(_licences())]
    for line in wrong:
        say(line)
    found, told = advisories(venv.LOCK)
    say(told)
    if not wrong and not found:
        say(f"{len(pins)} packages: pinned, sealed by hashes, none known as bad; the licences of what runs fit LGPL-3.")
    return 1 if wrong or found else 0


def read_lock(path: Path) -> list[Pin]:
    """Return what the lock file asks for; a line that pins nothing comes with an empty version."""
    pins = []
    for block in re.sub(r"\\\s*\n\s*", " ", path.read_text("utf-8")).splitlines():
        line = block.strip()
        if line and not line.startswith(("#", "-")):
            pinned = PIN.match(line)
            name = pinned[1] if pinned else line.split()[0]
            pins.append(Pin(_plain(name), pinned[2] if pinned else "", line.count("--hash=sha256:")))
    return pins


def unsealed(pins: list[Pin]) -> list[str]:
    """Name what could be replaced by something else under the same name."""
    if not pins:
        return ["The lock file holds no package."]
    return [
        f"{pin.name}: {'no hash' if pin.version else 'no version'} in the lock file"
        for pin in pins
        if not pin.version or not pin.hashes
    ]


def known_bad(pins: list[Pin]) -> list[str]:
    """Name versions that must not be used."""
    return [
        f"{pin.name} {pin.version}: {why}"
        for pin in pins
        for name, first, good, why in KNOWN_BAD
        if pin.name == name and pin.version and _number(first) <= _number(pin.version) < _number(good)
    ]


def unfree(licences: dict[str, str]) -> list[str]:
    """Name packages whose licence does not fit LGPL-3, or is not told."""
    return [f"{name}: licence {text or 'not told'}" for name, text in sorted(licences.items()) if not FREE.search(text)]


def advisories(lock: Path) -> tuple[int, str]:
    """Ask pip-audit; returns how many advisories concern the lock file, and a sentence."""
    tool = shutil.which("pip-audit")
    if not tool:
        return 0, "No source of advisories was asked: install pip-audit (pipx install pip-audit) to have it asked."
    command = [tool, "--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0, "No source of advisories answered pip-audit: ask again where it can reach one."
    found = [
        f"{package['name']} {package['version']}: {', '.join(one['id'] for one in package['vulns'])}"
        for package in answer["dependencies"]
        if package.get("vulns")
    ]
    return len(found), "\n".join(found) or "pip-audit knows of no advisory."


def _licences() -> dict[str, str]:
    command = [venv.python(), "-c", LICENCES, *RUNTIME]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.split("+", maxsplit=1)[0])))
