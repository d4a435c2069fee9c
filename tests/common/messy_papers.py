"""Documents as people type them in twice: rents of one sum, numbers that begin anew each year, slips, gaps, other days.
Pure and deterministic: the same seed gives the same books.
"""

import random
from datetime import date, timedelta
from decimal import Decimal

from ...models.matching.match_document import DocumentFacts

CONTACTS, PER_CONTACT = 40, 24
START = date(2024, 1, 15)


def make_papers(seed: int) -> tuple[list[DocumentFacts], list[DocumentFacts]]:
    """Return the documents of both sides; those with one key are the same."""
    rng, sides = random.Random(seed), ([], [])
    for contact in range(CONTACTS):
        for key, number, day, total in _documents(rng, contact):
            where = rng.random()
            for side, kept in zip(sides, (where < 0.9, where < 0.8 or where >= 0.9), strict=True):
                if kept:
                    side.append(_typed(rng, key, f"c{contact}", number, day, total))
    return sides


def _documents(rng, contact):
    """Yield what was really written: rents, bills with running numbers, and several of one sum on one day."""
    style, rent = rng.choice(("rent", "running", "tickets")), Decimal(rng.randint(200, 2000))
    day = START
    for index in range(PER_CONTACT):
        day = day if style == "tickets" and index % 3 else day + timedelta(days=rng.randint(26, 33))
        total = rent if style != "running" else Decimal(rng.randint(1000, 90000)) / 100
        # Every year begins with 1 again, without saying which year it is.
        number = f"{index % 12 + 1:03d}" if rng.random() < 0.5 and style != "tickets" else f"{day.year}-{index + 1:04d}"
        yield f"{contact}/{index}", number, day, total


def _typed(rng, key, contact, number, day, total) -> DocumentFacts:
    if rng.random() < 0.1:
        number = ""
    elif rng.random() < 0.03:
        number = _slip(rng, number)
    elif rng.random() < 0.3:
        number = rng.choice((f"INV/{number}", f"No. {number}", number.replace("-", "/")))
    if rng.random() < 0.1:
        day += timedelta(days=rng.randint(-5, 5))
    if rng.random() < 0.02:
        total += Decimal(rng.randint(1, 99)) / 100
    return DocumentFacts(key, contact, True, (number,) if number else (), "", day, "NZD", total)


def _slip(rng, number: str) -> str:
    """Two digits swapped, or the number of the document before or after."""
    at = rng.randrange(len(number) - 1)
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    return rng.choice((swapped, number[:-1] + str((int(number[-1]) + rng.choice((-1, 1))) % 10)))
