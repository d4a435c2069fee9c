"""Read the elements of an answer, one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .bounds import GUID
from .errors import ProtocolError
from .faults import messages_of, warnings_of

if TYPE_CHECKING:
    from .client import Answer

ZERO_GUID = "00000000-0000-0000-0000-000000000000"

# The list in an answer is named like the resource, with these exceptions.
_LIST_KEYS = {"Organisation": "Organisations"}


@dataclass(frozen=True)
class Outcome:
    """What became of one element of a write.

    :param ok: saved: not ERROR, a real id, no validation error. Whether the totals agree is for the caller.
    :param unclear: neither saved nor refused, as far as it tells: to be looked up.
    :param xero_id: the real id, None when there is none.
    :param errors: Xero's sentences; may name people.
    """

    ok: bool
    xero_id: str | None
    element: dict[str, Any]
    errors: list[str] = field(default_factory=list)
    unclear: bool = False

    @property
    def warnings(self) -> list[str]:
        """Xero's sentences about what it saved all the same; looked for when somebody asks."""
        return warnings_of(self.element)


def list_key(resource: str) -> str:
    """Return the name of the list of elements in bodies and answers of ``resource`` (last word of a path)."""
    name = resource.rstrip("/").rsplit("/", 1)[-1]
    return _LIST_KEYS.get(name, name)


def rows(data: dict[str, Any], resource: str) -> list[dict[str, Any]]:
    """Return the list of elements for ``resource`` (last word of a path); empty when missing or null.

    :param data: of an answer.
    """
    found = data.get(list_key(resource))
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def items(data: dict[str, Any], resource: str) -> list[Any]:
    """Return what stands in the list of elements for ``resource``, whatever it is: for the gate, :mod:`shape`.

    :param data: of an answer.
    """
    found = data.get(list_key(resource))
    return found if isinstance(found, list) else [] if found is None else [found]


def whole_list(data: dict[str, Any], resource: str) -> list[Any]:
    """Return the list of elements of an answer that shows all there are; whoever is not in it is gone.

    :param data: of an answer.
    :param resource: as for :func:`list_key`.
    :raise ProtocolError: when there is no such list: nothing can be concluded from it
    """
    found = data.get(list_key(resource), ...)
    if found is not None and not isinstance(found, list):
        raise ProtocolError(f"Xero's answer holds no list of {resource}")
    return found or []


def real_id(value: Any) -> str | None:
    """Return ``value`` when it is a GUID other than the all-zero one that Xero echoes for refused elements."""
    text = str(value or "")
    return text if GUID.fullmatch(text) and text != ZERO_GUID else None


def _outcome(element: dict[str, Any], id_field: str | None) -> Outcome:
    errors = messages_of(element)
    xero_id = real_id(element.get(id_field)) if id_field else None
    status = str(element.get("StatusAttributeString") or "").upper()
    flagged = element.get("HasErrors") is True or element.get("HasValidationErrors") is True
    refused = status == "ERROR" or bool(errors)
    ok = not refused and not flagged and (xero_id is not None or not id_field)
    return Outcome(ok, xero_id, element, errors, unclear=not refused and not ok)


def outcomes(answer: Answer, resource: str, id_field: str | None) -> list[Outcome]:
    """Judge each element of a bulk write alone, in the order sent.

    The HTTP status proves nothing (200 also for refused elements), nor does the status echoed in a refused element. The
    caller must see which outcome is of which element sent, see :func:`in_order`.

    Xero answers so where ``summarizeErrors=false`` was sent (Xero: Requests and responses, summarizeErrors).

    :param answer: to a ``put`` or ``post`` of the client.
    :param resource: as it was called.
    :param id_field: ``None`` for elements that Xero answers without an id.
    """
    return [_outcome(element, id_field) for element in rows(answer.data, resource)]


# What an answer repeats of an element and tells it from others.
_TELLING = ("InvoiceNumber", "CreditNoteNumber", "ContactNumber", "Code", "Type", "Reference")
_TELLING_INSIDE = (("Contact", "ContactID"), ("Invoice", "InvoiceID"), ("CreditNote", "CreditNoteID"))


