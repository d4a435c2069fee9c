from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mappers.text import named

# What Xero is asked for, in the words of its consent page, and why.
ASKED = {
    "offline_access": lambda env: (env._("Offline access"), env._("to go on when you are not logged in to Xero")),
    "accounting.invoices": lambda env: (
        env._("Invoices, bills and credit notes"),
        env._("to send those of Odoo, and to take over what is changed in Xero"),
    ),
    "accounting.payments": lambda env: (
        env._("Payments"),
        env._("to book in each what was paid in the other"),
    ),
    "accounting.contacts": lambda env: (env._("Contacts"), env._("to keep customers and vendors the same in both")),
    "accounting.settings.read": lambda env: (
        env._("Organisation settings, to read only"),
        env._("to know its accounts, tax rates, currencies and locked periods"),
    ),
    "accounting.settings": lambda env: (
        env._("Organisation settings"),
        env._("to know its accounts, tax rates, currencies and locked periods, and to keep items"),
    ),
}


class XeroSetupWizard(models.TransientModel):
    """Guides an administrator from nothing to Xero's consent page."""

    _name = "xero.setup.wizard"
    _inherit = ["xero.company.guard"]
    _description = "Connect a Company to Xero"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    credential_id = fields.Many2one(
        "xero.credential",
        "Existing App",
        domain="['|', ('company_id', '=', False), ('company_id', '=', company_id)]",
        help="One Xero app can serve several companies and organisations.",
    )
    grant_type = fields.Selection(
        [("authorization_code", "Web app"), ("client_credentials", "Custom connection")],
        "Kind of App",
        required=True,
        default="authorization_code",
    )
    is_first_try = fields.Boolean(
        compute="_compute_is_first_try", help="The app was never used: its id and secret can be corrected."
    )
    was_tried = fields.Boolean(compute="_compute_is_first_try")
    permissions = fields.Html("What Is Asked For", compute="_compute_permissions", sanitize=False)
    redirect_uri = fields.Char(compute="_compute_redirect_uri")
    has_credentials = fields.Boolean(compute="_compute_has_credentials")
    requested_scopes = fields.Char("Permissions", compute="_compute_has_credentials")
    redirect_warning = fields.Char(compute="_compute_redirect_uri")
    client_id = fields.Char("Client ID")
    client_secret = fields.Char(
        compute="_compute_client_secret",
        inverse="_inverse_client_secret",
        help="Goes encrypted into the app's credential, nowhere else.",
    )

    @api.model
    def default_get(self, fields):
        """Extend: what was entered at a first try that led to nothing is there to be corrected."""
        values = super().default_get(fields)
        company = self.env["res.company"].browse(values.get("company_id") or self.env.company.id)
        tried = self._tried(company)
        if tried:
            values |= {
                "credential_id": tried.credential_id.id,
                "grant_type": tried.credential_id.grant_type,
                "client_id": tried.credential_id.client_id,
            }
        return values

    def _tried(self, company):
        """Return the connection of ``company`` itself that was begun, and has not succeeded yet; empty without one."""
        connection = self.env["xero.connection"].search([("company_id", "=", company.id)], limit=1)
        return connection if connection._is_first_try() else connection.browse()

    @api.depends("company_id", "credential_id")
    def _compute_is_first_try(self):
        for wizard in self:
            credential = wizard.credential_id
            linked = credential.with_context(active_test=False).sudo().connection_ids.filtered("tenant_id")
            wizard.is_first_try = bool(credential) and credential.state == "new" and not linked
            wizard.was_tried = wizard.is_first_try and self._tried(wizard.company_id).credential_id == credential

    @api.depends("credential_id")
    def _compute_permissions(self):
        for wizard in self:
            credential = wizard.credential_id or self.env["xero.credential"].new({})
            rows = [
                ASKED[scope](self.env) if scope in ASKED else (scope, "")
                for scope in credential.requested_scopes.split()
            ]
            wizard.permissions = self.env["ir.qweb"]._render("xero_connector.setup_permissions", {"rows": rows})

    @api.depends("company_id")
    def _compute_redirect_uri(self):
        address = self.env["xero.credential"].new({}).redirect_uri
        for wizard in self:
            wizard.redirect_uri = address
            wizard.redirect_warning = self._address_warning(address)

    @api.depends("company_id")
    def _compute_has_credentials(self):
        credentials = self.env["xero.credential"]
        for wizard in self:
            wizard.has_credentials = bool(
                credentials.search_count([("company_id", "in", (False, wizard.company_id.id))], limit=1)
            )
            # Shown for custom connections, which have no refresh token to ask for.
            scopes = credentials.new({}).requested_scopes.split()
            wizard.requested_scopes = " ".join(scope for scope in scopes if scope != "offline_access")

    def _compute_client_secret(self):
        self.client_secret = False

    def _inverse_client_secret(self):
        """Put the secret where it is encrypted at once: this table must never hold it."""
        for wizard in self.filtered("client_secret"):
            values = {
                "client_id": (wizard.client_id or "").strip(),
                "client_secret": wizard.client_secret,
                "grant_type": wizard.grant_type,
            }
            if wizard.credential_id:
                wizard.credential_id.write(values)
            else:
                wizard.credential_id = self.env["xero.credential"].create(
                    {
                        **values,
                        "name": self.env._("Xero app of %s", named(wizard.company_id.name)),
                        "company_id": wizard.company_id.id,
                    }
                )
        self.invalidate_recordset(["client_secret"])

    def _address_warning(self, address):
        if address.startswith(("https://", "http://localhost:", "http://localhost/")):
            return False
        return self.env._(
            "Xero accepts only https addresses (and http://localhost for trials). Change the system "
            "parameter web.base.url first."
        )

    def action_connect(self):
        """Create the app and the connection as far as they are missing, and go to Xero's consent page."""
        self.ensure_one()
        if not self.credential_id:
            raise UserError(self.env._("Enter the client id and the client secret that Xero shows for your app."))
        client_id = (self.client_id or "").strip()
        if self.is_first_try and client_id and client_id != self.credential_id.client_id:
            self.credential_id.client_id = client_id
        connection = self.company_id.xero_connection_id.filtered(lambda found: found.company_id == self.company_id)
        if connection:
            connection.with_env(self.env).credential_id = self.credential_id
        else:
            connection = self.env["xero.connection"].create(
                {"company_id": self.company_id.id, "credential_id": self.credential_id.id}
            )
        return connection.with_env(self.env).action_connect()
