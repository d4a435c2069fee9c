"""Whose is an element of Xero that bears a mark of this database? The one place that judges it.

A mark (``mappers/marks``) is a claim, and whoever can write in Xero can copy one. It counts where this connection can
prove that it sent this very record, and then only for a record that may stand for such an element, says the same, and
stands for no other. Everything else is a stranger's, whatever it claims.
"""

import logging
from collections import namedtuple
from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from ...mappers.marks import LARGEST_ID
from ...mappers.outgoing import ABSENT
from ...mappers.values import number
from ...xero_api import dates
from . import vault as xero_vault

_logger = logging.getLogger(__name__)

# What an element with a mark of this database is:
# the one that was made for the record, whose link is missing;
OURS = "ours"
# made for the record, which says something else by now, or may not stand for it any more: a person decides;
APART = "apart"
# made for a record that was deleted here;
GONE = "gone"
# bearing the mark of a record that stands for another element;
TAKEN = "taken"
# signed by this server for a record that this database does not know, or not so: the database is older than Xero;
AHEAD = "ahead"
# bearing a mark that proves nothing.
STRANGER = "stranger"
# What says nothing of where an element comes from.
OF_OTHERS = (STRANGER, TAKEN)

Claim = namedtuple("Claim", "signed sent exists unborn linked fits same recent")
Verdict = namedtuple("Verdict", "kind record")
# Xero's clock and ours.
CLOCKS = timedelta(minutes=15)
NAMES_TOLD = 5


def decide(claim: Claim) -> str:
    """Return what an element is by its ``claim``.

    :param claim: ``signed``: by this server for this record and organisation; ``sent``: a call of this connection for
        the record is on file, or it was linked; ``exists``: the record does; ``unborn``: its id was never given out;
        ``linked``: it stands for an element; ``fits``: it may stand for one like this; ``same``: both say the same;
        ``recent``: the element changed in Xero since the connection was made
    """
    if not (claim.signed or claim.sent):
        return STRANGER
    if claim.linked:
        return TAKEN
    if claim.fits and claim.same:
        return OURS
    if claim.signed and not claim.sent and claim.recent and (claim.exists or claim.unborn):
        return AHEAD
    if not claim.exists:
        return GONE
    return APART if claim.fits or claim.sent else STRANGER


