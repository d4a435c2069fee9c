"""What can be matched: each stage of a matching is a model, found by inheritance, so that an addon can add one."""

from collections import namedtuple

from odoo import api, models

# Proposals of one kind of line, and what is known of both sides: ``{key: values of a line}``.
Batch = namedtuple("Batch", "kind xero_type res_model proposals odoo xero")


class XeroMatchKind(models.AbstractModel):
    """One stage of a matching: what it reads of both sides, how it compares, and what linking means for it.

    A new one is a model that inherits this one, sets the class attributes and implements the hooks, and adds its
    values to the fields ``stage`` (of ``xero.match`` and ``xero.match.line``) and ``kind`` (of ``xero.match.line``).
    The worker calls it as superuser in the company of the connection. Nothing but :meth:`_take_xero` writes a record.
    """

    _name = "xero.match.kind"
    _description = "Xero Match Kind"

    # Value of the field ``stage``. Models without it only share code.
    _stage = None
    # Lower is matched first: what is named before what names it.
    _rank = 50
    # Types of elements that are read from Xero for it.
    _types = ()
    _odoo_model = None
    # Fields of a view that stand side by side, in this order.
    _shown = ()
    # Whether what is only in Xero stays there.
    _one_way = False
    # Codes of its evidence that speak against a pair.
    _against = frozenset()

    # === REGISTRY === #

    @api.model
    def _all(self) -> list:
        """Return every stage there is, in the order of matching."""
        names = self.env.registry.descendants(["xero.match.kind"], "_inherit")
        found = [self.env[name] for name in names if self.env[name]._stage]
        return sorted(found, key=lambda kind: (kind._rank, kind._name))

    @api.model
    def _of(self, connection) -> list:
        """Return the stages of a matching of ``connection``, in order."""
        return [kind for kind in self._all() if kind._applies(connection)]

    @api.model
    def _for_stage(self, stage: str):
        """Return the model of a stage.

        :raise KeyError: there is none
        """
        for kind in self._all():
            if kind._stage == stage:
                return kind
        raise KeyError(stage)

    # === TO IMPLEMENT === #

    def _applies(self, connection) -> bool:
        """Whether ``connection`` syncs this at all."""
        return True

    def _side(self, xero_type: str):
        """Return the model that knows the form of Xero's elements, an ``xero.inbound``."""
        return self.env["xero.inbound"]._for_type(xero_type)

    def _propose(self, match, taken: set, taken_there: set, apart: set) -> list[Batch]:
        """Return proposals for all that has no link; reads only, with the same number of queries for any amount.

        :param taken: ids of records that are decided already
        :param taken_there: Xero's ids that are
        :param apart: pairs (record id, Xero's id) that a person said are not the same
        """
        raise NotImplementedError

    def _tell_more(self, match, lines) -> None:
        """Complete new ``lines`` by what is not part of comparing, such as which fields differ."""

    def _fingerprints(self, connection, kind: str, res_ids) -> dict:
        """Return ``{record id: fingerprint}`` as of now, of those that could still be matched."""
        raise NotImplementedError

    def _compare_one(self, line):
        """Return the ``Pair`` of a line whose counterpart a person chose; ``None`` when nothing speaks for it."""
        raise NotImplementedError

    def _element_name(self, element) -> str:
        """Return how a person finds an element of the snapshot."""
        raise NotImplementedError

    def _sentences(self) -> dict:
        """Return ``{code: sentence}`` of its own evidence; ``{value}`` is replaced by what was found."""
        return {}

    def _labels(self) -> dict:
        """Return ``{field of the view: label}`` of its own fields."""
        return {}

    def _view_here(self, line, side, record) -> dict:
        """Return Odoo's ``record`` in the form of ``side._remote_view``."""
        raise NotImplementedError

    def _tidy_views(self, line, ours: dict, theirs: dict) -> None:
        """Make two views readable for a person, in place."""

    def _link_values(self, line, record, element: dict) -> dict:
        """Return the columns of the new link that depend on the kind: company, xero_number, xero_total, from_xero."""
        raise NotImplementedError

    def _after_linking(self, match, side, lines) -> None:
        """Link what belongs to ``lines``, which are linked by now."""

    def _differing(self, line, side, link, record) -> set[str]:
        """Return the fields of the view in which both sides say something else."""
        raise NotImplementedError

    def _take_xero(self, line, side, link, record) -> None:
        """Write Xero's values to ``record`` and agree on them.

        :raise Untakeable: with the reason
        """
        raise NotImplementedError

    def _kept(self, match, lines) -> dict:
        """Return ``{line: reason}`` of the links that cannot be undone because others lean on them."""
        return {}
