"""Odoo without its server: loads the registry once, then does tasks told through a socket, some in forked children.

A forked child starts within milliseconds, so that many can be killed in a test. Run by `dev.testing.forge`:
`python -m dev.inside.forge <socket descriptor> <configuration file> <database>`.
"""

import ctypes
import json
import logging
import os
import signal
import socket
import sys
import traceback
from functools import partial
from importlib import import_module

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.service.server import load_server_wide_modules
from odoo.tools import config

from dev.inside import broken

PR_SET_PDEATHSIG = 1
_logger = logging.getLogger("dev.inside.forge")


class Forge:
    """One loaded registry and the children forked from it."""

    def __init__(self, database: str) -> None:
        """Load the registry of `database`."""
        self.database = database
        self.outputs: dict[int, int] = {}
        load_server_wide_modules()
        Registry(database)

    def serve(self, stream) -> None:
        """Answer requests, one JSON object a line, until the other side closes."""
        for line in stream:
            stream.write(json.dumps(self.answer(json.loads(line))) + "\n")
            stream.flush()

    def answer(self, request: dict) -> dict:
        """Do what `request` asks for; errors come back as texts."""
        try:
            return {"result": getattr(self, f"do_{request.pop('do')}")(**request)}
        except Exception:  # noqa: BLE001 -- told to the one who asked
            return {"error": traceback.format_exc()}

    def do_run(self, task: str, args: dict):
        """Run `module:function` of `dev.inside` in a transaction of its own and return what it returns."""
        module, function = task.split(":")
        registry = Registry(self.database).check_signaling()
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            return retrying(partial(getattr(import_module(f"dev.inside.{module}"), function), env, **args), env)

    def do_fork(self, task: str, args: dict) -> int:
        """Run a task in a child; return its process id."""
        sql_db.close_all()
        reading, writing = os.pipe()
        pid = os.fork()
        if not pid:
            self._be_child(task, args, writing)
        os.close(writing)
        self.outputs[pid] = reading
        return pid

    def _be_child(self, task, args, writing):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        code = 1
        try:
            os.write(writing, json.dumps(self.do_run(task, args)).encode())
            code = 0
        except BaseException:  # a child must never go on as its parent
            _logger.exception("Task %s failed", task)
        finally:
            logging.shutdown()
            os._exit(code)

    def do_poll(self, pid: int) -> dict | None:
        """Return the end of a child, `code` (negative: the signal that killed it) and `result`; None while it runs."""
        ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            return None
        with os.fdopen(self.outputs.pop(pid)) as output:
            text = output.read()
        return {"code": os.waitstatus_to_exitcode(status), "result": json.loads(text) if text else None}


def main(descriptor: str, config_file: str, database: str) -> None:
    """Serve on an inherited socket."""
    config.parse_config(["-c", config_file], setup_logging=True)
    forge = Forge(database)
    broken.apply(os.environ.get(broken.VARIABLE, ""))
    with socket.socket(fileno=int(descriptor)) as connection, connection.makefile("rw") as stream:
        stream.write('{"result": "ready"}\n')
        stream.flush()
        forge.serve(stream)


if __name__ == "__main__":
    main(*sys.argv[1:])
