"""``python -m simulator``: start the simulator and print where it listens."""

import argparse
import os
import signal
import sys
from pathlib import Path

from .app import Application
from .oauth.registry import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET
from .plugins import load
from .seeding import seed_names
from .server import Server
from .world import World

DEFAULT_SEEDS = "au,nz,uk,us"


def arguments(argv: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A stateful Xero on localhost.")
    parser.add_argument("--host", default="localhost", help="address to listen on (default localhost)")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one (default)")
    parser.add_argument("--port-file", type=Path, help="file to write the port to once it listens")
    parser.add_argument("--quiet", action="store_true", help="no line per request")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits (can be switched while running)")
    parser.add_argument("--seed", default=DEFAULT_SEEDS, help="countries to seed (default %(default)s)")
    parser.add_argument("--plugin", type=Path, action="append", default=[], help="file of a plug-in; may be repeated")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until interrupted."""
    options = arguments(sys.argv[1:] if argv is None else argv)
    seeds = [name for name in options.seed.split(",") if name]
    unknown = set(seeds) - set(seed_names())
    if unknown:
        print(f"No seed named {', '.join(sorted(unknown))}; there are: {', '.join(seed_names())}", file=sys.stderr)
        return 2
    for plugin in options.plugin:
        load(plugin)
    world = World(seeds, limits_on=not options.no_limits)
    server = Server(options.host, options.port, Application(world), options.quiet)
    world.base_url = f"http://localhost:{server.server_port}"
    print(f"Simulated Xero on {world.base_url}", flush=True)
    print(f"Demo app: client id {DEFAULT_CLIENT_ID}, client secret {DEFAULT_CLIENT_SECRET}", flush=True)
    if options.port_file:
        _write_whole(options.port_file, str(server.server_port))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.serve_forever()
    except (KeyboardInterrupt, SystemExit):
        return 0
    return 0


def _write_whole(path: Path, text: str) -> None:
    """Write so that nobody reads half of it."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # A thread that is just writing its line would abort an orderly end of the interpreter (signal 6).
    os._exit(code)
