"""Rules and documents that are in Xero already, rules in words, and examples."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...mappers.field_rule.reach import path_fields
from ...mappers.text import named
from ..queue.xero_sync_job import SWEEP
from .xero_field_rule import NAMED

CHUNK = 1000
# Documents that a rule shows in a preview, the newest first.
PREVIEWED = 500


class XeroFieldRule(models.Model):
    _inherit = "xero.field.rule"

    sent_count = fields.Integer("In Xero Already", compute="_compute_sent_count")

    @api.depends("state", "document", "domain", "connection_id", "also_refunds")
    def _compute_sent_count(self):
        for rule in self:
            used = rule.state == "active" and rule.id
            rule.sent_count = rule._record_model().search_count(rule._sent_domain()) if used else 0

    def _record_model(self):
        return self.env["res.partner" if self.document == "contact" else "account.move"]

    def _sent_domain(self) -> Domain:
        """Return the domain of the records in Xero that the rule is for and that Xero still lets change."""
        links = self.env["xero.link"]._search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("res_model", "=", self._record_model()._name),
                ("xero_id", "!=", False),
                ("state", "=", "synced"),
                ("xero_status", "not in", ("VOIDED", "DELETED", "ARCHIVED")),
            ]
        )
        sent = Domain("id", "in", links.subselect("res_id"))
        if self.document == "contact":
            return sent & self._searchable_condition()
        lock = self.connection_id._xero_lock_date()
        sent &= Domain("move_type", "in", self.trial_move_types) & Domain("state", "=", "posted")
        if lock:
            sent &= Domain("date", ">", lock)
        condition = self._searchable_condition() & self._match_domain()
        return sent & (Domain("invoice_line_ids", "any", condition) if self.level == "line" else condition)

    def _searchable_condition(self) -> Domain:
        """Return the condition, or one that is always true where the database cannot look for its fields."""
        fields_read = [path_fields(self.env, self.model_name, path) for path in self._condition_paths()]
        searchable = all(field._description_searchable for found in fields_read for field in found)
        return Domain(self._spec().domain) if searchable else Domain.TRUE

    def _match_domain(self) -> Domain:
        """Return the columns of the condition as a domain of lines; where one has several paths it may hold too often.
        """
        ways, found = self._match_paths(self.connection_id), Domain.TRUE
        for name, ids in self._match().items():
            operator = "child_of" if self[name]._parent_store else "in"
            found &= Domain.OR(Domain(path, operator, list(ids)) for path in ways[name])
        return found

    def action_preview(self):
        """Show what the rule would change of the documents in Xero; nothing is sent. They can be sent from there."""
        self.ensure_one()
        self._check_accountant()
        records = self._record_model().search(self._sent_domain(), order="id desc", limit=PREVIEWED)
        if not records:
            raise UserError(self._nothing_text())
        return records.action_xero_preview()

    def _nothing_text(self) -> str:
        return self.env._("Xero has nothing that “%s” is for and that may still be changed.", named(self.name))

    def action_apply(self):
        """Queue the documents in Xero that the rule is for, as a run; only those that it changes are sent.

        :return: the run, on which progress and failures show and which can be stopped
        """
        self.ensure_one()
        self._check_accountant()
        self.check_access("write")
        ids = self._record_model().search(self._sent_domain(), order="id").ids
        if not ids or not self.env["xero.connection"]._scope(self.company_id.id):
            raise UserError(self._nothing_text())
        subject = self.env._("Field rule “%s”", named(self.name))
        run = self.env["xero.run"]._of_selection(self.connection_id.sudo(), subject)
        self._enqueue_sent(ids, run.id)
        return run.with_env(self.env)._get_records_action()

    def _enqueue_sent(self, ids, run_id=None):
        """Queue records that are in Xero to be compared again."""
        model, connection = self._record_model().sudo(), self.connection_id.sudo()
        scope = connection._scope(connection.company_id.id)
        for start in range(0, len(ids) if scope else 0, CHUNK):
            records = model.browse(ids[start : start + CHUNK])
            if self.document == "contact":
                records._xero_enqueue_for(connection, records.ids, SWEEP, run_id)
            else:
                records._xero_enqueue(scope, SWEEP, run_id)

    # === IN WORDS === #

    def _sentence(self) -> str:
        """Return the rule as a sentence."""
        values = {
            "field": named(self.target_id.label),
            "document": self._object_text(),
            "value": self._source_text(),
        }
        text = self.env._("%(field)s of %(document)s is taken from %(value)s", **values)
        if self.source == "constant":
            text = self.env._("%(field)s of %(document)s is always %(value)s", **values)
        if self.kind == "tracking" and self.tracking_category_id:
            text += self.env._(", in tracking category %s", named(self.tracking_category_id.name))
        if self.also_option_id:
            text += self.env._(", with tracking option %s", named(self.also_option_id.display_name))
        if self.days and self.kind == "date":
            text += self.env._(", plus %s days", self.days)
        if self.only_empty:
            text += self.env._(", only when it would be empty")
        if matches := self._match_text():
            text += self.env._(", where %s", matches)
        if self.domain and self.domain != "[]":
            text += self.env._(", for those that match the condition")
        return f"{text}."

    def _match_text(self) -> str:
        """Return the columns of the condition in words; empty where the rule is for every line."""
        if self.level != "line":
            return ""
        texts = []
        for name in self._match_paths(self.connection_id):
            names = [named(record.display_name) for record in self[name][:NAMED]]
            if names:
                names += ["…"] * (len(self[name]) > NAMED)
                texts.append(f"{self._fields[name]._description_string(self.env)}: {', '.join(names)}")
        return "; ".join(texts)

    def _default_name(self) -> str:
        """Return what a rule is called that nobody gave a name: for which lines, and what they get."""
        value = self.constant_account_id.display_name or self.also_option_id.display_name or self.target_id.label
        return f"{self._match_text() or self._document_text()} → {named(value)}"

    def _document_text(self) -> str:
        words = self._kind_text()
        return self.env._("%s and their credit notes", words) if self.also_refunds else words

    def _kind_text(self) -> str:
        return dict(self._fields["document"]._description_selection(self.env)).get(self.document, "").lower()

    def _object_text(self) -> str:
        words = self._document_text()
        return self.env._("each line of %s", words) if self.level == "line" else words

    def _source_text(self) -> str:
        if self.source == "constant":
            chosen = {
                "account": self.constant_account_id,
                "theme": self.constant_theme_id,
                "tracking": self.constant_option_id,
            }.get(self.kind)
            return named(chosen.display_name if chosen is not None else self.constant_text) or "…"
        if self.source == "text":
            return f"“{named(self.text) or '…'}”"
        path = self._path_text()
        return self.env._("a table by %s", path) if self.source == "table" else path

    def _path_text(self) -> str:
        """Return the field path by the names that people see."""
        words, model = [], self.model_name
        for name in (self.path or "").split("."):
            definition = self.env[model]._fields.get(name) if model in self.env else None
            if definition is None:
                return self.path or "…"
            words.append(definition._description_string(self.env))
            model = definition.comodel_name
        return " › ".join(words)

    # === EXAMPLES === #

    @api.model
    def action_example_salesperson(self):
        """Make the example: the salesperson as Reference of invoices; open it."""
        return self._example(
            "xero_connector.target_invoice_reference",
            {"name": self.env._("Salesperson as reference"), "source": "field", "path": "invoice_user_id.name"},
        )

    @api.model
    def action_example_category(self):
        """Make the example: an account for each product category; open it."""
        return self._example(
            "xero_connector.target_invoice_line_account",
            {"name": self.env._("Account by product category"), "source": "table", "path": "product_id.categ_id"},
        )

    @api.model
    def action_example_theme(self):
        """Make the example: a branding theme for each sales team, or salesperson where there are no teams; open it."""
        teams = "team_id" in self.env["account.move"]._fields
        name = self.env._("Branding theme by sales team") if teams else self.env._("Branding theme by salesperson")
        return self._example(
            "xero_connector.target_invoice_theme",
            {"name": name, "source": "table", "path": "team_id" if teams else "invoice_user_id"},
        )

    def _example(self, target, values):
        self._check_accountant()
        rule = self.create({"document": "out_invoice", "target_id": self.env.ref(target).id, **values})
        return rule._get_records_action(target="current")
