"""The way in: what Xero holds becomes what Odoo holds. Here: what all types share, and how they are found."""

import logging
import traceback
from collections import defaultdict, namedtuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tools import SQL, ormcache

from ...mappers.awaited import element_key, record_key
from ...mappers.document.canonical import changed_fields
from ...mappers.outgoing import ABSENT
from ...xero_api import codec, dates, shape
from ..connection import xero_identity as identity
from ..link.packed import column_of
from ..queue.drain import BEGIN_ANEW
from .xero_quarantine import Broken
from .xero_sync_cursor import CLOCK_SLACK

_logger = logging.getLogger(__name__)

# What became of one element. The set is closed; docs/reference/inbound.md explains each.
OUTCOMES = {
    "echo": "Nothing new: what Xero holds is what was agreed last",
    "agreed": "Both sides made the same change, or Xero's change concerns nothing that Odoo keeps",
    "created": "A new record was made in Odoo",
    "updated": "The record in Odoo was changed",
    "posted": "The draft in Odoo was posted",
    "cancelled": "The document in Odoo was cancelled",
    "left": "A person is at work on it in Odoo: it stays as it is there, and says what happened",
    "archived": "The contact in Odoo was archived",
    "restored": "The contact in Odoo was unarchived",
    "merged": "The link moved to the contact that survived a merge in Xero",
    "undone": "The record in Odoo was taken back",
    "linked": "The element bears our mark: the link to it was missing and is there again",
    "resent": "Odoo's side is sent again",
    "conflict": "Both sides changed: the policy decided, or a person is asked",
    "refused": "Odoo forbids the change: the reason and the ways out are on the record",
    "reserved": "Not Xero's to change: a person with the right to do so in Odoo is asked",
    "failed": "It cannot be taken over yet: the reason is on a job",
    "quarantined": "An unexpected error: the element waits in the quarantine, and nothing else waits for it",
    "ignored": "By setting, or none of Odoo's business",
}
# Outcomes that wrote nothing and are not worth a line in the log.
SILENT = ("echo", "agreed", "ignored")
# Outcomes that say nothing new of the record in Odoo.
UNCHANGED = ("echo", "failed", "quarantined")
# Outcomes that changed a record in Odoo, or the link to it.
CHANGED = ("created", "updated", "posted", "cancelled", "archived", "restored", "merged", "undone", "linked")
CHUNK = 200
# How Odoo itself says no.
FORBIDDEN = (AccessError, UserError, RedirectWarning)
Result = namedtuple("Result", "outcome message res_id fix", defaults=(None, None, None))


class Untakeable(Exception):
    """An element that Odoo cannot take over before a person mends something.

    :param kind: a failure type of ``xero.sync.job``
    :param record: the record whose screen mends it
    :param waits: keys of ``mappers/awaited``: what else may change so that it can be taken over
    """

    def __init__(self, kind: str, message: str, record=None, waits=()):
        super().__init__(message)
        self.fix = {"kind": kind, "waits": waits, **({"model": record._name, "res_id": record.id} if record else {})}


class XeroInboundHook(models.AbstractModel):
    """What other rooms add to the way in: each model that inherits this one is called, for every type.

    Hooks are called as superuser, in the company of ``connection`` (the ``xero.connection`` that is read), with
    ``xero_no_sync``, inside the transaction of the page; they call nobody. ``xero_type`` is as on the importer.
    """

    _name = "xero.inbound.hook"
    _inherit = "xero.hook"
    _description = "Xero Inbound Hook"

    @api.model
    def _all_asked_for(self, connection, xero_type: str, xero_ids: list[str]) -> list[str]:
        """Return those of ``xero_ids`` that any of the hooks asks for; as :meth:`_asked_for`."""
        return [found for hook in self._all() for found in hook._asked_for(connection, xero_type, xero_ids)]

    @api.model
    def _notify_matched_again(self, move, credits) -> None:
        """Tell all hooks that ``move`` was matched again with ``credits``; as :meth:`_matched_again`."""
        for hook in self._all():
            hook._matched_again(move, credits)

    # === TO IMPLEMENT === #

    def _asked_for(self, connection, xero_type: str, xero_ids: list[str]) -> list[str]:
        """Return those of ``xero_ids``, new documents, that a person wants imported whatever the settings say.

        :param xero_ids: Xero's ids, as in the elements
        """
        return []

    def _import_settlements(self, connection, xero_type: str, pairs: list[tuple]) -> None:
        """Take in what was paid or credited on documents.

        :param pairs: ``(link, element)`` of documents of ``xero_type`` whose settlement changed: ``xero.link``, and the
            element in the form of Xero's JSON
        """

    def _was_read(self, connection, xero_type: str, elements: list[dict]) -> None:
        """Called when elements were read and taken over, whatever became of each.

        :param elements: of the form of Xero's, as they were read
        """

    def _matched_again(self, move, credits) -> None:
        """Called when a document was reset and matched with what settled it before.

        :param move: the ``account.move``
        :param credits: the entries (``account.move``) that settle ``move``; it may be another amount than before
        """


