"""Field rules: what people send to Xero from fields of their choice."""

from ast import literal_eval

from odoo import api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain

from ...mappers.field_rule.reach import Reader, Unreadable, path_fields
from ...mappers.field_rule.rule_book import condition_paths
from ...mappers.field_rule.values import Rule
from ...mappers.text import named, quoted
from ..link.access import ACCOUNTANT, check_role
from ..link.own_context import own_value
from .xero_field_target import DOCUMENTS

SOURCES = [
    ("field", "A field in Odoo"),
    ("table", "A table: Odoo value to Xero value"),
    ("text", "A text with fields in it"),
    ("constant", "Always the same value"),
]
STATES = [("draft", "Not tried"), ("tested", "Tried"), ("active", "In use")]
# Changing one of these makes it another rule, to be tried again.
CONTENT = {
    "connection_id", "document", "target_id", "source", "path", "constant_text", "constant_account_id",
    "constant_theme_id", "text", "value_ids", "tracking_category_id",
    "constant_option_id", "days", "domain", "only_empty", "too_long",
}  # fmt: skip
# Ten years, whatever a date is used for.
MOST_DAYS = 3650
UNTRIED = {"state": "draft", "trial_done": False, "trial_ok": False}
# What rules follow and read, as far as their author may.
WITHIN_REACH = {
    "account.account", "account.analytic.account", "account.analytic.plan", "account.cash.rounding",
    "account.fiscal.position", "account.incoterms", "account.journal", "account.move", "account.move.line",
    "account.payment.term", "account.tax", "account.tax.group", "product.category", "product.product", "product.tag",
    "product.template", "res.company", "res.country", "res.country.group", "res.country.state", "res.currency",
    "res.partner", "res.partner.category", "res.partner.industry", "res.users", "uom.uom",
}  # fmt: skip
# Of people who log in, what stands on a document.
FIELDS_OF_USERS = {"name", "display_name", "email", "phone", "partner_id", "active", "write_date"}
# Models of other apps that documents point at may be followed, but for talk, personal affairs, files and rights.
PRIVATE = (
    "auth", "base", "bus.", "calendar.", "digest.", "discuss.", "hr.", "iap.", "im_livechat.", "ir.", "mail.",
    "payment.", "phone.", "privacy.", "rating.", "res.groups", "res.users", "sms.", "snailmail.", "xero.",
)  # fmt: skip


