"""What can be matched: each stage of a matching is a model, found by inheritance, so that an addon can add one."""

from collections import namedtuple

from odoo import api, models

# Proposals of one kind of line, and what is known of both sides: ``{key: values of a line}``.
Batch = namedtuple("Batch", "kind xero_type res_model proposals odoo xero")


class XeroMatchKind(models.AbstractModel):
    """One stage of a matching: what it reads of both sides, how it compares, and what linking means for it.

    A new one is a model that inherits this one, sets the class attributes and implements the hooks, and adds its values
    to the fields ``stage`` (of ``xero.match`` and ``xero.match.line``) and ``kind`` (of ``xero.match.line``). The
    worker calls it as superuser in the company of the connection. Nothing but :meth:`_adopt_xero` writes a record.

    What the hooks are given: ``connection`` is one ``xero.connection``; ``match`` the ``xero.match`` that is under way,
    with its snapshot; ``line`` one ``xero.match.line``, ``lines`` several; ``side`` what :meth:`_side` returns for the
    type of the line; ``record`` the Odoo record of the line, in the environment of ``side``, archived or not; ``link``
    its ``xero.link``, which was just made. None of them calls Xero. A *state* is the canonical form,
    as ``side._canonical`` returns it.
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
    # Fields of a state that stand side by side, in this order.
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

        :param stage: as in ``_stage``
        :return: the model, without records
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
        """Return the model that knows the form of Xero's elements, an ``xero.inbound``.

        :param xero_type: one of ``_types``
        """
        return self.env["xero.inbound"]._for_type(xero_type)

    def _propose(self, match, taken: set, taken_there: set, apart: set) -> list[Batch]:
        """Return proposals for all that has no link; reads only, with the same number of queries for any amount.

        What only one side has is a proposal without the other, where a person should see it.

        :param taken: ids of records of ``_odoo_model`` that are decided already
        :param taken_there: Xero's ids that are
        :param apart: pairs (record id, Xero's id) that a person said are not the same
        :return: a ``Batch`` for each ``kind`` of line: its ``proposals`` are ``Proposal`` of ``matching/assign``;
            ``odoo`` has the values of a line by record id, with a ``fingerprint``, and ``xero`` by Xero's id, with the
            ``element_id`` of the snapshot
        """
        raise NotImplementedError

    def _add_details(self, match, lines) -> None:
        """Complete new ``lines`` by what is not part of comparing, such as which fields differ.

        It happens in the transaction that writes them.
        """

    def _fingerprints(self, connection, kind: str, res_ids) -> dict:
        """Return ``{record id: fingerprint}`` as of now, of those that could still be matched.

        A line whose record has another fingerprint than when it was compared, or none, is compared again instead of
        linked.

        :param kind: of the lines
        :param res_ids: ids of ``_odoo_model``
        :return: texts that change with whatever is compared
        """
        raise NotImplementedError

    def _compare_one(self, line):
        """Return the ``Pair`` of a line whose counterpart a person chose; ``None`` when nothing speaks for it.

        :return: ``Pair`` of ``matching/match_contact``
        """
        raise NotImplementedError

    def _element_name(self, element) -> str:
        """Return how a person finds an element of the snapshot.

        :param element: one ``xero.snapshot.element``
        """
        raise NotImplementedError

    def _sentences(self) -> dict:
        """Return ``{code: sentence}`` of its own evidence; ``{value}`` is replaced by what was found.

        :return: translated
        """
        return {}

    def _labels(self) -> dict:
        """Return ``{field of the state: label}`` of its own fields.

        :return: reasons, which may be stored
        """
        return {}

    def _state_here(self, line, side, record) -> dict:
        """Return Odoo's ``record`` in the form of ``side._canonical``."""
        raise NotImplementedError

    def _tidy_states(self, line, ours: dict, theirs: dict) -> None:
        """Make two states readable for a person, in place.

        :param ours: what :meth:`_state_here` returned
        :param theirs: the state of the element
        """

    def _link_values(self, line, record, element: dict) -> dict:
        """Return the columns of the new link that depend on the kind: company, xero_number, xero_total, from_xero.

        :param element: in the form of Xero's JSON, as the snapshot has it
        :return: ``company`` (a ``res.company``), and by the name of the column xero_number, xero_total (in the
            element's currency; ``None`` without one) and from_xero
        """
        raise NotImplementedError

    def _after_linking(self, match, side, lines) -> None:
        """Link what belongs to ``lines``, which are linked by now.

        :param lines: of one Xero type
        """

    def _differing(self, line, side, link, record) -> set[str]:
        """Return the fields of the state in which both sides say something else.

        :return: keys of the state, without those that a difference in means nothing
        """
        raise NotImplementedError

    def _adopt_xero(self, line, side, link, record) -> None:
        """Write Xero's values to ``record`` and agree on them.

        :raise Untakeable: with the reason
        :raise UserError: Odoo forbids it
        """
        raise NotImplementedError

    def _kept(self, match, lines) -> dict:
        """Return ``{line: reason}`` of the links that cannot be undone because others lean on them.

        :param lines: of this stage, that somebody wants undone
        :return: reasons are translated
        """
        return {}