class XeroIdentity(models.AbstractModel):
    """Judges marks, for the ``xero.connection`` that is asked about. What it looks at it reads as superuser."""
    _name = "xero.identity"
    _description = "Xero Identity"

    def _signatures(self, model: str, res_ids, connection) -> dict[int, str]:
        """Return the signatures of marks: each holds for one record and one organisation.

        :param model: name of the Odoo model
        :param res_ids: ids of its records
        :return: 20 hexadecimal digits by id
        """
        tenant = connection.sudo().tenant_id or ""
        signatures = xero_vault.sign_each([(model, res_id, tenant) for res_id in res_ids])
        return dict(zip(res_ids, signatures, strict=True))

    def _is_signed(self, model: str, mark, connection) -> bool:
        return bool(mark.signature) and xero_vault.is_signed(
            mark.signature, model, mark.res_id, connection.sudo().tenant_id or ""
        )

    # === JUDGING === #

    def _judge(self, connection, xero_type: str, elements: list[dict]) -> dict:
        """Return ``{xero id: Verdict}`` of those of ``elements`` (without a link) that bear a mark of this database.

        A fixed number of queries for any number of elements; none where no element bears a mark.

        :param xero_type: as on the mapper
        :param elements: in the form of Xero's JSON, each with an id
        :return: ``Verdict.kind`` is one of the words above; its ``record`` is empty where the mark names none that
            exists
        """
        mapper = self.env["xero.mapper"].sudo()._for_type(xero_type)
        found = {element[mapper._xero_id_field]: (mapper._mark_of(element), element) for element in elements}
        marked = {xero_id: pair for xero_id, pair in found.items() if pair[0]}
        if not marked:
            return {}
        res_ids = {mark.res_id for mark, _element in marked.values()}
        records = self._records(mapper, res_ids)
        links = self.env["xero.link"].sudo()._map(connection, xero_type, mapper._odoo_model, res_ids)
        fitting = mapper._may_stand_for(records, connection)
        free = fitting.filtered(lambda record: not self._stands_for_another(links.get(record.id)))
        outgoing = mapper._prepare(free, connection) if free else {}
        sent = self._sent(connection, mapper, res_ids, links)
        born, known, verdicts = self._largest_id(mapper), set(records.ids), {}
        for xero_id, (mark, element) in marked.items():
            res_id = mark.res_id
            claim = Claim(
                signed=self._is_signed(mapper._odoo_model, mark, connection),
                sent=res_id in sent,
                exists=res_id in known,
                unborn=res_id > born,
                linked=self._stands_for_another(links.get(res_id)),
                fits=res_id in outgoing,
                same=self._says_the_same(mapper, element, outgoing.get(res_id)),
                recent=self._is_recent(connection, element),
            )
            record = records.browse(res_id) if res_id in known else records.browse()
            verdicts[xero_id] = Verdict(decide(claim), record)
        return verdicts

    def _records(self, mapper, res_ids):
        """Return those records of the type of ``mapper`` that exist, in the companies that the mapper looks into."""
        records = self.env[mapper._odoo_model].sudo().with_context(active_test=False)
        return records.browse(sorted(res_ids)).exists()

    def _stands_for_another(self, link) -> bool:
        """Whether the record of ``link`` has an element already; one that was voided or deleted gives room."""
        return bool(link and link._is_alive())

    def _says_the_same(self, mapper, element, out) -> bool:
        if out is None or out.status in (ABSENT, "ARCHIVED") or not mapper._is_same(element, out.payload):
            return False
        total = element.get("Total")
        return out.total is None or total is None or number(out.total) == number(total)

    def _is_recent(self, connection, element) -> bool:
        """Whether ``element`` was changed in Xero since this connection exists: only that can be lost in a backup."""
        updated = dates.believable(element.get("UpdatedDateUTC"))
        return bool(updated and updated > connection.create_date - CLOCKS)

    def _sent(self, connection, mapper, res_ids, links) -> set:
        """Return those of ``res_ids`` that this connection certainly sent: a call is on file, or a link."""
        found = {res_id for res_id, link in links.items() if link.xero_id}
        kept = {"connection": connection.id, "type": mapper._xero_type, "ids": sorted(set(res_ids) - found)}
        if not kept["ids"]:
            return found
        self.env["xero.sync.job"].flush_model()
        self.env["xero.sync.batch"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT res_id FROM xero_sync_job
                    WHERE res_model = %(model)s AND res_id = ANY(%(ids)s) AND connection_id = %(connection)s
                      AND xero_type = %(type)s AND correlation_id IS NOT NULL
                    UNION
                   SELECT (item->>1)::int FROM xero_sync_batch b, jsonb_array_elements(b.items) item
                    WHERE b.connection_id = %(connection)s AND b.xero_type = %(type)s
                      AND jsonb_typeof(b.items) = 'array' AND item->>1 = ANY(%(texts)s)""",
                model=mapper._odoo_model,
                texts=[str(res_id) for res_id in kept["ids"]],
                **kept,
            )
        )
        return found | {res_id for [res_id] in rows}

    def _largest_id(self, mapper) -> int:
        """Return the largest id that the records of ``mapper`` were ever given."""
        table = self.env[mapper._odoo_model]._table
        [[last]] = self.env.execute_query(
            SQL("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass)", table)
        )
        return last or LARGEST_ID

    def _proven(self, connection, xero_type: str, elements: list[dict]) -> dict:
        """Return ``{xero id: res_id}`` of those of ``elements`` whose claim is proven, whatever became of the record:
        what speaks for a pair when people match. One query.

        :param xero_type: as on the mapper
        :param elements: in the form of Xero's JSON, each with an id
        """
        mapper = self.env["xero.mapper"].sudo()._for_type(xero_type)
        marked = {element[mapper._xero_id_field]: mapper._mark_of(element) for element in elements}
        marked = {xero_id: mark for xero_id, mark in marked.items() if mark}
        signed = {
            xero_id for xero_id, mark in marked.items() if self._is_signed(mapper._odoo_model, mark, connection)
        }
        unsigned = {mark.res_id for xero_id, mark in marked.items() if xero_id not in signed}
        sent = self._sent(connection, mapper, unsigned, {}) if unsigned else set()
        return {xero_id: mark.res_id for xero_id, mark in marked.items() if xero_id in signed or mark.res_id in sent}

    def _is_ours(self, connection, xero_type: str, element: dict, res_id: int) -> bool:
        """Tell whether ``element`` was certainly made for the record ``res_id``.

        :param xero_type: as on the mapper
        :param element: in the form of Xero's JSON, with an id
        :param res_id: id of the mapper's ``_odoo_model``
        """
        return res_id in self._proven(connection, xero_type, [element]).values()

    # === TELLING === #

    def _log_strangers(self, connection, inbound, elements: list[dict], verdicts: dict) -> None:
        """Leave one line in the log about those of ``elements`` that claim what they are not, and remember that there
        were some: people are told once.

        :param inbound: the importer of the type
        :param elements: those that were judged
        :param verdicts: ``{xero id: kind}``
        """
        by_id = {element[inbound._id_field]: element for element in elements}
        doubted = {xero_id: by_id[xero_id] for xero_id, kind in verdicts.items() if kind in (APART, TAKEN, STRANGER)}
        ahead = [by_id[xero_id] for xero_id, kind in verdicts.items() if kind == AHEAD]
        if ahead:
            connection.env["xero.hold"]._found_ahead(connection, inbound._xero_type, ahead)
        if not doubted:
            return
        names = [f"{inbound._resource}/{xero_id}" for xero_id in sorted(doubted)[:NAMES_TOLD]]
        self.env["xero.log"].sudo().create(
            {
                "connection_id": connection.id,
                "company_id": connection.company_id.id,
                "direction": "in",
                "path": inbound._resource,
                "summary": self.env["xero.reason"]._(
                    "%(type)s: %(count)s in Xero carry a mark of this Odoo that is not valid",
                    type=inbound._xero_type,
                    count=len(doubted),
                ),
                "detail": self.env["xero.reason"]._(
                    "They say that they were made for records of this Odoo, which cannot be: the mark was copied or "
                    "made up, the record says something else, or another element of Xero stands for it. No record was "
                    "linked to them or changed by them.\n%s",
                    "\n".join(names),
                ),
            }
        )
        connection.env["xero.hold"]._note_false_marks(connection)