class XeroFieldRule(models.Model):
    """One field of Xero, filled from Odoo in place of, or in addition to, what the connector sends by itself.

    Of several rules for a field the first in order whose condition holds and that gives a value decides.
    """

    _name = "xero.field.rule"
    _inherit = ["xero.company.guard"]
    _description = "Xero Field Rule"
    _order = "document, sequence, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    connection_id = fields.Many2one(
        "xero.connection",
        "Organisation",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env["xero.connection"].search([("company_id", "=", self.env.company.id)], limit=1),
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    state = fields.Selection(STATES, "Status", required=True, default="draft", readonly=True, copy=False)
    was_used = fields.Boolean(readonly=True, copy=False, help="Documents may have been sent with it.")
    author_id = fields.Many2one(
        "res.users", "Author", readonly=True, copy=False, help="Whose access rights the fields were checked against."
    )

    # === WHAT === #

    document = fields.Selection(DOCUMENTS, "For", required=True, default="out_invoice")
    target_id = fields.Many2one(
        "xero.field.target", "Xero Field", required=True, ondelete="restrict", domain="[('document', '=', document)]"
    )
    target_name = fields.Char(related="target_id.name", string="Name in Xero")
    level = fields.Selection(related="target_id.level")
    kind = fields.Selection(related="target_id.kind")
    note = fields.Char(related="target_id.note", string="Good to know")
    model_name = fields.Char(compute="_compute_model_name")
    tracking_category_id = fields.Many2one(
        "xero.tracking.category", "Tracking Category", ondelete="restrict",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE')]",
    )  # fmt: skip

    # === FROM WHERE === #

    source = fields.Selection(SOURCES, "Taken From", required=True, default="field")
    path = fields.Char("Odoo Field")
    text = fields.Char(help="Field names in braces are replaced: Order {invoice_origin}, {partner_id.ref}")
    constant_text = fields.Char("Value")
    constant_account_id = fields.Many2one(
        "xero.account", "Account", ondelete="restrict",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE'), ('type', '!=', 'BANK')]",
    )  # fmt: skip
    constant_theme_id = fields.Many2one(
        "xero.branding.theme", "Theme", ondelete="restrict",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE')]",
    )  # fmt: skip
    constant_option_id = fields.Many2one(
        "xero.tracking.option", "Option", ondelete="restrict",
        domain="[('category_id', '=', tracking_category_id), ('status', '=', 'ACTIVE')]",
    )  # fmt: skip
    value_ids = fields.One2many("xero.field.rule.value", "rule_id", "Table", copy=True)
    key_model = fields.Char(compute="_compute_key_model")
    days = fields.Integer("Days Added", help="Days added to the date; may be negative.")
    domain = fields.Char("Condition", default="[]", help="The rule applies to the records that match.")
    only_empty = fields.Boolean("Only When Empty", help="Leave what the connector sends by default; fill only gaps.")
    too_long = fields.Selection(
        [("cut", "Cut it and say so"), ("problem", "Do not send")],
        "When Too Long",
        required=True,
        default="cut",
    )
    summary = fields.Char("In Words", compute="_compute_summary")

    # === COMPUTE === #

    @api.depends("document", "target_id")
    def _compute_model_name(self):
        for rule in self:
            lines = rule.target_id.level == "line"
            rule.model_name = "res.partner" if rule.document == "contact" else f"account.move{'.line' * lines}"

    @api.depends("path", "source", "model_name")
    def _compute_key_model(self):
        for rule in self:
            found = rule._end_of_path() if rule.source == "table" else None
            rule.key_model = found.comodel_name if found is not None and found.relational else False

    def _end_of_path(self):
        """Return the field that ``path`` ends in, ``None`` while it leads nowhere."""
        try:
            return path_fields(self.env, self.model_name, self.path)[-1] if self.path else None
        except Unreadable:
            return None

    @api.depends(*CONTENT)
    def _compute_summary(self):
        for rule in self:
            rule.summary = rule._sentence() if rule.target_id else False

    @api.onchange("document")
    def _onchange_document(self):
        if self.target_id.document != self.document:
            self.target_id = self.env["xero.field.target"].search(
                [("document", "=", self.document), ("name", "=", self.target_id.name)], limit=1
            )

    @api.onchange("model_name")
    def _onchange_model_name(self):
        if self._origin.model_name != self.model_name and self.path and self._end_of_path() is None:
            self.path, self.domain, self.value_ids = False, "[]", [Command.clear()]

    # === CHECKS === #

    @api.constrains("target_id", "document")
    def _check_target(self):
        for rule in self:
            if rule.target_id.document != rule.document:
                raise ValidationError(
                    self.env._("%(field)s is no field of %(document)s.", field=named(rule.target_id.label),
                               document=rule._document_text())
                )  # fmt: skip

    @api.constrains(*CONTENT)
    def _check_content(self):
        """Whoever writes a rule must be able to read every field that it reads."""
        for rule in self:
            paths = rule._condition_paths()
            spec = rule._spec()
            if rule.source in ("field", "table") and not rule.path:
                raise ValidationError(self.env._("Choose the field in Odoo that “%s” reads.", named(rule.name)))
            if rule.kind == "tracking":
                rule._check_tracking()
            for path in [*spec.paths, *paths]:
                rule._check_path(path)
            rows = [rule.constant_account_id, rule.constant_theme_id]
            rows += [rule.value_ids.value_account_id, rule.value_ids.value_theme_id, rule.tracking_category_id]
            if any(row.connection_id - rule.connection_id for row in rows):
                raise ValidationError(
                    self.env._("“%s” names an account, theme or category of another organisation.", named(rule.name))
                )
            if rule.source == "text" and not rule.text or rule.source == "constant" and not spec.constant:
                raise ValidationError(self.env._("Say what “%s” sends.", named(rule.name)))

    @api.constrains("days")
    def _check_days(self):
        if any(abs(rule.days) > MOST_DAYS for rule in self):
            raise ValidationError(self.env._("At most %s days can be added to a date.", MOST_DAYS))

    def _check_tracking(self):
        """See that Xero has the category, and in it every option that the rule names.

        :raise ValidationError: it has not, with what it has
        """
        category = self.tracking_category_id
        if category.status != "ACTIVE":
            raise ValidationError(
                self.env._("Choose a tracking category that is active in Xero for “%s”.", named(self.name))
            )
        options = self.constant_option_id | self.value_ids.value_option_id
        for option in options:
            if option.category_id != category or option.status != "ACTIVE":
                raise ValidationError(
                    self.env._("“%(option)s” is no active option of tracking category %(category)s. It has: %(known)s.",
                               option=named(option.name), category=named(category.name),
                               known=quoted(category._active_names()))
                )  # fmt: skip

    def _check_path(self, path):
        """Refuse a path whose fields or models the current user may not read, and what no rule reads whoever asks.

        :raise ValidationError: it leads nowhere or to what no rule reads
        """
        try:
            found = path_fields(self.env, self.model_name, path)
        except Unreadable as error:
            raise ValidationError(
                self.env._("“%(rule)s” cannot read %(path)s: %(field)s is no field that rules can read.",
                           rule=named(self.name), path=named(path), field=named(error))
            ) from error  # fmt: skip
        # Constraints run as superuser; the author is asked here.
        if forbidden := Reader(self.env, self.env.uid, self.company_id).forbidden(found):
            raise ValidationError(
                self.env._("“%(rule)s” must not read %(path)s: you have no access to “%(field)s”, or it is secret.",
                           rule=named(self.name), path=named(path), field=forbidden)
            )  # fmt: skip

    @api.model
    @tools.ormcache()
    def _models_within_reach(self) -> frozenset:
        """Return the models that rules may follow a relation to: a list, and what documents or their lines point at in
        other apps, with what that points at. Glue addons may add to it.
        """
        reached = set(WITHIN_REACH)
        for models_now in (("account.move", "account.move.line"), ()):
            for name in models_now or sorted(reached - WITHIN_REACH):
                reached.update(
                    field.comodel_name
                    for field in self.env[name]._fields.values()
                    if field.store and field.type in ("many2one", "many2many") and self._is_business(field.comodel_name)
                )
        return frozenset(reached)

    def _is_business(self, model) -> bool:
        return model in self.env and not self.env[model]._transient and not model.startswith(PRIVATE)

    @api.model
    def _fields_of_users(self) -> frozenset:
        """Return the fields of users that rules may read."""
        return frozenset(FIELDS_OF_USERS)

    def _condition_paths(self) -> list[str]:
        """Return the fields that the condition looks at.

        :raise ValidationError: it is no condition
        """
        try:
            domain = Domain(literal_eval(self.domain or "[]"))
            domain.validate(self.env[self.model_name])
        except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError) as error:
            raise ValidationError(
                self.env._(
                    "The condition of “%(rule)s” cannot be read: %(error)s", rule=named(self.name), error=quoted(error)
                )
            ) from error
        return condition_paths(domain)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules.sudo().author_id = self.env.uid
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        changed = CONTENT & set(vals)
        result = super().write(vals)
        if changed:
            untried = {**UNTRIED, "author_id": self.env.uid}
            super(XeroFieldRule, self.sudo()).write({name: untried[name] for name in untried.keys() - vals.keys()})
        self.env.registry.clear_cache()
        if changed or {"active", "state"} & set(vals):
            self.env["xero.sync.job"]._retry_fixed(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self.filtered("was_used"):
            raise UserError(
                self.env._(
                    "Documents were sent with “%s”: archive it instead of deleting it.", named(used[0].display_name)
                )
            )

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _changed(self):
        """A row of the table changed: the rule must be tried again."""
        self.check_access("write")
        self.sudo().write({**UNTRIED, "author_id": self.env.uid})

    # === FOR MAPPERS === #

    def _spec(self) -> Rule:
        """Return the rule as plain values."""
        self.ensure_one()
        relational = bool(self.key_model)
        table = {value._key(relational): value._value() for value in self.value_ids}
        return Rule(
            id=self.id or self._origin.id,
            name=self.name or "",
            document=self.document,
            level=self.level,
            target=self.target_name,
            label=self.target_id.label or "",
            kind=self.kind,
            limit=self.target_id.max_length,
            source=self.source,
            path=self.path or "",
            constant=self._constant(),
            text=self.text or "",
            table={key: value for key, value in table.items() if key and value},
            category=self.tracking_category_id.xero_id or "" if self.kind == "tracking" else "",
            days=self.days,
            domain=literal_eval(self.domain or "[]"),
            only_empty=self.only_empty,
            cut=self.too_long == "cut",
            author=self.author_id.id,
        )

    def _constant(self) -> str:
        if self.kind == "account":
            return self.constant_account_id.xero_id or ""
        if self.kind == "tracking":
            return self.constant_option_id.xero_id or ""
        return (self.constant_theme_id.xero_id if self.kind == "theme" else self.constant_text) or ""

    @api.model
    def _rules(self, connection) -> tuple[Rule, ...]:
        """Return the rules of ``connection`` that are in use, in their order; no query while nothing changes.

        A trial (context ``xero_trial_rule``) has the rule on trial among them, or with ``xero_trial_without`` not.

        :param connection: one ``xero.connection``
        """
        trial = own_value(self.env, "xero_trial_rule")
        if not trial:
            return self._cached_rules(connection.id)
        rules = self._in_use(connection.id) | self.browse(trial)
        if own_value(self.env, "xero_trial_without"):
            rules -= self.browse(trial)
        ordered = rules.sudo().sorted(lambda rule: (rule.document, rule.sequence, rule.id))
        return tuple(rule._trial_spec() if rule.id == trial else rule._spec() for rule in ordered)

    @api.model
    @tools.ormcache("connection_id")
    def _cached_rules(self, connection_id: int) -> tuple[Rule, ...]:
        return tuple(rule._spec() for rule in self._in_use(connection_id))

    def _in_use(self, connection_id):
        return self.sudo().search([("connection_id", "=", connection_id), ("state", "=", "active")])

    @api.model
    def _tracked_fields(self, model: str) -> tuple[frozenset, frozenset]:
        """Return the fields of ``model``, and of its lines, that rules in use read on the record itself.

        What lies behind a relation is not watched: such a change goes with the next sending of the document.

        :param model: name of the Odoo model, of the record
        """
        own, lines = set(), set()
        for rule in self.sudo().search([("state", "=", "active")]):
            paths = rule._read_paths()
            if rule.model_name == model:
                own.update(path.split(".")[0] for path in paths)
            elif rule.model_name == f"{model}.line":
                lines.update(path.split(".")[0] for path in paths if not path.startswith("move_id."))
                own.update(path.split(".")[1] for path in paths if path.startswith("move_id."))
        return frozenset(own), frozenset(lines)

    def _read_paths(self) -> list[str]:
        """Return every field path that the rule reads, without those of a condition that cannot be read any more."""
        try:
            return [*self._spec().paths, *self._condition_paths()]
        except ValidationError:
            return self._spec().paths

    @api.model
    def _check_accountant(self):
        check_role(self.env, ACCOUNTANT, self.env._("Only Xero accountants change field rules."))
