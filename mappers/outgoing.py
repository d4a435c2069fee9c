"""What a mapper hands over: one Odoo record as Xero shall hold it, and what stands in the way."""

from dataclasses import dataclass, field
from decimal import Decimal

from .marks import unsigned

# Keys that may change without the document changing: the address of the Odoo server is part of the link back.
VOLATILE = frozenset({"Url"})
# Keys that hold a mark of ours.
MARKED = frozenset({"ContactNumber"})
# Wanted ends that nothing is sent for as it is in Odoo: it must not exist, or stays as it is until a person is done.
ABSENT, KEPT = "ABSENT", "KEPT"


@dataclass(frozen=True)
class Problem:
    """Something that Xero would refuse, found before any call.

    :ivar code: a failure type of ``xero.sync.job``: mapping, locked_period, total_mismatch or validation
    :ivar message: one translated sentence for the person who can act
    :ivar model: model of the record to edit, with its id in ``res_id``: the screen that fixes it
    :ivar missing: the mapping it is about, to create when ``res_id`` is empty: ``("account", account id)`` or
        ``("tax", ids of the taxes, "sale" or "purchase")`` or ``("tracking", analytic account id)``
    :ivar waits: keys of ``mappers/awaited``: what else may change so that it is none any more, besides that record
    :ivar topic: which check found it, one of the topics of ``docs/reference/preview.md``; empty: as ``code`` says
    """

    code: str
    message: str
    model: str | None = None
    res_id: int | None = None
    missing: tuple | None = None
    topic: str = ""
    waits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Need:
    """Another record that must be in Xero first.

    :ivar xero_type: as on its mapper
    :ivar res_model: its Odoo model, with its id in ``res_id``
    """

    xero_type: str
    res_model: str
    res_id: int


@dataclass
class Outgoing:
    """One record ready to be sent.

    :ivar payload: the complete body element without its own Xero id; amounts are Decimals in the document's currency
    :ivar status: the wanted end: DRAFT, AUTHORISED, ABSENT (must not exist), ACTIVE or ARCHIVED; or KEPT: a draft
        again in Odoo, and what Xero holds stays as it is. The payload of that is the one that posting it would send
    :ivar total: what Xero must answer as Total, in the document's currency; ``None`` when there is none to compare
    :ivar number: what people find it by in Xero
    :ivar problems: what must be settled before it can be sent
    :ivar needs: what must be sent before it
    :ivar ruled: ids of the field rules that filled a field, by its name in Xero (``LineItems.`` before those of lines)
    :ivar ruled_lines: ids of the field rules that filled a line, by the id of the line in Odoo
    :ivar notices: why it can only be a draft in Xero, translated
    :ivar remarks: what is left out or shortened so that Xero takes it, translated; only the preview tells
    :ivar holder: id of another record of the mapper's, whose element bears ``number`` in Xero though it has another one
        in Odoo by now
    :ivar untold: what Odoo has besides and Xero cannot be told, in the form of a payload: Xero's is not emptied for it
    :ivar line_ids: ids in Odoo of what the lines of the payload stand for, in their order; 0 for what is no line there
    :ivar res_id: id of the record, of the mapper's ``_odoo_model``
    """

    res_id: int
    payload: dict = field(default_factory=dict)
    status: str = ABSENT
    total: Decimal | None = None
    number: str | None = None
    problems: list[Problem] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    ruled: dict[str, set[int]] = field(default_factory=dict)
    ruled_lines: dict[int, list[int]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    holder: int | None = None
    untold: dict = field(default_factory=dict)
    line_ids: list[int] = field(default_factory=list)

    @property
    def is_due(self) -> bool:
        """Whether Xero shall hold it as it is in Odoo now."""
        return self.status not in (ABSENT, KEPT)

    def canonical(self) -> dict:
        """Return the part of the payload that both sides agree on: what a digest is taken of.

        :return: a new dict, without the address of this server and without signatures
        """
        return {
            key: unsigned(value) if key in MARKED else value
            for key, value in self.payload.items()
            if key not in VOLATILE
        }
