"""Read the elements of an answer, one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .faults import messages_of, warnings_of

if TYPE_CHECKING:
    from .client import Answer

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# The list in an answer is named like the resource, with these exceptions.
_LIST_KEYS = {"Organisation": "Organisations"}


@dataclass(frozen=True)
class Outcome:
    """What became of one element of a write.

    :param ok: saved: not ERROR, a real id, no validation error. Whether the totals agree is for the caller.
    :param xero_id: the real id, None when there is none.
    :param errors: Xero's sentences; may name people.
    """

    ok: bool
    xero_id: str | None
    element: dict[str, Any]
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def list_key(resource: str) -> str:
    """Return the name of the list of elements in bodies and answers of ``resource`` (last word of a path)."""
    name = resource.rstrip("/").rsplit("/", 1)[-1]
    return _LIST_KEYS.get(name, name)


# Objects that Xero writes as an empty list when there is none.
_OBJECTS = frozenset(
    {
        "Account",
        "BankAccount",
        "BatchPayment",
        "Bills",
        "Contact",
        "CreditNote",
        "Invoice",
        "Overpayment",
        "PaymentTerms",
        "Prepayment",
        "Sales",
        "pagination",
    }
)


def tidy(node: Any) -> Any:
    """Bring ``node``, an answer or a part of one, into one form, in place; return it.

    Ids are in lower case, whatever Xero writes, so that they can be compared; an object that is not there is None.
    """
    if isinstance(node, list):
        for item in node:
            tidy(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                if key.endswith("ID") and not value.islower() and _GUID.fullmatch(value):
                    node[key] = value.lower()
            elif value == [] and key in _OBJECTS:
                node[key] = None
            elif isinstance(value, (list, dict)):
                tidy(value)
    return node


def rows(data: dict[str, Any], resource: str) -> list[dict[str, Any]]:
    """Return the list of elements for ``resource`` (last word of a path); empty when missing or null."""
    found = data.get(list_key(resource))
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def real_id(value: Any) -> str | None:
    """Return ``value`` when it is a GUID other than the all-zero one that Xero echoes for refused elements."""
    text = str(value or "")
    return text if _GUID.fullmatch(text) and text != ZERO_GUID else None


def _outcome(element: dict[str, Any], id_field: str | None) -> Outcome:
    errors = messages_of(element)
    xero_id = real_id(element.get(id_field)) if id_field else None
    status = str(element.get("StatusAttributeString") or "").upper()
    flagged = element.get("HasErrors") is True or element.get("HasValidationErrors") is True
    ok = status != "ERROR" and not flagged and not errors and (xero_id is not None or not id_field)
    return Outcome(ok, xero_id, element, errors, warnings_of(element))


def outcomes(answer: Answer, resource: str, id_field: str | None) -> list[Outcome]:
    """Judge each element of a bulk write alone, in the order sent.

    The HTTP status proves nothing (200 also for refused elements), nor does the status echoed in a refused
    element. The caller must compare the number of outcomes with the number of elements sent.

    :param id_field: ``None`` for elements that Xero answers without an id.
    """
    return [_outcome(element, id_field) for element in rows(answer.data, resource)]


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
    ("document_closed", r"has (?:a )?payments? or credit notes? allocated"),
    ("document_closed", r"not of valid status for modification|^to update fields on a paid invoice line item"),
    ("overpaid", r"^payment amount exceeds the amount outstanding"),
    ("arithmetic", r"^the line total .* does not match|total does not equal the sum of the lines"),
    ("arithmetic", r"^the total debits .* must equal"),
    ("contact_archived", r"matched an archived contact|^the contact is archived|archived contacts cannot"),
    ("plan_limit", r"^you(?:'|\u2019| ha)ve reached the limit"),
    ("gone", r"with the supplied id was not found|^an existing .* could not be found"),
)
_CLASSES = [(code, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for code, pattern in _PATTERNS]


def classify(message: str) -> str:
    """Return what a sentence of Xero's is about.

    One of duplicate_number, duplicate_name, locked_period, account_mapping, tax_mapping, document_closed,
    overpaid, arithmetic, contact_archived, idempotency, plan_limit, gone, other. Upper and lower case,
    surrounding blanks and the quoted codes inside make no difference.
    """
    text = message.strip()
    return next((code for code, pattern in _CLASSES if pattern.search(text)), "other")
