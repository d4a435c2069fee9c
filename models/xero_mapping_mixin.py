from odoo import api, fields, models

# From what confidence on a suggestion counts as sure, and as likely.
SURE, LIKELY = 90, 60


class XeroMappingMixin(models.AbstractModel):
    """Shared by the mappings: one row says what something of Odoo is called in one Xero organisation."""

    _name = "xero.mapping.mixin"
    _inherit = ["xero.company.guard"]
    _description = "Xero Mapping"

    # The field that points at Xero's side.
    _target = None

    connection_id = fields.Many2one(
        "xero.connection",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env["xero.connection"].search([("company_id", "=", self.env.company.id)], limit=1),
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("missing", "Missing"), ("suggested", "Suggested"), ("confirmed", "Confirmed")],
        required=True,
        default="missing",
        index=True,
        help="Only confirmed mappings are used. Suggestions wait for a person.",
    )
    confidence = fields.Integer("Confidence %", readonly=True, aggregator=None)
    reason = fields.Char(readonly=True)
    certainty = fields.Selection(
        [
            ("missing", "Missing"),
            ("doubtful", "Doubtful"),
            ("likely", "Likely"),
            ("sure", "Sure"),
            ("decided", "Decided"),
        ],
        compute="_compute_certainty",
        store=True,
        index=True,
        help="How far a suggestion can be trusted: sure ones share code, number or name with Xero's.",
    )

    @api.depends("state", "confidence")
    def _compute_certainty(self):
        for row in self:
            if row.state != "suggested":
                row.certainty = "decided" if row.state == "confirmed" else "missing"
            else:
                row.certainty = (
                    "sure" if row.confidence >= SURE else "likely" if row.confidence >= LIKELY else "doubtful"
                )

    def _reasons(self) -> dict[str, str]:
        return {
            "code": self.env._("Same code"),
            "name": self.env._("Same name"),
            "rate": self.env._("The only rate of that percentage"),
            "similar": self.env._("Similar name"),
            "kind": self.env._("Same kind of account"),
            "untaxed": self.env._("Lines without tax"),
        }

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._decided(vals) for vals in vals_list])

    def write(self, vals):
        vals = self._decided(vals)
        result = super().write(vals)
        if vals.get("state") == "confirmed":
            # What waited for this decision goes on by itself.
            self.env["xero.sync.job"]._retry_fixed(self)
        return result

    def _decided(self, vals):
        """What a person chooses, on screen or by import, is confirmed; what a person clears is missing."""
        if self._target not in vals or "state" in vals:
            return vals
        if vals[self._target]:
            return {
                **vals,
                "state": "confirmed",
                "confidence": 100,
                "reason": self.env._("Chosen by %s", self.env.user.name),
            }
        return {**vals, "state": "missing", "confidence": 0, "reason": False}

    # === SUGGESTIONS === #

    def _suggested_values(self, suggestion, targets, first: bool) -> dict:
        """Return the values of a row for ``suggestion``.

        :param targets: what the suggestion's index points into
        :param first: the row is new: what is sure is confirmed at once; later only a person confirms
        """
        if suggestion is None:
            return {self._target: False, "state": "missing", "confidence": 0, "reason": False}
        return {
            self._target: targets[suggestion.index].id,
            "state": "confirmed" if suggestion.sure and first else "suggested",
            "confidence": suggestion.confidence,
            "reason": self._reasons()[suggestion.reason],
        }

    # === ACTIONS === #

    def action_read_xero(self):
        """Read what was created in Xero meanwhile, for a person who does not find it in the list."""
        self.ensure_one()
        return self.connection_id.action_pull()

    def action_confirm(self):
        """Confirm the suggestions among ``self``."""
        self.check_access("write")
        self.filtered(lambda row: row.state == "suggested" and row[row._target]).write({
            "state": "confirmed", "confidence": 100, "reason": self.env._("Confirmed by %s", self.env.user.name),
        })
        return True
