"""The quarantine: elements of Xero that are none, or that Odoo could not take over. People see them; nothing waits."""

import hashlib
import json
from collections import namedtuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...mappers.text import named
from ...xero_api import codec
from ..queue.xero_sync_job import CLICK

# A stranger may send a hundred thousand: so many of a connection are kept one by one, the others are counted.
MOST = 1_000
# What is kept of one, in characters, and of what is wrong with it.
ELEMENT, DETAIL, FAULTS = 20_000, 4_000, 10
# Where those are counted that there is no room for.
REST = "*"
COLUMNS = ("key", "xero_id", "name", "kind", "faults", "digest", "detail", "element")
# What was wrong with one element while it was being taken over: class of the error, and where it came from.
Broken = namedtuple("Broken", "xero_id name error detail element")


class XeroQuarantine(models.Model):
    """One odd element of an organisation, by its Xero id; one without an id by what it holds.

    It is written by the way in alone. A row ends by itself as soon as the element is read and is well.
    """

    _name = "xero.quarantine"
    _inherit = ["xero.company.guard"]
    _description = "Xero Quarantine"
    _order = "last_seen_at desc, id desc"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    xero_type = fields.Char("Element", required=True, readonly=True)
    xero_id = fields.Char("Xero ID", readonly=True)
    key = fields.Char(required=True, readonly=True)
    name = fields.Char("Number or Name", readonly=True)
    kind = fields.Selection(
        [
            ("form", "Not as Xero writes it"),
            ("error", "Could not be imported"),
            ("endless", "Reading without an end"),
            ("rest", "Further ones"),
        ],
        required=True,
        readonly=True,
    )
    faults = fields.Json(readonly=True, help="Pairs: the place inside the element, and what is wrong there.")
    reason = fields.Text(compute="_compute_reason")
    detail = fields.Text(
        "For Whoever Looks After the Server", readonly=True, groups="xero_connector.group_xero_manager"
    )
    element = fields.Text("As Xero Gave It", readonly=True, groups="xero_connector.group_xero_manager")
    digest = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("dismissed", "Dismissed"), ("over", "Over")],
        "Status",
        required=True,
        default="open",
        readonly=True,
        help="A dismissed one is shown again when something else is wrong with it.",
    )
    first_seen_at = fields.Datetime("First Seen", required=True, readonly=True)
    last_seen_at = fields.Datetime("Last Seen", required=True, readonly=True, index=True)
    seen_count = fields.Integer("Times Seen", required=True, readonly=True)

    _key_unique = models.UniqueIndex("(connection_id, xero_type, key)")
    _open = models.Index("(connection_id) WHERE state = 'open'")

    # === WORDS === #

    @api.depends("xero_type", "name", "xero_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = " ".join(filter(None, (row.xero_type, named(row.name or row.xero_id))))

    @api.depends("kind", "faults", "seen_count")
    @api.depends_context("lang")
    def _compute_reason(self):
        wrong = self._wrong_words()
        for row in self:
            faults = [fault for fault in row.faults or [] if isinstance(fault, list) and len(fault) == 2]
            row.reason = {
                "form": " ".join(wrong.get(what, wrong["object"]) % {"place": place or row.xero_type}
                                 for place, what in faults),
                "error": self.env._(
                    "Odoo met an unexpected error while it imported this (%s). Nothing else was delayed by it.",
                    faults[0][1] if faults else "",
                ),
                "endless": self.env._(
                    "Reading did not come to an end within %s pages. What was read has been imported.",
                    faults[0][1] if faults else "",
                ),
                "rest": self.env._("There were more odd elements than are kept one by one: %s.", row.seen_count),
            }[row.kind]  # fmt: skip

    def _wrong_words(self) -> dict:
        """Return ``{what is wrong: sentence with the place}``; see ``xero_api.shape``."""
        return {
            "missing": self.env._("%(place)s is missing."),
            "id": self.env._("%(place)s is no id of Xero."),
            "text": self.env._("%(place)s is no text."),
            "long": self.env._("%(place)s is longer than any text of Xero."),
            "number": self.env._("%(place)s is no number."),
            "large": self.env._("%(place)s is larger than any amount."),
            "date": self.env._("%(place)s is no date."),
            "year": self.env._("%(place)s lies in a year that no document has."),
            "flag": self.env._("%(place)s is neither yes nor no."),
            "list": self.env._("%(place)s is no list."),
            "many": self.env._("%(place)s has more entries than any document."),
            "object": self.env._("%(place)s is not of the form that Xero gives it."),
        }

    # === KEEPING: called by the way in === #

    @api.model
    def _put(self, connection, xero_type: str, odd) -> None:
        """Keep ``odd`` elements; one that is here already is refreshed.

        :param xero_type: what the elements were read as
        :param odd: of ``xero_api.shape.Odd``, and ``Broken``; of one connection a thousand are kept, further ones are
            counted
        """
        rows = {row["key"]: row for row in (self._row(item) for item in odd)}
        if not rows:
            return
        known = self._known_keys(connection, xero_type, rows)
        room = self._room(connection, len(rows.keys() - known))
        fresh = [key for key in rows if key not in known]
        for key in fresh[room:]:
            del rows[key]
        self._save(connection, xero_type, list(rows.values()))
        if len(fresh) > room:
            rest = {**dict.fromkeys(COLUMNS), "key": REST, "kind": "rest", "faults": "[]", "digest": REST}
            self._save(connection, xero_type, [rest], len(fresh) - room)

    @api.model
    def _put_endless(self, connection, xero_type: str, pages: int) -> None:
        """Tell that reading a type was ended after ``pages`` pages.

        :param xero_type: what was read
        """
        row = {**dict.fromkeys(COLUMNS), "key": "endless", "kind": "endless", "digest": "endless"}
        self._save(connection, xero_type, [{**row, "faults": json.dumps([["", str(pages)]])}])

    def _row(self, item) -> dict:
        if isinstance(item, Broken):
            faults, kind, detail = [["", item.error]], "error", item.detail
        else:
            faults, kind, detail = [list(fault) for fault in item.faults[:FAULTS]], "form", None
        text = self._text_of(item.element)
        stored = json.dumps(faults)
        return {
            "key": item.xero_id or hashlib.sha256(text.encode()).hexdigest(),
            "xero_id": item.xero_id,
            "name": item.name or None,
            "kind": kind,
            "faults": stored,
            "digest": hashlib.sha256(stored.encode()).hexdigest(),
            "detail": detail and detail[-DETAIL:].replace("\x00", ""),
            "element": text,
        }

    def _text_of(self, element) -> str:
        """Return ``element`` as text that can be kept, however odd it is."""
        try:
            text = codec.dumps(element).decode()
        except (TypeError, ValueError, RecursionError):
            text = repr(element)
        return text[:ELEMENT].encode("utf-8", "replace").decode().replace("\x00", "")

    def _known_keys(self, connection, xero_type, keys) -> set:
        self.flush_model()
        query = SQL(
            "SELECT key FROM xero_quarantine WHERE connection_id = %s AND xero_type = %s AND key = ANY(%s)",
            connection.id,
            xero_type,
            list(keys),
        )
        return {key for [key] in self.env.execute_query(query)}

    def _room(self, connection, wanted: int) -> int:
        """Return how many more may be kept of ``connection``; what is over makes room."""
        if not wanted:
            return 0
        count = SQL("SELECT count(*) FROM xero_quarantine WHERE connection_id = %s", connection.id)
        [[kept]] = self.env.execute_query(count)
        if kept + wanted > MOST:
            over = SQL("DELETE FROM xero_quarantine WHERE connection_id = %s AND state = 'over'", connection.id)
            self.env.cr.execute(over)
            [[kept]] = self.env.execute_query(count)
        return max(0, MOST - kept)

    def _save(self, connection, xero_type, rows, times=1) -> None:
        """Insert or refresh ``rows`` in one statement."""
        if not rows:
            return
        now = fields.Datetime.now()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
            INSERT INTO xero_quarantine AS q (connection_id, company_id, xero_type, state, first_seen_at, last_seen_at,
                   seen_count, create_uid, write_uid, create_date, write_date,
                   key, xero_id, name, kind, faults, digest, detail, element)
            SELECT %(connection)s, %(company)s, %(type)s, 'open', %(now)s, %(now)s, %(times)s, %(user)s, %(user)s,
                   %(now)s, %(now)s, v.key, v.xero_id, v.name, v.kind, v.faults::jsonb, v.digest, v.detail, v.element
              FROM unnest(%(values)s) AS v(key, xero_id, name, kind, faults, digest, detail, element)
                ON CONFLICT (connection_id, xero_type, key) DO UPDATE SET
                   first_seen_at = CASE WHEN q.state = 'over' THEN EXCLUDED.first_seen_at ELSE q.first_seen_at END,
                   seen_count = CASE WHEN q.state = 'over' THEN 0 ELSE q.seen_count END + EXCLUDED.seen_count,
                   state = CASE WHEN q.state = 'dismissed' AND q.digest = EXCLUDED.digest THEN q.state
                                ELSE 'open' END,
                   last_seen_at = EXCLUDED.last_seen_at, write_date = EXCLUDED.write_date, name = EXCLUDED.name,
                   kind = EXCLUDED.kind, faults = EXCLUDED.faults, digest = EXCLUDED.digest,
                   detail = EXCLUDED.detail, element = EXCLUDED.element""",
                connection=connection.id,
                company=connection.company_id.id,
                type=xero_type,
                now=now,
                times=times,
                user=self.env.uid,
                values=SQL(", ").join(SQL("%s::text[]", [row[name] for row in rows]) for name in COLUMNS),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _end(self, connection, xero_type: str, xero_ids) -> None:
        """The elements ``xero_ids`` are well: what is here of them is over; one statement.

        :param xero_type: what the elements were read as
        :param xero_ids: Xero's ids
        """
        self._finish(connection, [xero_type], SQL("key = ANY(%s)", list(xero_ids)))

    @api.model
    def _end_unseen(self, connection, xero_types: list[str], since) -> None:
        """Everything of these types was read since ``since`` (our clock): what did not come again is over.

        :param xero_types: what was read in full
        :param since: naive UTC
        """
        self._finish(connection, xero_types, SQL("last_seen_at < %s", since))

    def _finish(self, connection, xero_types, condition):
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE xero_quarantine SET state = 'over', element = NULL, detail = NULL, write_date = %s
                    WHERE connection_id = %s AND xero_type = ANY(%s) AND state != 'over' AND %s""",
                fields.Datetime.now(),
                connection.id,
                xero_types,
                condition,
            )
        )
        if self.env.cr.rowcount:
            self.invalidate_model(flush=False)

    # === ACTIONS === #

    def action_retry(self):
        """Have the elements read again, by their ids, ahead of background work."""
        rows = self._for_person().filtered("xero_id")
        if not rows:
            raise UserError(
                self.env._("It has no id by which it could be read alone: it is looked at with the next full reading.")
            )
        for connection, of_connection in rows.grouped("connection_id").items():
            self.env["xero.click"]._begin(connection.with_env(self.env), "odd")
            for xero_type, of_type in of_connection.grouped("xero_type").items():
                ids = of_type.mapped("xero_id")
                self.env["xero.sync.job"].sudo()._enqueue_fetch(connection, xero_type, ids, priority=CLICK)
        self.env["xero.sync.runner"]._wake(rows.connection_id.ids)

    def action_dismiss(self):
        """Nobody needs to look at these any more, until something else is wrong with them."""
        self._for_person().filtered(lambda row: row.state == "open").write({"state": "dismissed"})

    def _for_person(self):
        """Return ``self`` as superuser, for people who may act on it."""
        self.check_access("read")
        self.env["xero.sync.job"]._check_person()
        self._check_own_company()
        return self.sudo().exists()
