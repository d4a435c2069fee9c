"""Trying a field rule on a real record, and taking it into use."""

from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.field_rule.rule_book import RuleBook
from ...mappers.text import named
from ...xero_api import codec
from ..link.own_context import own
from ..link.reason import ReasonChar


class XeroFieldRule(models.Model):
    _inherit = "xero.field.rule"

    trial_move_id = fields.Many2one(
        "account.move",
        "Try On",
        copy=False,
        domain="[('move_type', 'in', trial_move_types), ('state', '=', 'posted'),"
        " ('company_id', 'child_of', company_id)]",
    )
    trial_partner_id = fields.Many2one(
        "res.partner", "Try On Contact", copy=False, domain=[("parent_id", "=", False)]
    )
    trial_move_types = fields.Json(compute="_compute_trial_move_types")
    trial_done = fields.Boolean(readonly=True, copy=False)
    trial_ok = fields.Boolean(readonly=True, copy=False)
    trial_message = ReasonChar("Result", readonly=True, copy=False)
    trial_found = fields.Text("Found in Odoo", readonly=True, copy=False)
    trial_before = fields.Text("Without the Rule", readonly=True, copy=False)
    trial_after = fields.Text("With the Rule", readonly=True, copy=False)

    @api.depends("document", "also_refunds")
    def _compute_trial_move_types(self):
        for rule in self:
            document = rule.document or ""
            refunds = [document.replace("invoice", "refund")] if rule.also_refunds else []
            rule.trial_move_types = [document, document.replace("invoice", "receipt"), *refunds]

    # === TRY === #

    def action_try(self):
        """Show what the rule makes of the chosen record; a rule that gave a value Xero takes can be used.

        :raise UserError: no record is chosen, or it is none this rule is for
        """
        self.ensure_one()
        self._check_accountant()
        self.check_access("write")
        self._check_content()
        record = self._trial_record()
        trial = self._trial(record)
        answers = {"author_id": self.env.uid} if trial["trial_ok"] else {}
        self.sudo().write({"trial_done": True, **trial, **answers, "state": self._state_after(trial["trial_ok"])})
        return True

    def _trial_specs(self):
        """Return the rule as it would read for the person who tries it, who answers for it when it works."""
        return tuple(replace(spec, author=self.env.uid) for spec in self._specs())

    def _state_after(self, succeeded: bool) -> str:
        if not succeeded:
            return "active" if self.state == "active" else "draft"
        return "active" if self.state == "active" else "tested"

    def _trial_record(self):
        record = self.trial_partner_id if self.document == "contact" else self.trial_move_id
        if not record:
            raise UserError(self.env._("Choose a record to try the rule on."))
        record.check_access("read")
        if record._name == "res.partner":
            return record.commercial_partner_id
        if record.move_type not in self.trial_move_types or record.state != "posted":
            raise UserError(
                self.env._("%s is not of the kind this rule is for, or not posted.", named(record.display_name))
            )
        if self.connection_id._for_company(record.company_id) != self.connection_id:
            raise UserError(self.env._("%s is not sent to this organisation.", named(record.display_name)))
        return record

    def _trial(self, record) -> dict:
        """Return the values of the trial's fields for ``record``; nothing is written or sent."""
        records = self._ruled_records(record)
        book = self._trial_book(records)
        spec = self._trial_specs()[0]
        holding = records.filtered(lambda found: book.holds(spec, found))
        before, after = self._elements(record)
        shown = {
            "trial_before": self._shown(before.payload, before.payload),
            "trial_after": self._shown(after.payload, before.payload),
            "trial_found": "\n".join(book.outcome(spec, found).found for found in records) or False,
        }
        return {**shown, **self._verdict(book, spec, records, holding, before, after)}

    def _trial_book(self, records):
        connection = self.connection_id.sudo()
        reading = records.sudo().with_company(connection.company_id).with_context(lang="en_US")
        book = RuleBook(reading.env, connection, self._trial_specs())
        book.load(reading)
        return book

    def _ruled_records(self, record):
        if self.level != "line":
            return record.sudo().with_company(self.connection_id.company_id).with_context(lang="en_US")
        lines = record.sudo().invoice_line_ids.with_company(self.connection_id.company_id).with_context(lang="en_US")
        return lines.filtered(lambda line: line.display_type == "product")

    def _elements(self, record):
        """Return what is sent for ``record`` without and with this rule."""
        mapper = next(
            mapper for mapper in self.env["xero.mapper"].sudo()._for_model(record._name) if mapper._handles(record)
        )
        connection = self.connection_id.sudo()
        contexts = [own(xero_trial_rule=self.id, xero_trial_without=without) for without in (True, False)]
        return [
            mapper.with_context(**context)._prepare(record.sudo().with_context(**context), connection)[record.id]
            for context in contexts
        ]

    def _verdict(self, book, spec, records, holding, before, after) -> dict:
        problems = [book.outcome(spec, found).problem for found in holding]
        problem = next(filter(None, problems), None) or next(
            (found.message for found in after.problems if found not in before.problems), None
        )
        if not holding:
            return self._failed(
                self.env["xero.reason"]._("The condition does not hold for this record: the rule does nothing here.")
            )
        if problem:
            return self._failed(problem)
        if not any(book.outcome(spec, found).value is not None for found in holding):
            return self._failed(
                self.env["xero.reason"]._("The rule finds no value here: what the connector sends by default stays.")
            )
        if self.id not in after.ruled.get(spec.field_name, ()):
            message = self.env["xero.reason"]._(
                "It gives a value, but a rule before it decides, or the field is filled already."
            )
            return self._failed(message)
        if before.payload == after.payload:
            message = self.env["xero.reason"]._("It works. Here the rule gives what would be sent anyway.")
        else:
            message = self.env["xero.reason"]._("It works.")
        return {"trial_ok": True, "trial_message": self.env["xero.reason"]._join("\n", [message, *after.notices])}

    def _failed(self, message) -> dict:
        return {"trial_ok": False, "trial_message": message}

    def _shown(self, payload, before) -> str:
        """Return the part of a payload that the rule is about, as Xero gets it."""
        if self.level == "line":
            lines = [line for line in payload.get("LineItems", []) if "UnitAmount" in line]
            return "\n".join(f"{number}. {self._value_shown(line)}" for number, line in enumerate(lines, 1))
        return self._value_shown(payload)

    def _value_shown(self, element) -> str:
        value = element.get(self.target_name)
        if value in (None, "", []):
            return self.env._("(nothing)")
        if isinstance(value, (list, dict)):
            return codec.dumps({self.target_name: value}).decode()
        return self._named(value)

    def _named(self, value) -> str:
        """Return a value with the name that people know it by."""
        model, key = {"account": ("xero.account", "code"), "theme": ("xero.branding.theme", "xero_id")}.get(
            self.kind, (None, None)
        )
        if not model:
            return str(value)
        row = self.env[model].sudo().search([("connection_id", "=", self.connection_id.id), (key, "=", value)], limit=1)
        return row.display_name or str(value)

    # === USE === #

    def action_use(self):
        """Apply the rules to what is sent from now on.

        :raise UserError: one was not tried successfully since it was last changed
        """
        self._check_accountant()
        self.check_access("write")
        for rule in self:
            if rule.state == "draft" and not rule._is_plain():
                raise UserError(
                    self.env._("Try “%s” on a record first: it is not used before it worked.", named(rule.name))
                )
        self.sudo().write({"state": "active", "was_used": True})
        return True

    def action_stop(self):
        """Take the rules out of use; what they sent stays in Xero until the documents are sent again."""
        self._check_accountant()
        self.check_access("write")
        self.filtered(lambda rule: rule.state == "active").sudo().write({"state": "tested"})
        return True
