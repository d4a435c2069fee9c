"""Names of attached files."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api.attachments import attachment_name


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("INV-2026-0001.pdf", "INV-2026-0001.pdf"),
        ("INV/2026/0001.pdf", "INV-2026-0001.pdf"),
        ("Façture n° 1.pdf", "Facture-n-1.pdf"),
        ("a b\tc.tar.gz", "a-b-c.tar.gz"),
        ('<>:"/\\|?*+\0.pdf', "attachment.pdf"),
        ("发票.pdf", "attachment.pdf"),
        ("", "attachment"),
        ("README", "README"),
        ("a.pdf\n", "a.pdf"),
        (".hidden", "attachment.hidden"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_names(given_name: str, expected: str) -> None:
    assert attachment_name(given_name) == expected


@given(st.text(max_size=300))
def test_always_fit(name: str) -> None:
    found = attachment_name(name)
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,100}", found)
    assert attachment_name(found) == found
