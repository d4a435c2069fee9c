"""docs/security.md names tests as proofs: each of them is there."""

import re

from source import REPO

PAGE = (REPO / "docs" / "security.md").read_text()


def test_the_tests_it_names_exist():
    files = [*(REPO / "tests").glob("test_*.py"), *(REPO / "dev" / "tests").glob("*/test_*.py")]
    classes = {name for file in files for name in re.findall(r"^class (Test\w+)", file.read_text(), re.MULTILINE)}
    named = set(re.findall(r"`(Test\w+)`", PAGE))
    assert len(named) > 20
    assert not named - classes
    assert not set(re.findall(r"`(test_\w+\.py)`", PAGE)) - {file.name for file in files}
