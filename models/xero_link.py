from odoo import api, fields, models
from odoo.tools import SQL

DEEP_LINKS = {
    "Invoice": "/AccountsReceivable/View.aspx?InvoiceID={xero_id}",
    "Bill": "/AccountsPayable/View.aspx?InvoiceID={xero_id}",
    "CreditNote": "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={xero_id}",
    "Refund": "/AccountsPayable/ViewCreditNote.aspx?creditNoteID={xero_id}",
    "Contact": "/Contacts/View/{xero_id}",
}
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
        digits=(16, 2), help="Cents that Xero's answer differed by; the next sending carries them on a rounding line.",
    )
    revision = fields.Integer(help="Added to the number, when a voided document of ours keeps the plain one in Xero.")
    synced_at = fields.Datetime()
    url = fields.Char(compute="_compute_url")
    record_name = fields.Char(compute="_compute_record_name")

    _record_unique = models.UniqueIndex("(res_model, res_id, connection_id, xero_type)")
    _xero_unique = models.UniqueIndex("(connection_id, xero_type, xero_id) WHERE xero_id IS NOT NULL")

    @api.depends("xero_id", "xero_type", "connection_id.short_code")
    def _compute_url(self):
        for link in self:
            path = DEEP_LINKS.get(link._deep_link_kind())
            short_code = link.connection_id.sudo().short_code
            if not (link.xero_id and path):
                link.url = False
            elif short_code:
                # The short code opens the right organisation for people who work in several.
                link.url = f"https://go.xero.com/organisationlogin/default.aspx?shortcode={short_code}&redirecturl=" + path.format(xero_id=link.xero_id)
            else:
                link.url = "https://go.xero.com" + path.format(xero_id=link.xero_id)

    def _deep_link_kind(self):
        if self.res_model != "account.move" or not self.res_id:
            return self.xero_type
        purchase = self.env["account.move"].sudo().browse(self.res_id).exists().is_purchase_document(include_receipts=True)
        return {"Invoice": "Bill", "CreditNote": "Refund"}.get(self.xero_type) if purchase else self.xero_type

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for link in self:
            record = self.env[link.res_model].browse(link.res_id).exists() if link.res_model in self.env else None
            link.record_name = record.display_name if record and record.has_access("read") else False

    @api.model
    def _map(self, connection, xero_type: str, res_model: str, res_ids) -> dict:
        """Return ``{res_id: link}`` for those of ``res_ids`` that have a link; one query."""
        links = self.search([
            ("connection_id", "=", connection.id), ("xero_type", "=", xero_type),
            ("res_model", "=", res_model), ("res_id", "in", list(res_ids)),
        ])
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
        self.env.cr.execute(SQL(
            """INSERT INTO xero_link (%s, create_uid, write_uid, create_date, write_date) VALUES %s
               ON CONFLICT (res_model, res_id, connection_id, xero_type) DO UPDATE SET %s, write_date = EXCLUDED.write_date""",
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(
                SQL("(%s, %s, %s, %s, %s)", SQL(", ").join(SQL("%s", row[name]) for name in columns), self.env.uid, self.env.uid,
                    fields.Datetime.now(), fields.Datetime.now())
                for row in rows
            ),
            SQL(", ").join(SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in changed),
        ))
        self.invalidate_model()
