from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from .access import ALL
from .packed import PackedJson
from .reason import ReasonText
from .shown import status_words

SITE = "https://go.xero.com"
GONE_STATUSES = ("VOIDED", "DELETED")
OPEN_STATES = ("to_sync", "error", "conflict")
# Of links "l": what stands in Xero.
LIVING = "l.xero_id IS NOT NULL AND COALESCE(l.xero_status, '') NOT IN ('VOIDED', 'DELETED', 'ARCHIVED')"
STATES = [
    ("to_sync", "To sync"),
    ("synced", "Synced"),
    ("error", "Error"),
    ("conflict", "Conflict"),
    ("ignored", "Ignored"),
]


class XeroLink(models.Model):
    """The only store of identity and agreement: this record is that Xero element, and this is what both last held."""

    _name = "xero.link"
    _inherit = ["xero.company.guard", "xero.shown"]
    _description = "Xero Link"
    _order = "id desc"
    _rec_name = "xero_number"

    _kept_by_workers = ALL

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True)
    xero_type = fields.Char(required=True, help="Xero's name of the element: Contact, Invoice, CreditNote.")
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    xero_id = fields.Char("Xero ID")
    xero_number = fields.Char("Xero Number")
    state = fields.Selection(STATES, "Status", required=True, default="to_sync")
    message = ReasonText()
    digest = fields.Char(help="Hash of what was last agreed. The same content is not sent again.")
    xero_status = fields.Char("Status in Xero")
    xero_status_name = fields.Char("In Xero", compute="_compute_xero_status_name")
    xero_total = fields.Float("Total in Xero", digits=(16, 2))
    xero_updated_at = fields.Datetime("Updated in Xero", help="By Xero's clock.")
    adjustment = fields.Float(
        digits=(16, 2),
        help="Cents that Xero's answer differed by; the next sending carries them on a rounding line.",
    )
    revision = fields.Integer(help="Added to the number, when a voided document of ours keeps the plain one in Xero.")
    revision_of = fields.Char(help="The number that the revision is of: another one needs none.")
    synced_at = fields.Datetime()
    draft_since = fields.Datetime(
        "Draft in Odoo Since", help="Since when the document is a draft again, and Xero keeps it as it is."
    )
    left_open = ReasonText(
        "Still Open in Xero", help="What of the document is settled in Odoo only, why, and what to do."
    )
    base_state = PackedJson(help="What Xero held at the last agreement, as far as it matters: the base of conflicts.")
    base_digest = fields.Char(help="Hash of that state. An element that still has it is an echo.")
    base_source = fields.Selection([("write", "Answer to a write"), ("read", "Reading")])
    from_xero = fields.Boolean(help="The record was made in Xero first: its number there stays.")
    odoo_keys = fields.Json(
        help="What Odoo had a value for at the last agreement, of what can be emptied in Xero; of contacts the values."
    )
    odoo_state = PackedJson(help="What Odoo said of each field and line at the last agreement, in short.")
    date_odoo = fields.Date("Date in Odoo", help="The day in Odoo for which another one was agreed in Xero.")
    date_xero = fields.Date("Date in Xero", help="That other day, because a period was closed.")
    run_id = fields.Many2one(
        "xero.run",
        "Created By Run",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The run that made it in Xero; empty when it was there before, or was sent alone.",
    )
    made_digest = fields.Char(readonly=True, help="Hash of what Xero held when the run had made it.")
    made_at = fields.Datetime(readonly=True, help="By Xero's clock.")
    made_here_at = fields.Datetime(readonly=True, help="When the connector made it in Xero, by the clock of Odoo.")
    made_xero_id = fields.Char(readonly=True, help="What it made then: another Xero ID was linked later.")
    url = fields.Char(compute="_compute_url")
    record_name = fields.Char(compute="_compute_record_name")

    _record_unique = models.UniqueIndex("(res_model, res_id, connection_id, xero_type)")
    _open = models.Index("(res_model, connection_id) WHERE state IN ('to_sync', 'error', 'conflict')")
    _drafts = models.Index("(res_model, connection_id) WHERE draft_since IS NOT NULL")
    _left_open = models.Index("(res_model, connection_id) WHERE left_open IS NOT NULL")
    _gone = models.Index("(res_model, connection_id) WHERE xero_status IN ('VOIDED', 'DELETED')")
    _xero_unique = models.UniqueIndex("(connection_id, xero_type, xero_id) WHERE xero_id IS NOT NULL")

    @api.depends("xero_status", "xero_type")
    @api.depends_context("lang")
    def _compute_xero_status_name(self):
        for link in self:
            link.xero_status_name = status_words(self.env, link.xero_type).get(link.xero_status, link.xero_status)

    @api.depends("xero_id", "xero_type", "connection_id.short_code")
    def _compute_url(self):
        pages = self.env["xero.mapper"]._pages_of(self)
        for link in self:
            link.url = link.xero_id and link._address(pages[link])

    def _address(self, page: str | None) -> str | None:
        """Return the address of ``page``, as mappers say it, for this link's element; ``None`` without a page.

        With the short code it opens the right organisation for people who work in several.
        """
        path = page and page.format(xero_id=self.xero_id)
        if not path:
            return None
        short_code = self.connection_id.sudo().short_code
        if short_code:
            return f"{SITE}/organisationlogin/default.aspx?shortcode={short_code}&redirecturl={path}"
        return SITE + path

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for model, links in self.grouped("res_model").items():
            records = (
                self.env[model].browse(links.mapped("res_id")).exists()._filtered_access("read")
                if model in self.env
                else []
            )
            names = {record.id: record.display_name for record in records}
            for link in links:
                link.record_name = names.get(link.res_id, False)

    @api.model
    def _map(self, connection, xero_type: str, res_model: str, res_ids) -> dict:
        """Return ``{res_id: link}`` for those of ``res_ids`` that have a link; one query.

        :param connection: ``xero.connection``
        :param xero_type: as on the mapper
        :param res_model: name of the Odoo model
        :param res_ids: ids of its records
        """
        links = self.search_fetch(
            [
                ("connection_id", "=", connection.id),
                ("xero_type", "=", xero_type),
                ("res_model", "=", res_model),
                ("res_id", "in", list(res_ids)),
            ]
        )
        return {link.res_id: link for link in links}

    @api.model
    def _save(self, rows: list[dict]) -> None:
        """Insert or update links, with one statement for those of the same columns.

        It is written past the ORM, which reads anew what it knew of links.

        :param rows: dicts with connection_id, company_id, xero_type, res_model, res_id and any of the other columns,
            each in the form of its column (``base_state`` as ``packed.column_of`` makes it); each record at most once
        """
        by_columns = {}
        for row in rows:
            by_columns.setdefault(tuple(row), []).append(row)
        for columns, alike in by_columns.items():
            self._save_alike(columns, alike)
        self.invalidate_model()

    def _save_alike(self, columns, rows) -> None:
        keys = ("res_model", "res_id", "connection_id", "xero_type")
        changed = [name for name in columns if name not in keys]
        stamp = (self.env.uid, self.env.uid, fields.Datetime.now(), fields.Datetime.now())
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_link (%s, create_uid, write_uid, create_date, write_date) VALUES %s
               ON CONFLICT (res_model, res_id, connection_id, xero_type) DO UPDATE SET %s, write_date =
                      EXCLUDED.write_date""",
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(SQL("%s", (*(row[name] for name in columns), *stamp)) for row in rows),
                SQL(", ").join(SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in changed),
            )
        )

    @api.model
    def _save_base_rows(self, pairs: list[tuple]) -> None:
        """Store what was agreed, pairs ``(link id, columns)``, in one statement; all of the same columns.

        :param pairs: each link at most once
        """
        if not pairs:
            return
        self.flush_model()
        names = list(pairs[0][1])
        self.env.cr.execute(
            SQL(
                "UPDATE xero_link l SET %s FROM unnest(%s::int[], %s) AS v(id, %s) WHERE l.id = v.id",
                SQL(", ").join(SQL("%s = v.%s", SQL.identifier(name), SQL.identifier(name)) for name in names),
                [link_id for link_id, _row in pairs],
                SQL(", ").join(
                    SQL("%s::%s[]", [row[name] for _id, row in pairs], SQL(self._array_type(name))) for name in names
                ),
                SQL(", ").join(map(SQL.identifier, names)),
            )
        )
        self.invalidate_model()

    def _array_type(self, name: str) -> str:
        if name in ("base_state", "odoo_state"):
            return "bytea"
        return "timestamp" if self._fields[name].type == "datetime" else "text"

    # === AGREEMENT === #

    def _emptied(self, mapper, payload: dict) -> dict:
        """Return what ``payload`` lacks that Odoo had, and Xero still has, with the empty value to send.

        :param mapper: the ``xero.mapper`` of the type
        :param payload: of an update, without what is empty in Odoo
        :return: in the form of a payload
        """
        had, base = set(self.odoo_keys or ()), self.base_state or {}
        return {
            key: empty
            for key, (name, empty) in mapper._clearable.items()
            if key in had and key not in payload and base.get(name)
        }

    def _is_alive(self) -> bool:
        """Whether Xero holds what this link stands for: it is linked, and was neither voided nor deleted. Of no link:
        ``False``.
        """
        return bool(self.xero_id) and self.xero_status not in GONE_STATUSES

    def _recall(self, mapper, out) -> None:
        """Keep what Odoo said at the last agreement, where that is older than what is kept of it, and can be told.

        :param mapper: of its type
        :param out: what Odoo says now, an ``Outgoing``
        """
        if self.digest and self.base_state and not self.odoo_state and out.payload:
            self.odoo_state = mapper._recalled(out, self) or False

    def _applied(self) -> Decimal:
        """Return what both sides agreed last is applied of the credit, in its currency; 0 without a link."""
        return Decimal(f"{self.xero_total:.2f}") if self._is_alive() else Decimal(0)

    def _base_mark(self) -> str:
        """Return what changes as soon as anything is synced through the link."""
        moment = fields.Datetime.to_string(self.synced_at)
        return f"{self.xero_id} {self.res_id} {self.digest or ''} {self.base_digest or ''} {moment}"

    def _changed_since_made(self) -> bool:
        """Whether anybody, on either side, changed it after its run had made it, as far as it was read."""
        self.ensure_one()
        later = self.made_at and self.xero_updated_at and self.xero_updated_at > self.made_at
        return bool(later and self.made_digest != self.base_digest) or self.state == "conflict"
