"""The common face of all mappers, and how they are found."""

from odoo import api, models, tools

from . import marks
from .outgoing import Need, Outgoing


class XeroMapper(models.AbstractModel):
    """Turns Odoo records into Xero elements. Reads the ORM; never writes, never calls out.

    A new document type is a model that inherits this one and sets the class attributes; nothing else must know of it.

    ``connection`` is the ``xero.connection`` of the organisation that is served. An *element* is a dict in the form of
    Xero's JSON, numbers with a fraction as ``Decimal``; a *payload* is an element as it is sent, and bears no id of
    Xero unless a hook says so. Rules of Xero's are told with the page of its documentation that has them, such as
    *Xero: Invoices*.
    """

    _name = "xero.mapper"
    _description = "Xero Mapper"

    # Xero's name of the element; stored on links and jobs. Models without it only share code.
    _xero_type = None
    _xero_resource = None
    _xero_id_field = None
    _xero_number_field = None
    _xero_status_field = "Status"
    # What an answer repeats of an element and tells it from others, besides what tells all types.
    _identifying = ()
    _odoo_model = None
    # The type in whose lists in Xero its elements stand, where another Odoo model has that type: what is made of
    # something else than journal entries may be an ``Invoice`` there. Its own type is then a name of ours.
    _stands_among = None
    # Of a mapper of ``account.move``: the kinds (``move_type``) that histories have it send; none for other models, and
    # for what is no document of its own.
    _xero_types = ()
    # OAuth permissions that it needs besides those that every consent has (Xero: Scopes).
    _scopes = ()
    # Whether Xero gives it only to people who may see reports, whatever the consent allows.
    _needs_reports = False
    # The page in Xero's own screens, with ``{xero_id}``, below ``https://go.xero.com``; ``None`` where there is none.
    _xero_page = None
    # Lower goes first: what is needed before what needs it.
    _push_rank = 50
    # Xero takes no change of it: what exists is right, or is removed.
    _xero_immutable = False
    # The field of the connection that switches the type on, true or false; ``None``: settings of another kind do.
    _switch = None
    # What the health of a connection counts it among: contacts, documents or payments.
    _flow = "documents"
    # Fields of its records that each batch begins with: they are found and read at once.
    _first_fields = ()
    # Fields whose change may change the element; of the record and, for documents, of its lines.
    _tracked_fields = frozenset()
    _tracked_line_fields = frozenset()

    # What can be emptied in Xero: ``{key of the payload: (key of the canonical form, empty value)}``.
    _clearable = {}

    # === REGISTRY === #

    @api.model
    def _all(self) -> list:
        """Return every mapper that has a Xero type, in the order of pushing."""
        names = self.env.registry.descendants(["xero.mapper"], "_inherit")
        mappers = [self.env[name] for name in names if self.env[name]._xero_type]
        return sorted(mappers, key=lambda mapper: (mapper._push_rank, mapper._name))

    @api.model
    def _for_type(self, xero_type: str):
        """Return the mapper of a Xero type.

        :param xero_type: as in ``_xero_type``, such as ``Invoice``
        :return: the model, without records
        :raise KeyError: no mapper knows the type
        """
        mapper = self._if_sent(xero_type)
        if mapper is None:
            raise KeyError(xero_type)
        return mapper

    @api.model
    def _if_sent(self, xero_type: str):
        """Return the mapper of a Xero type as :meth:`_for_type`, ``None`` for one that only comes in.

        :param xero_type: as on links
        """
        return next((mapper for mapper in self._all() if mapper._xero_type == xero_type), None)

    @api.model
    def _for_model(self, model: str) -> list:
        """Return the mappers of an Odoo model; which of them takes a record is told by :meth:`_handles`.

        :param model: name of the Odoo model, as in ``_odoo_model``
        :return: models, in the order of pushing; empty for a model that is not sent
        """
        return [mapper for mapper in self._all() if mapper._odoo_model == model]

    @api.model
    @tools.ormcache("xero_type")
    def _family(self, xero_type: str) -> tuple[str, ...]:
        """Return the types whose elements stand in Xero's lists of ``xero_type``: itself, then its kin.

        :param xero_type: as in ``_xero_type``
        """
        kin = [mapper._xero_type for mapper in self.env["xero.mapper"]._all() if mapper._stands_among == xero_type]
        return (xero_type, *kin)

    @api.model
    def _pages_of(self, rows) -> dict:
        """Return ``{row: page}`` of what stands in Xero for ``rows``, which have ``xero_type`` and ``res_id``, such as
        links; ``None`` for one without a page, or of a type that no mapper knows.

        :param rows: recordset of one model
        :return: pages as in ``_xero_page``, with ``{xero_id}`` still in them
        """
        # What only comes in has the page of its kin.
        mappers = {mapper._stands_among: mapper for mapper in self._all() if mapper._stands_among}
        mappers |= {mapper._xero_type: mapper for mapper in self._all()}
        found = {}
        for xero_type, of_type in rows.grouped("xero_type").items():
            pages = mappers[xero_type]._pages(of_type.mapped("res_id")) if xero_type in mappers else {}
            found |= {row: pages.get(row.res_id) for row in of_type}
        return found

    @api.model
    @tools.ormcache("model")
    def _tracked(self, model: str) -> tuple[frozenset, frozenset]:
        """Return the fields of an Odoo model, and of its lines, whose change may change what Xero holds.

        Fields that rules in use read on the record itself or its lines are among them.

        :param model: name of the Odoo model
        :return: names of fields of the record, and of its lines; both empty for a model that is not sent
        """
        mappers = self._for_model(model)
        ruled, ruled_lines = self.env["xero.field.rule"]._tracked_fields(model) if mappers else ((), ())
        return (
            frozenset(ruled).union(*(mapper._tracked_fields for mapper in mappers)),
            frozenset(ruled_lines).union(*(mapper._tracked_line_fields for mapper in mappers)),
        )

    # === SWITCHES === #

    def _is_switched_on(self, connection) -> bool:
        """Whether the settings of ``connection`` switch the type on."""
        return not self._switch or bool(connection[self._switch])

    def _is_on(self, connection) -> bool:
        """Whether the type is sent to the organisation of ``connection``: it is wanted, and the consent allows it."""
        return self._is_switched_on(connection) and not connection._lacks(self._scopes)

    def _most_in_one(self, connection) -> int:
        """Return how many records belong into one element in Xero, and have to be taken together; 0: each has its own.
        """
        return 0

    # === TO IMPLEMENT === #

    def _handles(self, records):
        """Return the records to push for ``records``.

        :param records: of ``_odoo_model``, any of them
        :return: of the same model: those that this mapper sends, or what is sent in their place, such as the company of
            an address. Whether it is in scope is judged by whoever asks
        """
        raise NotImplementedError

    def _prepare(self, records, connection, links=None) -> dict[int, Outgoing]:
        """Return what to send, by record id, for all ``records`` in one batched pass.

        The number of queries must not depend on how many records there are. What stands in the way of one is a
        ``Problem`` of its ``Outgoing``; when it raises, the records are prepared one by one, and the one that raises
        alone fails as an unexpected error.

        :param records: existing ones of ``_odoo_model``, which this mapper handles; none, one or many
        :param links: those of ``records`` by record id, with the rights to read them, where the caller has them already
        :return: one ``Outgoing`` for each, by record id
        """
        raise NotImplementedError

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return what the records ``res_ids`` need in Xero first, cheaply; linked ones included.

        Whoever asks leaves out what Xero has. It only makes needs travel together: what a record needs is said again by
        the ``needs`` of its ``Outgoing``.

        :param res_ids: ids of ``_odoo_model``; records may be gone
        """
        return []

    def _marker_matches(self, element: dict, res_id: int, sent: dict) -> bool:
        """Tell whether Xero's ``element`` came of sending ``sent`` for the record ``res_id``: it bears the mark that
        was sent, and says the same.

        What we did not just send, and what may bear the mark of another time, is judged by ``xero.identity``.

        :param element: as Xero's answer holds it
        :param res_id: id of ``_odoo_model``
        :param sent: the payload, as it was stored with the call
        """
        return self._bears_mark(element, res_id, sent) and self._is_same(element, sent)

    def _bears_mark(self, element: dict, res_id: int, sent: dict) -> bool:
        """Tell whether Xero's ``element`` bears the mark that was ``sent`` for the record ``res_id``, whatever it says:
        it may also be of another record, which had the id before a backup was restored.

        :param element: as Xero's answer holds it
        :param res_id: id of ``_odoo_model``
        :param sent: the payload that it is asked of, which bears the mark too
        """
        claim, own = self._mark_of(element), self._mark_of(sent)
        # A version before signatures may have sent either of the two.
        return bool(claim and own and claim.res_id == own.res_id == res_id and claim.signature in (None, own.signature))

    def _bears_signature(self, element: dict, res_id: int, sent: dict) -> bool:
        """Tell whether ``element`` bears the very mark, signed, that was ``sent``.

        :param res_id: id of ``_odoo_model``
        :param sent: the payload, as it was stored with the call
        :return: ``False`` for types whose mark bears no signature
        """
        claim = self._mark_of(element)
        return bool(claim and claim.signature) and claim == self._mark_of(sent) and claim.res_id == res_id

    def _is_same(self, element: dict, payload: dict) -> bool:
        """Tell whether Xero's ``element`` is what came of ``payload``, by what identifies it for an accountant.

        :param element: as Xero's answer holds it
        :param payload: as it was or would be sent
        """
        raise NotImplementedError

    def _may_stand_for(self, records, connection):
        """Return those of ``records`` that an element of ``connection``'s organisation may stand for at all: of its
        companies, and of a kind that is synced.

        :param records: existing ones of ``_odoo_model``
        """
        return self._handles(records)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return parameters of the GET calls that find ``elements`` (as sent) in Xero.

        What the calls return may hold more than that: whoever asks looks at number and mark.

        :param elements: payloads of creations
        :return: query parameters by name, one dict for each call on ``_xero_resource``, each of which is read to its
            last page
        """
        raise NotImplementedError

    def _removal_payload(self, link) -> dict:
        """Return the element that takes ``link``'s counterpart out of use in Xero; empty when nothing is left to do.

        :param link: one ``xero.link`` of this type; its Odoo record may be gone
        :return: with Xero's id, and the wanted status under ``_xero_status_field``
        """
        raise NotImplementedError

    def _pages(self, res_ids) -> dict:
        """Return ``{res_id: page}``, each as ``_xero_page``, of what stands in Xero for the records ``res_ids``.

        They need not exist any more; a fixed number of queries serves any number of them.

        :param res_ids: ids of ``_odoo_model``; a link to nothing has a false one
        :return: each of ``res_ids`` with a page, or with ``None``
        """
        return dict.fromkeys(res_ids, self._xero_page)

    def _kept_keys(self, payload: dict, element: dict | None = None) -> list[str]:
        """Return what can be emptied in Xero and has a value in ``payload``.

        The link keeps it: when a key is among those of the last agreement and has no value any more, Odoo has emptied
        it.

        :param payload: the whole one, as ``Outgoing`` has it
        :param element: what Xero holds, if known
        :return: keys of ``_clearable``, and texts of the mapper's own for what lies deeper
        """
        return sorted(key for key in self._clearable if payload.get(key) not in (None, "", self._clearable[key][1]))

    def _said(self, out: Outgoing) -> dict | None:
        """Return in short what Odoo says of each field and line of ``out``: the link keeps it, so that the next sending
        tells what Odoo changed since. ``None`` for types that are sent whole.

        :param out: of a record that Xero shall hold
        """

    def _recalled(self, out: Outgoing, link) -> dict | None:
        """Return what :meth:`_said` was at the last agreement, of which ``link`` keeps a digest only: it is older than
        what is kept since. ``None`` where that cannot be found out.

        :param out: what Odoo says now
        :param link: ``xero.link`` of the record, with ``digest`` and ``base_state``
        """
        return None

    def _agreed(self, said: dict, element: dict, before: dict | None = None, payload: dict | None = None) -> dict:
        """Return ``said`` as the link keeps it when both sides agree on ``element``.

        :param said: what :meth:`_said` returned
        :param element: what Xero holds
        :param before: what the link kept until now
        :param payload: whole, where Xero may hold it in a form of its own; ``None`` when it is what was sent
        """
        return said

    def _fit(self, payload: dict, element: dict, had: set[str]) -> dict:
        """Return ``payload``, the update of a record, so that it wipes nothing of ``element`` that Odoo never had.

        :param payload: as it would be sent, with Xero's id; it stays as it is
        :param element: what Xero holds now
        :param had: what :meth:`_kept_keys` returned at the last agreement
        """
        return payload

    # === MARKERS === #

    def _database_mark(self) -> str:
        """Return what tells this database from others that write to the same organisation: eight hexadecimal digits."""
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")[:8]

    def _marks(self, res_ids, connection) -> dict[int, marks.Mark]:
        """Return the marks of records by id, signed for the organisation of ``connection``.

        :param res_ids: ids of ``_odoo_model``
        """
        database = self._database_mark()
        signatures = self.env["xero.identity"]._signatures(self._odoo_model, res_ids, connection)
        return {res_id: marks.Mark(database, res_id, signature) for res_id, signature in signatures.items()}

    def _claim_of(self, element: dict) -> marks.Mark | None:
        """Return the mark that ``element`` bears, of whatever database; types that carry none leave it.

        :param element: of this type, whoever wrote it
        :return: ``None`` for what bears none that can be read to the letter
        """

    def _mark_of(self, element: dict) -> marks.Mark | None:
        """Return the mark of this database that ``element`` bears: what it claims to have been made for.

        :param element: of this type, whoever wrote it
        """
        claims = filter(None, [self._claim_of(element)])
        return next((claim for claim in claims if claim.database == self._database_mark()), None)

    def _deep_links(self, res_ids, connection) -> dict[int, str]:
        """Return the addresses of records in this Odoo by id; Xero shows them as "Go to …".

        :param res_ids: ids of ``_odoo_model``
        :return: absolute addresses, each of which bears the mark of its record
        """
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        return {
            res_id: marks.write_url(base, self._odoo_model, mark)
            for res_id, mark in self._marks(res_ids, connection).items()
        }
