"""The way in: what Xero holds becomes what Odoo holds. Here: what all types share, and how they are found."""

import logging
import traceback
from collections import namedtuple

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.tools import SQL

from ..mappers.inbound_document import changed_fields
from ..xero_api import codec, dates

_logger = logging.getLogger(__name__)

# What became of one element. The set is closed; docs/reference/inbound.md explains each.
OUTCOMES = {
    "echo": "Nothing new: what Xero holds is what was agreed last",
    "agreed": "Both sides made the same change, or Xero's change concerns nothing that Odoo keeps",
    "created": "A new record was made in Odoo",
    "updated": "The record in Odoo was changed",
    "posted": "The draft in Odoo was posted",
    "cancelled": "The document in Odoo was cancelled",
    "archived": "The contact in Odoo was archived",
    "restored": "The contact in Odoo was unarchived",
    "merged": "The link moved to the contact that survived a merge in Xero",
    "undone": "The record in Odoo was taken back",
    "linked": "The element bears our mark: the link to it was missing and is there again",
    "resent": "Odoo's side is sent again",
    "conflict": "Both sides changed: the policy decided, or a person is asked",
    "refused": "Odoo forbids the change: the reason and the ways out are on the record",
    "failed": "It cannot be taken over yet: the reason is on a job",
    "ignored": "By setting, or none of Odoo's business",
}
# Outcomes that wrote nothing and are not worth a line in the log.
SILENT = ("echo", "agreed", "ignored")
CHUNK = 200
# Somebody wrote at the same time: the whole transaction begins anew, which sees what they wrote.
BEGIN_ANEW = (pg_errors.SerializationFailure, pg_errors.DeadlockDetected)
Result = namedtuple("Result", "outcome message res_id fix", defaults=(None, None, None))


class Untakeable(Exception):
    """An element that Odoo cannot take over before a person mends something.

    :param kind: a failure type of ``xero.sync.job``
    :param record: the record whose screen mends it
    """

    def __init__(self, kind: str, message: str, record=None):
        super().__init__(message)
        self.fix = {"kind": kind, **({"model": record._name, "res_id": record.id} if record else {})}


