"""The least that sending could cost: the same bytes posted by a bare script."""

import json
import time
from pathlib import Path
from typing import Any

TIMEOUT = 60


def replay(_env: Any, *, folder: str, simulator: str, token: str, tenant: str) -> float:
    """Send the recorded bodies in `folder` to a fresh simulator and return the wall seconds the requests took.

    Contacts get other ids there, so those in the documents' bodies are exchanged before the clock runs again.
    """
    import requests

    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {token}", "xero-tenant-id": tenant, "Accept": "application/json"})
    spent, contacts = 0.0, {}
    known = json.loads((Path(folder) / "contacts.json").read_text(encoding="utf-8"))
    for file in sorted(Path(folder).glob("[0-9]*")):
        body = _exchange(file.read_bytes(), known, contacts)
        started = time.monotonic()
        answer = session.put(
            f"{simulator}/api.xro/2.0/{file.name.split('-')[1]}?summarizeErrors=false&unitdp=4",
            data=body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT,
        )  # fmt: skip
        spent += time.monotonic() - started
        answer.raise_for_status()
        elements = answer.json()
        _check(elements)
        contacts |= {found["ContactNumber"]: found["ContactID"] for found in elements.get("Contacts", [])}
    return spent


def _exchange(body: bytes, known: dict[str, str], contacts: dict[str, str]) -> bytes:
    """Put the fresh simulator's contact ids in the place of the recorded ones."""
    text = body.decode()
    for number, contact in contacts.items():
        text = text.replace(known[number], contact)
    return text.encode()


def _check(answer: dict[str, Any]) -> None:
    for elements in answer.values():
        if isinstance(elements, list):
            for element in elements:
                if element.get("HasValidationErrors") or element.get("StatusAttributeString") == "ERROR":
                    raise ValueError(f"the replay was refused: {element.get('ValidationErrors')}")
