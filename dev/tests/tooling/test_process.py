"""Nothing outlives the command that started it."""

import os
import signal
import subprocess
import sys

import pytest

from dev.machine import paths
from dev.machine.process import Child, wait_for
from dev.machine.progress import Stop

PARENT = """
import sys
sys.path.insert(0, {repo!r})
from pathlib import Path
from dev.machine import process
process.end_on_signals()
child = process.Child("sleeper", ["sleep", "60"], log=Path({log!r}))
print(child.pid, flush=True)
{after}
"""


def start_parent(tmp_path, after):
    script = PARENT.format(repo=str(paths.REPO), log=str(tmp_path / "log"), after=after)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    return parent, int(parent.stdout.readline())


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_killed_parent_takes_its_children_along(tmp_path):
    parent, pid = start_parent(tmp_path, "child.process.wait()")
    parent.kill()
    parent.wait()
    assert wait_for(lambda: is_gone(pid), 10)


def test_orphans_are_found_and_ended(tmp_path):
    shell = "child = process.Child('shell', ['sh', '-c', 'setsid sleep 61 & echo $!'], log=Path({log!r}))"
    after = "process.adopt_orphans()\n" + shell.format(log=str(tmp_path / "orphan"))
    after += "\nchild.process.wait()\nprocess.reap_descendants()"
    parent, pid = start_parent(tmp_path, after)
    assert parent.wait(30) == 0
    assert is_gone(pid)
    assert is_gone(int((tmp_path / "orphan").read_text(encoding="ascii")))


def test_sigterm_runs_the_way_out(tmp_path):
    done = tmp_path / "done"
    waiting = "print('waiting', flush=True); child.process.wait()"
    after = f"try:\n    {waiting}\nfinally:\n    child.stop(); open({str(done)!r}, 'w')"
    parent, pid = start_parent(tmp_path, after)
    assert parent.stdout.readline() == "waiting\n"
    os.kill(parent.pid, signal.SIGTERM)
    assert parent.wait(30) == 128 + signal.SIGTERM
    assert done.exists() and is_gone(pid)


def test_a_program_that_ends_early_is_reported_with_its_words(tmp_path):
    child = Child("teller", ["sh", "-c", "echo no luck; exit 3"], log=tmp_path / "log")
    with pytest.raises(Stop, match="(?s)teller ended with code 3.*no luck"):
        child.wait_until(lambda: False, 10)
