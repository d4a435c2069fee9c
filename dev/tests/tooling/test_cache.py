"""Things made once, for several commands at the same time."""

import os
import subprocess
import sys
import time

import pytest

from dev.machine import cache, paths, ports, scratch

BUILDER = """
import sys, time
sys.path.insert(0, {repo!r})
from pathlib import Path
from dev.machine import cache

def build(folder):
    with open(folder.parent / "builds", "a") as log:
        log.write("x")
    time.sleep(0.5)
    (folder / "thing").write_text("done")

print((cache.make_once(Path(sys.argv[1]), build) / "thing").read_text())
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_two_commands_at_once_build_once(tmp_path):
    script = BUILDER.format(repo=str(paths.REPO))
    command = [sys.executable, "-c", script, str(tmp_path / "target")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert all(output.splitlines()[-1] == "done" for output in outputs)
    assert (tmp_path / "builds").read_text(encoding="utf-8") == "x"


def test_a_build_that_broke_off_starts_again_from_nothing(tmp_path):
    target = tmp_path / "target"

    def broken(folder):
        (folder / "half").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        cache.make_once(target, broken)
    cache.make_once(target, lambda folder: (folder / "whole").touch())
    assert not (target / "half").exists() and (target / "whole").exists()


def test_only_old_folders_are_dropped(tmp_path):
    for age, name in enumerate(("a", "b", "c")):
        folder = cache.make_once(tmp_path / f"addon-{name}", lambda path: None)
        stamp = time.time() - 7200 * age
        os.utime(folder / cache.MARKER, (stamp, stamp))
    cache.keep_newest(tmp_path, "addon-*", 1)
    assert sorted(path.name for path in tmp_path.glob("addon-*")) == ["addon-a", "addon-b"], "b may still be in use"
    fresh = cache.make_once(tmp_path / "addon-d", lambda path: None)
    cache.keep_newest(tmp_path, "addon-*", 0)
    assert fresh.exists()


def test_a_port_is_given_once():
    given = {ports.free_port() for _ in range(20)}
    assert len(given) == 20


def test_left_over_folders_of_dead_runs_are_removed():
    with scratch.folder() as first:
        dead = first.with_name(f"{scratch.PREFIX}dead-{os.getpid()}")
        dead.mkdir()
        (dead / scratch.OWNER).write_text("999999999", encoding="ascii")
        with scratch.folder() as second:
            assert first.exists() and second.exists() and not dead.exists()
    assert not first.exists() and not second.exists()
