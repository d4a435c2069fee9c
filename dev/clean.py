"""`make clean`: forgets what was made inside this clone."""

import shutil

from dev.machine import paths
from dev.machine.progress import say


def run() -> int:
    """Remove the build folder; the cache shared with other clones stays."""
    shutil.rmtree(paths.BUILD, ignore_errors=True)
    say(f"Removed {paths.BUILD}.")
    say(f"The downloads shared by all clones stay in {paths.cache()}; remove that folder yourself to start afresh.")
    return 0
