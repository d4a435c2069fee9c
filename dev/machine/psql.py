"""psql as a process that stays: a test that waits asks many times a second, and each new connection costs as much as
hundreds of questions."""

import os
import subprocess

from dev.machine.progress import Stop

END = "-- the answer ends here --"
SEPARATOR = "\x1f"


class Console:
    """One connection to a database."""

    def __init__(self, command: list[object]) -> None:
        """Start psql by `command`, which names the server and the database."""
        options = ["-XqAt", "-F", SEPARATOR, "-v", "ON_ERROR_STOP=1"]
        self._process = subprocess.Popen(
            [str(part) for part in [*command, *options]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # In one stream, as the end of an answer is told on the one that is never held back.
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
            env={**os.environ, "PGCLIENTENCODING": "UTF8", "PGOPTIONS": "-c client_min_messages=error"},
        )

    def ask(self, sql: str) -> list[list[str]]:
        """Run one statement and return its rows as texts. Raises Stop with the server's words, and is closed then."""
        lines = []
        try:
            self._process.stdin.write(f"{sql}\n;\n\\warn {END}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        for line in self._process.stdout:
            if line.rstrip("\n") == END:
                return [row.split(SEPARATOR) for row in lines]
            lines.append(line.rstrip("\n"))
        self.close()
        raise Stop(f"PostgreSQL refused a statement: {' '.join(lines).strip()}")

    def is_connected(self) -> bool:
        """Whether the server still answers."""
        try:
            return bool(self.ask("SELECT 1"))
        except Stop:
            return False

    def close(self) -> None:
        """End the connection."""
        self._process.kill()
        # Closes the pipes too.
        self._process.communicate()
