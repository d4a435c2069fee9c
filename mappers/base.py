"""The common face of all mappers, and how they are found."""

from urllib.parse import parse_qs, urlencode, urlsplit

from odoo import api, models, tools

from .outgoing import Need, Outgoing


class XeroMapper(models.AbstractModel):
    """Turns Odoo records into Xero elements. Reads the ORM; never writes, never calls out.

    A new document type is a model that inherits this one and sets the class attributes; nothing else must know of it.
    """

    _name = "xero.mapper"
    _description = "Xero Mapper"

    # Xero's name of the element; stored on links and jobs. Models without it only share code.
    _xero_type = None
    _xero_resource = None
    _xero_id_field = None
    _xero_number_field = None
    _xero_status_field = "Status"
    _odoo_model = None
    # Lower goes first: what is needed before what needs it.
    _push_rank = 50
    # Xero takes no change of it: what exists is right, or is removed.
    _xero_immutable = False
    # Fields whose change may change the element; of the record and, for documents, of its lines.
    _tracked_fields = frozenset()
    _tracked_line_fields = frozenset()

    # What can be emptied in Xero: ``{key of the payload: (key of the view, empty value)}``.
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

        :raise KeyError: no mapper knows the type
        """
        for mapper in self._all():
            if mapper._xero_type == xero_type:
                return mapper
        raise KeyError(xero_type)

    @api.model
    def _for_model(self, model: str) -> list:
        """Return the mappers of an Odoo model; which of them takes a record is told by :meth:`_handles`."""
        return [mapper for mapper in self._all() if mapper._odoo_model == model]

    @api.model
    @tools.ormcache("model")
    def _tracked(self, model: str) -> tuple[frozenset, frozenset]:
        """Return the fields of an Odoo model, and of its lines, whose change may change what Xero holds.

        Fields that rules in use read on the record itself or its lines are among them.
        """
        mappers = self._for_model(model)
        ruled, ruled_lines = self.env["xero.field.rule"]._tracked_fields(model) if mappers else ((), ())
        return (
            frozenset(ruled).union(*(mapper._tracked_fields for mapper in mappers)),
            frozenset(ruled_lines).union(*(mapper._tracked_line_fields for mapper in mappers)),
        )

    # === TO IMPLEMENT === #

    def _handles(self, records):
        """Return the records to push for ``records``."""
        raise NotImplementedError

    def _prepare(self, records, connection) -> dict[int, Outgoing]:
        """Return what to send, by record id, for all ``records`` in one batched pass."""
        raise NotImplementedError

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return what the records ``res_ids`` need in Xero first, cheaply; linked ones included."""
        return []

    def _marker_matches(self, element: dict, res_id: int, sent: dict | None = None) -> bool:
        """Tell whether Xero's ``element`` is the one made for the record ``res_id`` of this database.

        :param sent: the element that was sent, for types that carry no marker of ours
        """
        raise NotImplementedError

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return parameters of the GET calls that find ``elements`` (as sent) in Xero."""
        raise NotImplementedError

    def _removal_payload(self, link) -> dict:
        """Return the element that takes ``link``'s counterpart out of use in Xero; empty when nothing is left to do."""
        raise NotImplementedError

    def _kept_keys(self, payload: dict, element: dict | None = None) -> list[str]:
        """Return what can be emptied in Xero and has a value in ``payload``.

        :param element: what Xero holds, if known
        """
        return sorted(key for key in self._clearable if payload.get(key) not in (None, "", self._clearable[key][1]))

    def _fit(self, payload: dict, element: dict, had: set[str]) -> dict:
        """Return ``payload``, the update of a record, so that it wipes nothing of ``element`` that Odoo never had.

        :param element: what Xero holds now
        :param had: what :meth:`_kept_keys` returned at the last agreement
        """
        return payload

    # === MARKERS === #

    def _database_mark(self) -> str:
        """Return what tells this database from others that write to the same organisation."""
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")[:8]

    def _deep_link(self, res_id: int) -> str:
        """Return the address of the record in this Odoo; Xero shows it as "Go to …"."""
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        query = urlencode({"model": self._odoo_model, "res_id": res_id, "xero_db": self._database_mark()})
        return f"{base.rstrip('/')}/mail/view?{query}"

    def _is_deep_link(self, url, res_id: int) -> bool:
        """Tell whether ``url`` is :meth:`_deep_link` of the record. The host is not compared: it may have changed."""
        query = parse_qs(urlsplit(url or "").query)
        found = [query.get(key, [""])[0] for key in ("model", "res_id", "xero_db")]
        return found == [self._odoo_model, str(res_id), self._database_mark()]