class XeroInbound(models.AbstractModel):
    """Takes over what Xero holds, by the present state of an element: the same element applied twice changes nothing.

    A new type is a model that inherits this one, sets the class attributes and implements the hooks. All writes run as
    superuser in the company of the connection, with ``xero_no_sync``, inside a transaction that the worker commits.
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
    # Whether changes in Xero are taken over; else the model only knows the form of the elements.
    _takes_in = True
    # Whether the schedule polls it, and with what parameters.
    _polled = True
    _params = {}
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
        """Return the model that takes in a Xero type, ``None`` when there is none."""
        return next((inbound for inbound in self._all() if inbound._xero_type == xero_type), None)

    @api.model
    def _for_category(self, category: str):
        """Return the model for a webhook category, ``None`` for those that do not concern us."""
        return next((inbound for inbound in self._all() if inbound._category and inbound._category == category), None)

    # === TO IMPLEMENT === #

    def _remote_view(self, element: dict) -> dict:
        """Return what matters of ``element`` as plain JSON values, the same however Xero writes it.

        Two views are equal exactly when nothing happened that Odoo should know. Decimals are texts without trailing
        zeros (``mappers.inbound_values.number``); what is empty is left out.
        """
        raise NotImplementedError

    def _apply_known(self, connection, changed: list[tuple]) -> dict:
        """Take over changes of elements that are linked.

        :param changed: pairs ``(link, element)`` whose view differs from the agreed one
        :return: ``{xero id: Result}``
        """
        raise NotImplementedError

    def _apply_new(self, connection, elements: list[dict]) -> dict:
        """Take over elements that no link knows.

        :return: ``{xero id: Result}``
        """
        raise NotImplementedError

    def _poll(self, connection, client, runner):
        """Read what changed in Xero, in place of the usual pages.

        :return: ``True`` when done; ``False`` when the day's last calls are for people, to go on later; ``None`` when
            the usual pages shall be read
        """
        return None

    @api.model
    def _settlements(self, connection, xero_type: str, pairs: list[tuple]) -> None:
        """Take in what was paid or credited on documents.

        :param pairs: ``(link, element)`` of invoices and credit notes whose settlement changed
        """

    # === AGREEMENT === #

    @api.model
    def _agreement(self, xero_type: str, element: dict, source: str = "write") -> dict:
        """Return the columns of a link that record what Xero held: view, digest, and how it was learned.

        :param source: ``"read"`` for a full reading; ``"write"`` for the answer to a write, which may leave things out
        """
        inbound = self._for_type(xero_type)
        view = inbound._remote_view(element) if inbound is not None else None
        return {
            "remote_view": codec.dumps(view).decode() if view is not None else None,
            "remote_digest": codec.digest(view) if view is not None else None,
            "remote_source": source,
        }

    def _agree(self, connection, link, element: dict, **values) -> dict:
        """Store that both sides agree on ``element``; later readings of the same are echoes.

        :param values: further columns of the link, such as ``digest`` or ``state``
        """
        row = {
            **self._agreement(self._xero_type, element, "read"),
            "xero_status": element.get(self._status_field) or None,
            "xero_updated_at": dates.parse_xero(element.get("UpdatedDateUTC")),
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

    def _agree_all(self, pairs) -> None:
        """Store that both sides agree on the elements of ``pairs`` (link, element), with one statement."""
        self.env["xero.link"]._save_views(
            [
                (
                    link.id,
                    {
                        **self._agreement(self._xero_type, element, "read"),
                        "xero_status": element.get(self._status_field) or None,
                        "xero_updated_at": dates.parse_xero(element.get("UpdatedDateUTC")),
                        "synced_at": fields.Datetime.now(),
                    },
                )
                for link, element in pairs
            ]
        )

    def _link_row(self, connection, res_id: int, element: dict, company=None, **values) -> dict:
        """Return the values of a new link between ``res_id`` and ``element``, for ``xero.link._save``."""
        return {
            "connection_id": connection.id,
            "company_id": (company or connection.company_id).id,
            "xero_type": self._xero_type,
            "res_model": self._odoo_model,
            "res_id": res_id,
            "xero_id": element[self._id_field],
            "state": "synced",
            "xero_status": element.get(self._status_field) or None,
            "xero_updated_at": dates.parse_xero(element.get("UpdatedDateUTC")),
            "synced_at": fields.Datetime.now(),
            **self._agreement(self._xero_type, element, "read"),
            **values,
        }

    # === APPLY === #

    def _apply(self, connection, elements: list[dict]) -> dict:
        """Take over ``elements`` as Xero holds them now.

        :return: ``{xero id: Result}``; what Odoo could not take is a failed fetch job already
        """
        elements = list(
            {element[self._id_field]: element for element in elements if element.get(self._id_field)}.values()
        )
        results = {}
        for start in range(0, len(elements), CHUNK):
            results |= self._apply_chunk(connection, elements[start : start + CHUNK])
        return results

    def _apply_chunk(self, connection, elements):
        worker = self._as_worker(connection)
        links = worker._links(connection, [element[self._id_field] for element in elements])
        results, seen_first, changed, new = {}, [], [], []
        for element in elements:
            xero_id = element[self._id_field]
            link = links.get(xero_id)
            if not link:
                new.append(element)
            elif link.state == "ignored":
                results[xero_id] = Result("ignored")
            else:
                digest = codec.digest(self._remote_view(element))
                if link.remote_digest == digest and link.remote_source == "read":
                    results[xero_id] = Result("echo", res_id=link.res_id)
                elif link.remote_digest == digest or worker._is_same_version(link, element):
                    seen_first.append((link, element))
                    results[xero_id] = Result("echo", res_id=link.res_id)
                else:
                    changed.append((link, element))
        worker._adopt_views(connection, seen_first)
        if changed:
            waiting = self.env["xero.conflict"]._waiting(connection, worker, changed)
            results |= {xero_id: Result("ignored") for xero_id in waiting}
            changed = [pair for pair in changed if pair[1][self._id_field] not in waiting]
        if changed:
            results |= worker._guarded(connection, worker._apply_known, changed)
        if new:
            results |= worker._guarded(connection, worker._apply_new, new)
        worker._write_down(connection, results)
        return results

    def _as_worker(self, connection):
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
        """Return ``{xero id: link}`` of those that have one; one query."""
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
        updated = dates.parse_xero(element.get("UpdatedDateUTC"))
        if link.remote_source == "read" or not updated or updated != link.xero_updated_at:
            return False
        known = {name: value for name, value in (link.remote_view or {}).items() if name != "money"}
        view = self._remote_view(element)
        return all(view.get(name) == value for name, value in known.items())

    def _apart(self, link, ours: dict, view: dict) -> set:
        """Return the fields that Odoo (``ours``) or Xero (``view``) changed since the last agreement and that differ.

        What is paid or credited is no field.
        """
        base = link.remote_view or {}
        touched = (changed_fields(base, view) | changed_fields(base, ours)) - {"money"}
        return {name for name in touched if ours.get(name) != view.get(name)}

    def _sent_view(self, connection, link, payload: dict, total) -> dict:
        """Return what Xero would hold after saving ``payload``, of the fields that ``payload`` says something about.

        :param total: the total that Odoo expects, as text; ``None`` without any
        """
        return self._remote_view(payload)

    def _is_saved(self, connection, link, element: dict, payload: dict, total) -> bool:
        """Whether an update whose answer was lost is what changed ``element`` since the last agreement, and only it."""
        view = self._remote_view(element)
        changed = changed_fields(link.remote_view, view) - {"money"}
        sent = self._sent_view(connection, link, payload, total)
        return bool(changed) and all(sent.get(name) == view.get(name) for name in changed)

    def _adopt_views(self, connection, pairs) -> None:
        """Complete the agreed views by what a reading shows and the answer to our write left out; one statement."""
        self.env["xero.link"]._save_views(
            [(link.id, self._agreement(self._xero_type, element, "read")) for link, element in pairs]
        )

    def _guarded(self, connection, step, items) -> dict:
        """Run ``step`` over all ``items``; when it breaks, over each alone, so that one bad element stops no other."""
        try:
            with self.env.cr.savepoint():
                return step(connection, items)
        except BEGIN_ANEW:
            raise
        except Exception:  # noqa: BLE001 -- find the one that breaks it
            _logger.info("Taking over %s %s together failed; taking them one by one", len(items), self._xero_type)
            self.env.invalidate_all(flush=False)
        results = {}
        for item in items:
            results |= self._alone(connection, step, item)
        return results

    def _alone(self, connection, step, item):
        try:
            with self.env.cr.savepoint():
                return step(connection, [item])
        except BEGIN_ANEW:
            raise
        except Exception as error:
            _logger.exception("Taking over one %s failed", self._xero_type)
            self.env.invalidate_all(flush=False)
            element = item[1] if isinstance(item, tuple) else item
            text = "".join(traceback.format_exception(error, limit=-5))
            return {element[self._id_field]: Result("failed", text, fix={"kind": "bug"})}

    def _write_down(self, connection, results) -> None:
        """Put what was written into the log, and what could not be taken over on failed jobs."""
        told = {xero_id: result for xero_id, result in results.items() if result.outcome not in SILENT}
        self.env["xero.log"].create(
            [
                {
                    "connection_id": connection.id,
                    "company_id": connection.company_id.id,
                    "direction": "in",
                    "path": f"{self._resource}/{xero_id}",
                    "summary": self.env._("%(type)s: %(outcome)s", type=self._xero_type, outcome=result.outcome),
                    "detail": None if result.outcome == "failed" else result.message,
                }
                for xero_id, result in told.items()
            ]
        )
        failed = {xero_id: result for xero_id, result in told.items() if result.outcome == "failed"}
        self.env["xero.sync.job"]._fail_fetches(connection, self, failed)
        self._notify_screens(connection, told)

    def _notify_screens(self, connection, results):
        res_ids = sorted({result.res_id for result in results.values() if result.res_id})
        if res_ids and self._odoo_model:
            self.env["bus.bus"]._sendone(
                (connection.company_id, "xero"),
                "xero_connector.status",
                {"model": self._odoo_model, "ids": res_ids, "changed": True},
            )