def is_answer_to(
    sent: dict[str, Any], element: dict[str, Any], id_field: str | None, telling: tuple[str, ...] = ()
) -> bool:
    """Say whether ``element`` of an answer may be about ``sent``: nothing that tells elements apart speaks against.

    :param id_field: as for :func:`outcomes`.
    :param telling: further fields that tell elements of the type apart
    """
    pairs = [(sent.get(name), element.get(name)) for name in (*_TELLING, *telling)]
    pairs += [(_inside(sent, *names), _inside(element, *names)) for names in _TELLING_INSIDE]
    pairs.append((_query(sent.get("Url")), _query(element.get("Url"))))
    if id_field:
        pairs.append((real_id(sent.get(id_field)), real_id(element.get(id_field))))
    told = ((_told(mine), _told(theirs)) for mine, theirs in pairs)
    return all(not (mine and theirs) or mine == theirs for mine, theirs in told)


def in_order(
    sent: list[dict[str, Any]], found: list[Outcome], id_field: str | None, telling: tuple[str, ...] = ()
) -> list[Outcome] | None:
    """Return the outcomes in the order of ``sent``; None where it cannot be told which is of which.

    Xero answers in the order sent, but the order alone is no proof.

    :param found: as :func:`outcomes` returned them.
    :param id_field: as for :func:`outcomes`.
    :param telling: as for :func:`is_answer_to`
    """
    if len(sent) != len(found):
        return None
    if all(is_answer_to(one, outcome.element, id_field, telling) for one, outcome in zip(sent, found, strict=True)):
        return found
    ordered: list[Outcome] = []
    for one in sent:
        fitting = [outcome for outcome in found if is_answer_to(one, outcome.element, id_field, telling)]
        if len(fitting) != 1 or any(fitting[0] is outcome for outcome in ordered):
            return None
        ordered += fitting
    return ordered


def _inside(element: dict[str, Any], name: str, key: str) -> Any:
    part = element.get(name)
    return real_id(part.get(key)) if isinstance(part, dict) else None


def _query(address: Any) -> str:
    return address.partition("?")[2] if isinstance(address, str) else ""


def _told(value: Any) -> str:
    # Xero trims and shortens texts.
    return " ".join(value.split()).casefold()[:100] if isinstance(value, str) else ""


def amount(value: Any) -> Decimal | None:
    """Return a number of an answer as an exact amount of at most fifteen digits; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    number = Decimal(value)
    return number if number.is_finite() and number.adjusted() < 15 else None


# Xero's sentences are its only machine-readable reason. Order matters: the first match wins.
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("idempotency", r"^idempotency key\b.*different request"),
    ("duplicate_number", r"# must be unique|number must be unique"),
    ("duplicate_name", r"^the contact name .* is already assigned"),
    ("duplicate_name", r"^price list item with code .* already exists|^please enter a unique name"),
    ("locked_period", r"\block date\b|\blocked period\b|\bperiod (?:is|has been) locked"),
    ("account_mapping", r"^account code .* (?:has been archived|is not a valid code|has been removed)"),
    ("account_mapping", r"^account code must be specified"),
    ("tax_mapping", r"^the taxtype code .* cannot be used|^the tax ?type .* (?:is not valid|does not exist)"),
    ("tracking_mapping", r"\btracking\b"),
    ("currency", r"not subscribed to currency|\bcurrency code .* is not valid|\bmulti-?currency\b"),
    ("document_closed", r"has (?:a )?payments? or credit notes? allocated"),
    ("document_closed", r"not of valid status for modification|^to update fields on a paid invoice line item"),
    ("overpaid", r"^payment amount exceeds the amount outstanding"),
    ("arithmetic", r"^the line total .* does not match|total does not equal the sum of the lines"),
    ("arithmetic", r"^the total debits .* must equal"),
    ("contact_archived", r"matched an archived contact|^the contact is archived|archived contacts cannot"),
    ("plan_limit", r"^you(?:'|\u2019| ha)ve reached the limit"),
    ("account_mapping", r"\baccount\b.*\b(?:archived|deleted|not valid|invalid|cannot be used|not enabled)\b"),
    ("account_mapping", r"^the bank account must be in the currency"),
    ("tax_mapping", r"\btax ?(?:type|rate)\b.*\b(?:archived|deleted|not valid|invalid|cannot be used)\b"),
    ("gone", r"with the supplied id was not found|^an existing .* could not be found"),
)
_CLASSES = [(code, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for code, pattern in _PATTERNS]


def classify(message: str) -> str:
    """Return what a sentence of Xero's is about.

    One of duplicate_number, duplicate_name, locked_period, account_mapping, tax_mapping, tracking_mapping, currency,
    document_closed, overpaid, arithmetic, contact_archived, idempotency, plan_limit, gone, other. Upper and lower case,
    surrounding blanks and the quoted codes inside make no difference.

    :param message: one of :func:`faults.messages_of`.
    """
    text = message.strip()
    return next((code for code, pattern in _CLASSES if pattern.search(text)), "other")
