"""What a short storm leaves behind, as figures beside the others: see `dev.chaos.storm`."""

from dev.chaos.storm import Plan, storm

SEED, KILLS, MINUTES = 1, 20, 2.0


def storming(_bench: object) -> dict[str, float]:
    """Documents that stand twice, are lost or hang after a storm, and how long both books took to agree again."""
    figures = storm(Plan(seed=SEED, kills=KILLS, minutes=MINUTES, companies=2, pace=0.5))
    return {name: figures[name] for name in FIGURES}


FIGURES = dict.fromkeys(("duplicates", "losses", "stuck", "recovery_s"), storming)