class XeroInbound(models.AbstractModel):
    """Takes over what Xero holds, by the present state of an element: the same element applied twice changes nothing.

    A new type is a model that inherits this one, sets the class attributes and implements the hooks. All writes run as
    superuser in the company of the connection, with ``xero_no_sync``, inside a transaction that the worker commits.

    What all methods are given: ``connection`` is the ``xero.connection`` that is read; ``element`` is a dict in the
    form of Xero's JSON, numbers with a fraction as ``Decimal``, which was looked at by ``xero_api.shape``; ``link`` is
    its ``xero.link``; ``record`` is the Odoo record of ``_odoo_model`` that it stands for. A *state* is what
    :meth:`_canonical` returns, of either side. ``payload`` is an element as Odoo would send it. None of them calls
    Xero; what else is to be read is queued.
    """

    _name = "xero.inbound"
    _description = "Xero Inbound"

    # As on the mapper of the type and on links. Models without it only share code.
    _xero_type = None
    _resource = None
    _id_field = None
    _status_field = "Status"
    _odoo_model = None
    # Webhook category; ``None``: Xero announces none.
    _category = None
    # What is referred to is read before what refers to it.
    _rank = 50
    # The field of the connection that switches the type on, true or false; ``None``: settings of another kind do.
    _switch = None
    # What the health of a connection counts it among: contacts, documents or payments.
    _flow = "documents"
    # Whether changes in Xero are taken over; else the model only knows the form of the elements.
    _takes_in = True
    # The field of the connection that says who wins when both sides changed; ``None``: a person is asked.
    _policy_field = None
    # Whether the schedule polls it, and with what parameters.
    _polled = True
    _params = {}
    # How seldom the schedule may read it, a ``timedelta``; ``None``: as often as all others.
    _every = None
    # Whether its elements bear no time of change, so that each reading is of all of them.
    _is_read_whole = False
    # How a snapshot of whole books reads it, a ``Kind`` (``snapshot/xero_snapshot_element``); ``None``: it does not, or
    # the snapshot knows by itself.
    _snapshot = None
    # OAuth permissions that reading it needs besides those that every consent has (Xero: Scopes).
    _scopes = ()
    # Whether the resource takes a list of ids; else each is a call.
    _lists_ids = True

    # === REGISTRY === #

    @api.model
    def _all(self) -> list:
        """Return every inbound type, in the order of reading."""
        names = self.env.registry.descendants(["xero.inbound"], "_inherit")
        found = [self.env[name] for name in names if self.env[name]._xero_type and self.env[name]._takes_in]
        return sorted(found, key=lambda inbound: (inbound._rank, inbound._name))

    @api.model
    def _for_type(self, xero_type: str):
        """Return the model that takes in a Xero type, ``None`` when there is none.

        :param xero_type: as on links
        :return: the model, without records
        """
        name = self.env["xero.inbound"]._names_by_type().get(xero_type)
        return self.env[name] if name else None

    @api.model
    @ormcache()
    def _names_by_type(self) -> dict:
        """Return ``{Xero type: name of its model}``: it is asked for each element of an answer."""
        return {inbound._xero_type: inbound._name for inbound in reversed(self._all())}

    @api.model
    def _for_category(self, category: str):
        """Return the model for a webhook category, ``None`` for those that do not concern us.

        :param category: in capitals, such as ``INVOICE`` (Xero: Webhooks)
        """
        return next((inbound for inbound in self._all() if inbound._category and inbound._category == category), None)

    # === TO IMPLEMENT === #

    def _canonical(self, element: dict) -> dict:
        """Return what matters of ``element`` as plain JSON values, the same however Xero writes it.

        Two states are equal exactly when nothing happened that Odoo should know. Decimals are texts without trailing
        zeros (``mappers.values.number``); what is empty is left out.

        :return: a dict of texts, lists and dicts; amounts are in the currency of the element, lines without tax
        """
        raise NotImplementedError

    def _apply_known(self, connection, changed: list[tuple]) -> dict:
        """Take over changes of elements that are linked.

        When it raises, it is tried again with each pair alone, and what raises then is in the quarantine.

        :param changed: pairs ``(link, element)`` whose state differs from the agreed one, of which no person is being
            asked
        :return: ``{xero id: Result}``
        """
        raise NotImplementedError

    def _apply_new(self, connection, elements: list[dict]) -> dict:
        """Take over elements that no link knows.

        When it raises, it is tried again with each element alone, and what raises then is in the quarantine.

        :param elements: of the type, each with an id of its own; gone ones included
        :return: ``{xero id: Result}``
        """
        raise NotImplementedError

    @api.model
    def _settlements(self, connection, xero_type: str, pairs: list[tuple]) -> None:
        """Take in what was paid or credited on documents.

        :param xero_type: ``Invoice`` or ``CreditNote``, or a type of its own that is settled
        :param pairs: ``(link, element)`` of invoices and credit notes whose settlement changed
        """
        for hook in self.env["xero.inbound.hook"]._all():
            hook._import_settlements(connection, xero_type, pairs)

    def _is_switched_on(self, connection) -> bool:
        """Whether the settings of ``connection`` switch the type on."""
        return not self._switch or bool(connection[self._switch])

    def _is_polled(self, connection) -> bool:
        """Whether the schedule reads it in ``connection``: it is wanted, and the consent allows it."""
        return self._polled and self._is_switched_on(connection) and not connection._lacks(self._scopes)

    # === AGREEMENT === #

    @api.model
    def _base_columns(self, xero_type: str, element: dict, source: str = "write") -> dict:
        """Return the columns of a link that record what Xero held: state, digest, and how it was learned.

        :param xero_type: as on links; of one without an importer nothing is agreed on
        :param element: as in a reading or an answer
        :param source: ``"read"`` for a full reading; ``"write"`` for the answer to a write, which may leave things out;
            nothing is agreed on by an answer that is odd, and the next reading says what Xero holds
        :return: ``base_state``, ``base_digest`` and ``base_source``, in the form of columns
        """
        inbound = self._for_type(xero_type)
        known = inbound is not None and (source == "read" or not shape.faults(xero_type, element, inbound._id_field))
        state = inbound._canonical(element) if known else None
        return {
            "base_state": column_of(codec.dumps(state).decode()) if state is not None else None,
            "base_digest": codec.digest(state) if state is not None else None,
            "base_source": source,
        }

    def _odoo_columns(self, out, element: dict) -> dict:
        """Return the columns of a link that record that Odoo has nothing to send: what it would send is agreed.

        :param out: the ``Outgoing`` of the record; ``None`` or one that must not exist for none
        :param element: what Xero holds
        """
        if out is None or out.status == ABSENT:
            return {"digest": None, "odoo_state": None}
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        said = mapper._said(out)
        told = None if said is None else mapper._agreed(said, element, payload=out.payload)
        return {
            "digest": codec.digest(out.canonical()),
            "odoo_state": None if told is None else column_of(codec.dumps(told).decode()),
        }

    def _save_base(self, connection, link, element: dict, **values) -> dict:
        """Store that both sides agree on ``element``; later readings of the same are echoes.

        It is written at once, past the ORM.

        :param values: further columns of the link, such as ``digest`` or ``state``, in the form of columns
        """
        row = {
            **self._base_columns(self._xero_type, element, "read"),
            "xero_status": element.get(self._status_field) or None,
            "xero_updated_at": self._updated_at(connection, element),
            "synced_at": fields.Datetime.now(),
            **values,
        }
        self.env["xero.link"].flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE xero_link SET %s WHERE id = %s",
                SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in row.items()),
                link.id,
            )
        )
        link.invalidate_recordset()

    def _save_bases(self, pairs) -> None:
        """Store that both sides agree on the elements of ``pairs`` (link, element), with one statement.

        :param pairs: of this type, in any number
        """
        self.env["xero.link"]._save_base_rows(
            [
                (
                    link.id,
                    {
                        **self._base_columns(self._xero_type, element, "read"),
                        "xero_status": element.get(self._status_field) or None,
                        "xero_updated_at": self._updated_at(link.connection_id, element),
                        "synced_at": fields.Datetime.now(),
                    },
                )
                for link, element in pairs
            ]
        )

    def _link_row(self, connection, res_id: int, element: dict, company=None, **values) -> dict:
        """Return the values of a new link between ``res_id`` and ``element``, for ``xero.link._save``.

        :param res_id: id of ``_odoo_model``
        :param company: of the record; by default that of the connection
        :param values: further columns, and those that are another than said here
        """
        return {
            "connection_id": connection.id,
            "company_id": (company or connection.company_id).id,
            "xero_type": self._xero_type,
            "res_model": self._odoo_model,
            "res_id": res_id,
            "xero_id": element[self._id_field],
            "state": "synced",
            "xero_status": element.get(self._status_field) or None,
            "xero_updated_at": self._updated_at(connection, element),
            "synced_at": fields.Datetime.now(),
            # Of another element, where the link had one.
            "odoo_state": None,
            **self._base_columns(self._xero_type, element, "read"),
            **values,
        }

    @api.model
    def _updated_at(self, connection, element: dict):
        """Return when ``element`` was changed, by Xero's clock; ``None`` where that cannot be true.

        :return: naive UTC
        """
        return dates.believable(element.get("UpdatedDateUTC"), connection._xero_now() + CLOCK_SLACK)

    # === IDENTITY === #

    def _recognise(self, connection, elements: list[dict]) -> dict:
        """Return ``{xero id: Verdict}`` of those of ``elements`` that bear our mark and are in use in Xero.

        What claims to be ours and is not, is told.

        :param elements: of this type, that no link knows
        :return: ``Verdict`` of ``models/connection/xero_identity``
        """
        living = [element for element in elements if not self._is_gone(element)]
        verdicts = self.env["xero.identity"]._judge(connection, self._xero_type, living)
        if verdicts and self._is_being_sent(connection):
            # The answer to sending it may be what is missing: whoever looks that up, tells.
            return verdicts
        self.env["xero.identity"]._log_strangers(
            connection, self, living, {xero_id: verdict.kind for xero_id, verdict in verdicts.items()}
        )
        return verdicts

    def _kept_apart(self, connection, element, verdict):
        """Return the ``Result`` of an element by its mark, ``None`` for one that is handled as new.

        :param verdict: what :meth:`_recognise` has of it, ``None`` without any
        """
        if verdict is None or verdict.kind in identity.OF_OTHERS:
            return None
        if verdict.kind == identity.OURS and not self._is_being_sent(connection):
            return self._link_again(connection, element, verdict.record)
        return Result("ignored")

    def _is_gone(self, element) -> bool:
        """Whether ``element`` is out of use in Xero."""
        raise NotImplementedError

    def _link_again(self, connection, element, record):
        """Link ``record`` to ``element``, which was made for it: the answer to its creation was lost, or the link.

        What Odoo holds may be another thing by now: it is sent over it.

        :param record: the one that the mark of ``element`` names
        :return: the ``Result``
        """
        raise NotImplementedError

    def _is_being_sent(self, connection) -> bool:
        """Whether the outcome of a call is open: the sending itself looks for what it made."""
        return bool(
            self.env["xero.sync.batch"].search_count(
                [("connection_id", "=", connection.id), ("state", "!=", "done")], limit=1
            )
        )

    # === APPLY === #

    def _apply(self, connection, elements: list) -> dict:
        """Take over ``elements`` as Xero holds them now; whatever they are, none of them stops another.

        It is the way in for everything that was read, whoever read it.

        :param elements: as they stand in the list of an answer
        :return: ``{xero id: Result}``; what Odoo could not take is a failed fetch job already, what is none of Xero's
            elements is in the quarantine and not among the results
        """
        well, odd = shape.sort(self._xero_type, elements, self._id_field)
        quarantine = self.env["xero.quarantine"].sudo()
        quarantine._put(connection, self._xero_type, odd)
        well = list({element[self._id_field]: element for element in well}.values())
        results = {}
        for start in range(0, len(well), CHUNK):
            for inbound, own in self._by_importer(connection, well[start : start + CHUNK]):
                results |= inbound._apply_chunk(connection, own)
        ended = [xero_id for xero_id, result in results.items() if result.outcome != "quarantined"]
        if ended:
            quarantine._end(connection, self._xero_type, ended)
        return results

    def _by_importer(self, connection, elements) -> list[tuple]:
        """Return pairs ``(importer, elements)``: what was made of another model than this type's goes to its own type,
        and is left alone where that takes nothing in.

        :param elements: of this type's lists, each with an id of its own
        """
        kin = self.env["xero.mapper"]._family(self._xero_type)[1:]
        owners = self._kin_of(connection, kin, elements) if kin else {}
        if not owners:
            return [(self, elements)]
        by_type = defaultdict(list)
        for element in elements:
            by_type[owners.get(element[self._id_field], self._xero_type)].append(element)
        importers = {xero_type: self._for_type(xero_type) for xero_type in by_type}
        # A model without records is false.
        return [(importers[name], own) for name, own in by_type.items() if importers[name] is not None]

    def _kin_of(self, connection, kin, elements) -> dict:
        """Return ``{xero id: type}`` of those of ``elements`` that belong to one of the types ``kin``: they are linked
        as such, or no link knows them and they bear the mark of a record that was certainly sent.
        """
        ids = [element[self._id_field] for element in elements]
        domain = [("connection_id", "=", connection.id), ("xero_type", "in", [self._xero_type, *kin])]
        links = self.env["xero.link"].sudo().search([*domain, ("xero_id", "in", ids)])
        found = {link.xero_id: link.xero_type for link in links}
        for xero_type in kin:
            unknown = [element for element in elements if element[self._id_field] not in found]
            verdicts = self.env["xero.identity"]._judge(connection, xero_type, unknown)
            ours = [xero_id for xero_id, verdict in verdicts.items() if verdict.kind not in identity.OF_OTHERS]
            found |= dict.fromkeys(ours, xero_type)
        return {xero_id: xero_type for xero_id, xero_type in found.items() if xero_type != self._xero_type}

    def _apply_chunk(self, connection, elements):
        worker = self._as_worker(connection)
        results = worker._guarded(connection, worker._import_elements, elements)
        worker._write_down(connection, results)
        worker._shut_away(connection, results, elements)
        worker._wake_waiting(connection, results, elements)
        for hook in worker.env["xero.inbound.hook"]._all():
            hook._was_read(connection, self._xero_type, elements)
        return results

    def _wake_waiting(self, connection, results, elements) -> None:
        """Try again what failed and waits for one of ``elements``, or for what Odoo knows as one; one query.

        What is sent may wait for anything that is read. A fetch waits for what a reading changed, and never for a
        reading of its own element, which has just judged it: else it would read for ever.
        """
        read = [element[self._id_field] for element in elements]
        keys = {element_key(self._xero_type, xero_id) for xero_id in read}
        keys |= {self._record_key(one) for one in results.values() if one.res_id and one.outcome not in UNCHANGED}
        changed = {xero_id: one for xero_id, one in results.items() if one.outcome in CHANGED}
        news = [element_key(self._xero_type, xero_id) for xero_id in changed]
        news += [self._record_key(one) for one in changed.values() if one.res_id]
        not_in_a_circle = SQL(
            "(operation != 'pull' OR waits_for ?| %s AND NOT (xero_type = %s AND xero_id = ANY(%s)))",
            news,
            self._xero_type,
            [xero_id.lower() for xero_id in read],
        )
        self.env["xero.sync.job"]._retry_awaiting(keys, connection, only=not_in_a_circle)

    def _record_key(self, result) -> str:
        return record_key(self._odoo_model, result.res_id)

    def _import_elements(self, connection, elements) -> dict:
        """Judge ``elements`` and take over what changed; called on the worker (see ``_as_worker``).

        :return: ``{xero id: Result}``
        """
        links = self._links(connection, [element[self._id_field] for element in elements])
        results, seen_first, changed, new = {}, [], [], []
        for element in elements:
            xero_id = element[self._id_field]
            link = links.get(xero_id)
            if not link:
                new.append(element)
            elif link.state == "ignored":
                results[xero_id] = Result("ignored")
            else:
                digest = codec.digest(self._canonical(element))
                if link.base_digest == digest and link.base_source == "read":
                    results[xero_id] = Result("echo", res_id=link.res_id)
                elif (
                    link.base_digest == digest
                    or self._is_same_version(link, element)
                    or self._is_as_sent(connection, link, element)
                ):
                    seen_first.append((link, element))
                    results[xero_id] = Result("echo", res_id=link.res_id)
                else:
                    changed.append((link, element))
        self._complete_bases(connection, seen_first)
        echoed = [links[xero_id] for xero_id, result in results.items() if result.outcome == "echo"]
        self.env["xero.conflict"]._taken_back([link for link in echoed if link.state == "conflict"])
        if changed:
            waiting = self.env["xero.conflict"]._waiting(connection, self, changed)
            results |= {xero_id: Result("ignored") for xero_id in waiting}
            changed = [pair for pair in changed if pair[1][self._id_field] not in waiting]
        if changed:
            results |= self._guarded(connection, self._apply_known, changed)
        if new:
            results |= self._guarded(connection, self._apply_new, new)
        return results

    def _as_worker(self, connection):
        """Return self as all of this runs: superuser, in the company of ``connection`` alone, with ``xero_no_sync``."""
        return (
            self.with_company(connection.company_id)
            .with_context(
                allowed_company_ids=connection.company_id.ids,
                xero_no_sync=True,
                tracking_disable=False,
            )
            .sudo()
        )

    def _links(self, connection, xero_ids) -> dict:
        """Return ``{xero id: link}`` of those that have one; one query.

        :param xero_ids: Xero's ids, as links have them
        """
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("xero_type", "=", self._xero_type),
                ("xero_id", "in", xero_ids),
            ]
        )
        return {link.xero_id: link for link in links}

    def _is_same_version(self, link, element) -> bool:
        """Whether ``element`` is the version that a write of ours was answered with, seen in full for once.

        The same time is not enough: Xero has changes that do not move it.
        """
        updated = self._updated_at(link.connection_id, element)
        if link.base_source == "read" or not updated or updated != link.xero_updated_at:
            return False
        known = {name: value for name, value in (link.base_state or {}).items() if name != "money"}
        state = self._canonical(element)
        return all(state.get(name) == value for name, value in known.items())

    def _is_as_sent(self, connection, link, element) -> bool:
        """Whether ``element`` is what Odoo holds, seen first after a write of ours whose answer was unreadable."""
        if link.base_state or link.base_source != "write":
            return False
        record = self.env[link.res_model].browse(link.res_id).exists()
        ours, state = self._canonical_odoo(connection, link, record) if record else {}, self._canonical(element)
        return bool(ours) and all(state.get(name) == value for name, value in ours.items() if name != "money")

    def _apart(self, link, ours: dict, state: dict) -> set:
        """Return the fields that Odoo (``ours``) or Xero (``state``) changed since the last agreement and that differ.

        What is paid or credited is no field.

        :param ours: Odoo's side, as :meth:`_canonical_odoo` returns it
        :param state: Xero's side
        :return: keys of the states
        """
        base = link.base_state or {}
        touched = (changed_fields(base, state) | changed_fields(base, ours)) - {"money"}
        return {name for name in touched if ours.get(name) != state.get(name)}

    def _canonical_sent(self, connection, link, payload: dict, total) -> dict:
        """Return what Xero would hold after saving ``payload``, of the fields that ``payload`` says something about.

        :param payload: of the stored call, with Xero's id
        :param total: the total that Odoo expects, a Decimal in the currency of the document; ``None`` without any
        """
        return self._canonical_payload(connection, link, payload, total)

    def _is_saved(self, connection, link, element: dict, payload: dict, total) -> bool:
        """Whether an update whose answer was lost is what changed ``element`` since the last agreement, and only it.

        :param payload: of the stored call
        :param total: as for :meth:`_canonical_sent`
        """
        state = self._canonical(element)
        changed = changed_fields(link.base_state, state) - {"money"}
        sent = self._canonical_sent(connection, link, payload, total)
        return bool(changed) and all(sent.get(name) == state.get(name) for name in changed)

    def _complete_bases(self, connection, pairs) -> None:
        """Complete the agreed states by what a reading shows and the answer to our write left out; one statement."""
        self.env["xero.link"]._save_base_rows(
            [(link.id, self._base_columns(self._xero_type, element, "read")) for link, element in pairs]
        )

    def _guarded(self, connection, step, items) -> dict:
        """Run ``step`` over all ``items``; when it breaks, over each alone, so that one bad element stops no other."""
        try:
            with self.env.cr.savepoint():
                return step(connection, items)
        except BEGIN_ANEW:
            raise
        except Exception:
            if self.env.cr.closed:
                raise
            _logger.info("Taking over %s %s together failed; taking them one by one", len(items), self._xero_type)
            self.env.invalidate_all(flush=False)
        results = {}
        for item in items:
            results |= self._alone(connection, step, item)
        return results

    def _alone(self, connection, step, item):
        """Return what ``step`` returns for one ``item``; when it breaks, that its element goes into the quarantine."""
        try:
            with self.env.cr.savepoint():
                return step(connection, [item])
        except BEGIN_ANEW:
            raise
        except Exception as error:
            if self.env.cr.closed:
                raise
            # What the error says may be what stands in the element: that is for the quarantine alone.
            _logger.warning("Taking over one %s failed: %s", self._xero_type, type(error).__name__)
            self.env.invalidate_all(flush=False)
            element = item[1] if isinstance(item, tuple) else item
            return {element[self._id_field]: Result("quarantined", self._where(error), fix={"kind": "bug"})}

    def _where(self, error) -> str:
        """Return what happened, for whoever looks after the server.

        :param error: the exception that is being handled
        """
        return "".join(traceback.format_exception(error, limit=-5))

    def _write_down(self, connection, results) -> None:
        """Put what was written into the log, and what could not be taken over on failed jobs."""
        told = {xero_id: result for xero_id, result in results.items() if result.outcome not in SILENT}
        silent = ("failed", "quarantined")
        self.env["xero.log"].create(
            [
                {
                    "connection_id": connection.id,
                    "company_id": connection.company_id.id,
                    "direction": "in",
                    "path": f"{self._resource}/{xero_id}",
                    "summary": self.env["xero.reason"]._(
                        "%(type)s: %(outcome)s", type=self._xero_type, outcome=result.outcome
                    ),
                    "detail": None if result.outcome in silent else result.message,
                }
                for xero_id, result in told.items()
            ]
        )
        failed = {xero_id: result for xero_id, result in told.items() if result.outcome == "failed"}
        self.env["xero.sync.job"]._fail_fetches(connection, self, failed)
        self._notify_screens(connection, told)

    def _shut_away(self, connection, results, elements) -> None:
        """Put the elements that met an unexpected error into the quarantine."""
        broken = []
        for element in elements:
            xero_id = element[self._id_field]
            result = results.get(xero_id)
            if result and result.outcome == "quarantined":
                error = (result.message or "").strip().rpartition("\n")[2].partition(":")[0][:100]
                name = shape.name_of(element, shape.names(self._xero_type))
                broken.append(Broken(xero_id, name, error.rpartition(".")[2], result.message, element))
        self.env["xero.quarantine"]._put(connection, self._xero_type, broken)

    def _notify_screens(self, connection, results):
        """Tell open screens which records ``results`` changed."""
        res_ids = sorted({result.res_id for result in results.values() if result.res_id})
        if res_ids and self._odoo_model:
            self.env["bus.bus"]._sendone(
                (connection.company_id, "xero"),
                "xero_connector.status",
                {"model": self._odoo_model, "ids": res_ids, "changed": True},
            )
