"""Field rules: what people send to Xero from fields of their choice."""

from ast import literal_eval
from dataclasses import replace

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
    "constant_option_id", "days", "domain", "only_empty", "too_long", "also_refunds", "also_option_id",
}  # fmt: skip
# What a line of a document is matched by: where the records are found from the line.
MATCHES = {
    "match_account_ids": ("account_id",),
    "match_journal_ids": ("move_id.journal_id",),
    "match_fiscal_position_ids": ("move_id.fiscal_position_id",),
    "match_category_ids": ("product_id.categ_id",),
    "match_country_ids": ("move_id.commercial_partner_id.country_id",),
    "match_country_group_ids": ("move_id.commercial_partner_id.country_id.country_group_ids",),
}
# Of what a condition names, as many as a sentence shows.
NAMED = 5
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

    also_refunds = fields.Boolean(
        "Credit Notes Too", help="The rule is for the credit notes of the same kind of document, too."
    )
    also_option_id = fields.Many2one(
        "xero.tracking.option", "Tracking Option Too", ondelete="restrict",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE'),"
        " ('category_id.status', '=', 'ACTIVE')]",
        help="The lines get this tracking option, with the account or by itself.",
    )  # fmt: skip

    # === FOR WHICH LINES === #

    # Restricted: a condition that lost its last record would hold for everything.
    match_account_ids = fields.Many2many(
        "account.account", "xero_field_rule_account_rel", "rule_id", "account_id", "Odoo Accounts", ondelete="restrict",
        domain="['|', ('company_ids', 'parent_of', company_id), ('company_ids', 'child_of', company_id)]",
    )  # fmt: skip
    match_journal_ids = fields.Many2many(
        "account.journal", "xero_field_rule_journal_rel", "rule_id", "journal_id", "Journals", ondelete="restrict",
        domain="['|', ('company_id', 'parent_of', company_id), ('company_id', 'child_of', company_id)]",
    )  # fmt: skip
    match_fiscal_position_ids = fields.Many2many(
        "account.fiscal.position", "xero_field_rule_fiscal_position_rel", "rule_id", "fiscal_position_id",
        "Fiscal Positions", ondelete="restrict",
        domain="['|', ('company_id', 'parent_of', company_id), ('company_id', 'child_of', company_id)]",
    )  # fmt: skip
    match_category_ids = fields.Many2many(
        "product.category", "xero_field_rule_category_rel", "rule_id", "category_id", "Product Categories",
        ondelete="restrict", help="With their subcategories.",
    )  # fmt: skip
    match_country_ids = fields.Many2many(
        "res.country", "xero_field_rule_country_rel", "rule_id", "country_id", "Countries", ondelete="restrict",
        help="Of the customer or vendor.",
    )  # fmt: skip
    match_country_group_ids = fields.Many2many(
        "res.country.group", "xero_field_rule_country_group_rel", "rule_id", "country_group_id", "Country Groups",
        ondelete="restrict", help="Such as Europe: the country of the customer or vendor is in one of them.",
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
    is_plain = fields.Boolean(compute="_compute_is_plain")

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

    @api.depends(lambda self: sorted(self._content_fields()))
    def _compute_summary(self):
        for rule in self:
            rule.summary = rule._sentence() if rule.target_id else False

    @api.depends("source", "target_id", "domain", "only_empty")
    def _compute_is_plain(self):
        for rule in self:
            rule.is_plain = rule._is_plain()

    @api.onchange("document")
    def _onchange_document(self):
        if self.document not in ("out_invoice", "in_invoice"):
            self.also_refunds = False
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

    @api.constrains("also_refunds", "target_id", "document")
    def _check_refunds(self):
        for rule in self.filtered("also_refunds"):
            refund = rule.document.replace("invoice", "refund")
            target = rule.target_id
            same = [("document", "=", refund), ("level", "=", target.level), ("name", "=", target.name)]
            if refund == rule.document or not target.search_count(same, limit=1):
                raise ValidationError(
                    self.env._(
                        "“%(rule)s”: credit notes have no field %(field)s that goes with it. Make a rule of their own.",
                        rule=named(rule.name),
                        field=named(target.label),
                    )
                )

    @api.constrains(*CONTENT, *MATCHES)
    def _check_content(self):
        """Whoever writes a rule must be able to read every field that it reads."""
        for rule in self:
            rule._check_matches()
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
            rows += [rule.also_option_id]
            if any(row.connection_id - rule.connection_id for row in rows):
                raise ValidationError(
                    self.env._("“%s” names an account, theme or category of another organisation.", named(rule.name))
                )
            is_empty = rule.source == "constant" and not spec.constant and not rule.also_option_id
            if rule.source == "text" and not rule.text or is_empty:
                raise ValidationError(self.env._("Say what “%s” sends.", named(rule.name)))

    @api.constrains("days")
    def _check_days(self):
        if any(abs(rule.days) > MOST_DAYS for rule in self):
            raise ValidationError(self.env._("At most %s days can be added to a date.", MOST_DAYS))

    def _check_matches(self):
        """See that the condition names records that documents of the connection can have.

        :raise ValidationError: one belongs to another group of companies, or the rule is for no lines
        """
        used = [name for name in self._match_paths(self.connection_id) if self[name]]
        if (used or self.also_option_id) and self.level != "line":
            raise ValidationError(
                self.env._("“%s” fills no field of lines: use its condition instead.", named(self.name))
            )
        if self.also_option_id and (self.kind != "account" or self.source != "constant"):
            raise ValidationError(
                self.env._("“%s” sets no account: make a rule of its own for the tracking option.", named(self.name))
            )
        for name in used:
            records = self[name].sudo()
            owned = next((field for field in ("company_ids", "company_id") if field in records._fields), None)
            for record in records:
                if owned and record[owned] and self.company_id.root_id not in record[owned].root_id:
                    raise ValidationError(
                        self.env._("“%(rule)s”: %(record)s belongs to another company.",
                                   rule=named(self.name), record=named(record.display_name))
                    )  # fmt: skip

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
        for vals in vals_list:
            if not vals.get("name"):
                vals["name"] = self.new(vals)._default_name()
        rules = super().create(vals_list)
        rules.sudo().author_id = self.env.uid
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        changed = self._content_fields() & set(vals)
        # What needs no trial stays in use as it is changed.
        plain = self.filtered(lambda rule: rule._is_plain())
        result = super().write(vals)
        if changed:
            plain = plain.filtered(lambda rule: rule._is_plain())
            for rules, untried in ((plain, {"trial_done": False, "trial_ok": False}), (self - plain, UNTRIED)):
                kept = {**untried, "author_id": self.env.uid}
                super(XeroFieldRule, rules.sudo()).write({name: kept[name] for name in kept.keys() - vals.keys()})
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
            refunds=self.also_refunds,
            match=self._match(),
        )

    def _specs(self) -> tuple[Rule, ...]:
        """Return the rule as plain values: one for each field that it fills."""
        spec, option = self._spec(), self.also_option_id
        if not option:
            return (spec,)
        also = {"target": "Tracking", "label": option.category_id.name or "", "kind": "tracking", "limit": 0}
        also |= {"constant": option.xero_id, "category": option.category_id.xero_id}
        return (*((spec,) if spec.constant else ()), replace(spec, **also))

    def _match(self) -> dict:
        """Return the ids that the condition of lines names, by column; only columns that name something."""
        if self.level != "line":
            return {}
        found = {name: frozenset(self[name]._origin.ids) for name in self._match_paths(self.connection_id)}
        return {name: ids for name, ids in found.items() if ids}

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
        return tuple(
            spec for rule in ordered for spec in (rule._trial_specs() if rule.id == trial else rule._specs())
        )

    @api.model
    @tools.ormcache("connection_id")
    def _cached_rules(self, connection_id: int) -> tuple[Rule, ...]:
        return tuple(spec for rule in self._in_use(connection_id) for spec in rule._specs())

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
        read = [*self._spec().paths, *self._matched_paths()]
        try:
            return [*read, *self._condition_paths()]
        except ValidationError:
            return read

    def _matched_paths(self) -> list[str]:
        """Return the field paths that the columns of the condition are found by, of those that are filled."""
        used = self._match()
        ways = self._match_paths(self.connection_id)
        return [path for name in used for path in ways[name]]

    # === BY COLUMNS === #

    @api.model
    def _match_paths(self, connection) -> dict[str, tuple[str, ...]]:
        """Return the columns that a rule for lines can be limited by. Addons add theirs: a ``Many2many`` field of rules
        with ``ondelete="restrict"``, and where its records are found from an ``account.move.line``.

        :param connection: the ``xero.connection`` whose settings may decide; empty: for the names alone
        :return: ``{field of rules: paths of relations}``; of several paths the first that leads somewhere counts.
            Records with parents (``_parent_store``) stand for these, too. They are read as superuser, for a batch at
            once
        """
        return dict(MATCHES)

    @api.model
    def _content_fields(self) -> frozenset:
        """Return the fields that say what a rule does."""
        return frozenset(CONTENT | set(self._match_paths(self.env["xero.connection"])))

    def _is_plain(self) -> bool:
        """Whether the rule reads nothing that could be wrong: an account or tracking option, for lines by columns.

        Such a rule can be used without a trial, and stays in use when it is changed.
        """
        self.ensure_one()
        fixed = self.source == "constant" and self.level == "line" and self.kind in ("account", "tracking")
        return fixed and self.domain in (False, "[]") and not self.only_empty

    @api.model
    def _check_accountant(self):
        check_role(self.env, ACCOUNTANT, self.env._("Only Xero accountants change field rules."))
