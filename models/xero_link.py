from odoo import api, fields, models
from odoo.tools import SQL

DEEP_LINKS = {
    "Invoice": "/AccountsReceivable/View.aspx?InvoiceID={xero_id}",
    "Bill": "/AccountsPayable/View.aspx?InvoiceID={xero_id}",
    "CreditNote": "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={xero_id}",
    "Refund": "/AccountsPayable/ViewCreditNote.aspx?creditNoteID={xero_id}",
    "Contact": "/Contacts/View/{xero_id}",
}
PURCHASE_KINDS = {"Invoice": "Bill", "CreditNote": "Refund"}
SITE = "https://go.xero.com"
GONE_STATUSES = ("VOIDED", "DELETED")
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
    _description = "Xero Link"
    _order = "id desc"
    _rec_name = "xero_number"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, index=True)
    xero_type = fields.Char(required=True, help="Xero's name of the element: Contact, Invoice, CreditNote.")
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    xero_id = fields.Char("Xero ID")
    xero_number = fields.Char("Xero Number")
    state = fields.Selection(STATES, required=True, default="to_sync", index=True)
    message = fields.Text()
    digest = fields.Char(help="Hash of what was last agreed. The same content is not sent again.")
    xero_status = fields.Char("Status in Xero")
    xero_total = fields.Float("Total in Xero", digits=(16, 2))
    xero_updated_at = fields.Datetime("Updated in Xero", help="By Xero's clock.")
    adjustment = fields.Float(
        digits=(16, 2),
        help="Cents that Xero's answer differed by; the next sending carries them on a rounding line.",
    )
    revision = fields.Integer(help="Added to the number, when a voided document of ours keeps the plain one in Xero.")
    synced_at = fields.Datetime()
    remote_view = fields.Json(help="What Xero held at the last agreement, as far as it matters: the base of conflicts.")
    remote_digest = fields.Char(help="Hash of that view. An element that still has it is an echo.")
    remote_source = fields.Selection([("write", "Answer to a write"), ("read", "Reading")])
    from_xero = fields.Boolean(help="The record was made in Xero first: its number there stays.")
    url = fields.Char(compute="_compute_url")
    record_name = fields.Char(compute="_compute_record_name")

    _record_unique = models.UniqueIndex("(res_model, res_id, connection_id, xero_type)")
    _xero_unique = models.UniqueIndex("(connection_id, xero_type, xero_id) WHERE xero_id IS NOT NULL")

    @api.depends("xero_id", "xero_type", "connection_id.short_code")
    def _compute_url(self):
        purchases = self._purchase_move_ids()
        for link in self:
            kind = (
                PURCHASE_KINDS.get(link.xero_type)
                if link.res_id in purchases and link.res_model == "account.move"
                else link.xero_type
            )
            path = DEEP_LINKS.get(kind)
            link.url = link.xero_id and path and link._address(path.format(xero_id=link.xero_id))

    def _purchase_move_ids(self) -> set[int]:
        """Return those of the linked documents that are bills or vendor credit notes, whose pages in Xero differ."""
        moves = (
            self.env["account.move"]
            .sudo()
            .browse(self.filtered(lambda link: link.res_model == "account.move").mapped("res_id"))
        )
        return {move.id for move in moves.exists() if move.is_purchase_document(include_receipts=True)}

    def _address(self, path: str) -> str:
        """Return the address of ``path``; with the short code it opens the right organisation for people who work
        in several.
        """
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
        """Return ``{res_id: link}`` for those of ``res_ids`` that have a link; one query."""
        links = self.search(
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
        """Insert or update links in one statement.

        :param rows: dicts with connection_id, company_id, xero_type, res_model, res_id and any of the other columns;
            all of the same keys
        """
        if not rows:
            return
        keys = ("res_model", "res_id", "connection_id", "xero_type")
        columns = list(rows[0])
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
        self.invalidate_model()

    @api.model
    def _save_views(self, pairs: list[tuple]) -> None:
        """Store what was agreed, pairs ``(link id, columns)``, in one statement; all of the same columns."""
        if not pairs:
            return
        self.flush_model()
        names = list(pairs[0][1])
        self.env.cr.execute(
            SQL(
                "UPDATE xero_link l SET %s FROM unnest(%s::int[], %s) AS v(id, %s) WHERE l.id = v.id",
                SQL(", ").join(
                    SQL("%s = v.%s::jsonb", SQL.identifier(name), SQL.identifier(name))
                    if name == "remote_view"
                    else SQL("%s = v.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in names
                ),
                [link_id for link_id, _row in pairs],
                SQL(", ").join(
                    SQL("%s::%s[]", [row[name] for _id, row in pairs], SQL(self._array_type(name))) for name in names
                ),
                SQL(", ").join(map(SQL.identifier, names)),
            )
        )
        self.invalidate_model()

    def _array_type(self, name: str) -> str:
        return "timestamp" if self._fields[name].type == "datetime" else "text"
