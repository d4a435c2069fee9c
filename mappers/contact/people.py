"""Who is who among the people of a contact: Xero gives them no id. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ..text import fold
from ..values import clean, lower, words


class Person(NamedTuple):
    """Somebody at a contact.

    :ivar mail: empty without an address; ``None`` for one that the other side cannot be told
    """

    first: str = ""
    last: str = ""
    mail: str | None = ""

    @classmethod
    def of_element(cls, row: dict) -> Person:
        """Return who ``row`` is, in the form of Xero's JSON; an ``EmailAddress`` of ``None`` cannot be told."""
        mail = row.get("EmailAddress", "")
        return cls(words(row.get("FirstName")), words(row.get("LastName")), None if mail is None else words(mail))

    @classmethod
    def of_state(cls, row: dict) -> Person:
        """Return who ``row`` of a state is."""
        return cls(row.get("name", ""), "", row.get("email", ""))

    @property
    def name(self) -> str:
        """The whole name."""
        return " ".join(filter(None, (self.first, self.last)))

    def element(self) -> dict:
        """Return the person in the form of Xero's JSON, without what is empty."""
        return clean({"FirstName": self.first, "LastName": self.last, "EmailAddress": self.mail})


def pairs(ones: list[Person], others: list[Person], in_time: bool = False) -> dict[int, int]:
    """Return ``{place in ones: place in others}`` of those who are the same: by address, else by name.

    People without an address are told apart by their names; who has neither is nobody's like.

    :param in_time: the two are one list, earlier and later: then a name with another address is the same person, whose
        address was corrected; else it is a namesake
    """
    found, free = {}, set(range(len(others)))

    def take(is_same):
        for place, one in enumerate(ones):
            if place not in found:
                other = next((other for other in sorted(free) if is_same(one, others[other])), None)
                if other is not None:
                    found[place] = other
                    free.discard(other)

    # Exactly the same come first, so that a namesake takes nobody's place.
    take(lambda one, other: one == other)
    take(lambda one, other: bool(one.mail) and lower(one.mail) == lower(other.mail))
    take(lambda one, other: _is_named_alike(one, other) and (in_time or not (one.mail and other.mail)))
    return found


def _is_named_alike(one, other) -> bool:
    name = fold(one.name).casefold()
    return bool(name) and name == fold(other.name).casefold()
