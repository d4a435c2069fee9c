from odoo import api, fields, models

from ...mappers.awaited import record_key
from ...mappers.text import named
from ..link.reason import ReasonChar

# From what confidence on a suggestion counts as sure, and as likely.
SURE, LIKELY = 90, 60
# How many of those that are left are named.
SHOWN = 5


class XeroMappingMixin(models.AbstractModel):
    """Shared by the mappings: one row says what something of Odoo is called in one Xero organisation.

    ``connection`` is the ``xero.connection`` of the organisation. What is made or suggested is written as superuser;
    whoever asks has the right to it.
    """

    _name = "xero.mapping.mixin"
    _inherit = ["xero.company.guard", "xero.ask"]
    _description = "Xero Mapping"

    # The field that points at Xero's side.
    _target = None
    # What ``Problem.missing`` of mappers calls the kind; without it documents ask for no row of it.
    _missing_kind = None
    # Lower is suggested, and accepted, first.
    _rank = 50

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
        "Status",
        required=True,
        default="missing",
        index=True,
        help="Only confirmed mappings are used. Suggestions wait for a person.",
    )
    confidence = fields.Integer("Confidence %", readonly=True, aggregator=None)
    reason = ReasonChar(readonly=True)
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
        """Return ``{reason of a suggestion: sentence}``, translated."""
        return {
            "code": self.env["xero.reason"]._("Same code"),
            "name": self.env["xero.reason"]._("Same name"),
            "main": self.env["xero.reason"]._("The account that both books sell by"),
            "chart": self.env["xero.reason"]._("What Xero calls this tax of Odoo's own chart"),
            "words": self.env["xero.reason"]._("Description, tags and fiscal positions say the same"),
            "rate": self.env["xero.reason"]._("The only rate of that percentage"),
            "similar": self.env["xero.reason"]._("Similar name"),
            "kind": self.env["xero.reason"]._("Same kind of account"),
            "untaxed": self.env["xero.reason"]._("Lines without tax"),
        }

    # === REGISTRY === #

    @api.model
    def _all(self) -> list:
        """Return every kind of mapping there is, in the order of suggesting."""
        names = self.env.registry.descendants(["xero.mapping.mixin"], "_inherit")
        kinds = [self.env[name] for name in names if self.env[name]._target]
        return sorted(kinds, key=lambda kind: (kind._rank, kind._name))

    @api.model
    def _for_missing(self, missing: tuple):
        """Return the kind that ``missing`` (of a mapper's ``Problem``) asks for.

        :return: the model, without records
        :raise KeyError: there is none
        """
        for kind in self._all():
            if kind._missing_kind == missing[0]:
                return kind
        raise KeyError(missing[0])

    # === TO IMPLEMENT === #

    @api.model
    def _refresh(self, connection) -> None:
        """Make the rows that ``connection`` should have by now; suggest again what nobody has confirmed."""
        raise NotImplementedError

    @api.model
    def _ensure_missing(self, connection, keys: list[tuple]):
        """Make the rows that documents of ``connection`` miss, with suggestions.

        :param keys: what follows the kind in ``Problem.missing``, each once
        :return: the rows of ``keys``; a kind that never suggests may return those that are new. What of them is
            confirmed can be used at once
        """
        raise NotImplementedError

    @api.model
    def _missing_row(self, connection, key: tuple):
        """Return the row of ``connection`` for ``key``, as for :meth:`_ensure_missing`; empty when there is none.

        :param key: what follows the kind in ``Problem.missing``
        """
        raise NotImplementedError

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        for row, vals in zip(rows, vals_list, strict=True):
            row._write_decision(vals)
        return rows

    def write(self, vals):
        result = super().write(vals)
        self._write_decision(vals)
        if vals.get("state") == "confirmed":
            # What waited for this decision goes on by itself.
            self.env["xero.sync.job"]._retry_awaiting(self._awaited_keys(), ahead=True)
            self._answered()
        return result

    def _awaited_keys(self) -> list[str]:
        """Return what failures that these rows may cure wait for, as ``mappers/awaited`` has it: the rows, and both
        sides of them.
        """
        keys = []
        for field in ("id", *self._sides()):
            records = self if field == "id" else self[field]
            keys += [record_key(records._name, res_id) for res_id in records.ids]
        return keys

    @api.model
    def _sides(self, *models) -> list[str]:
        """Return the fields of this kind that point at something of Odoo's or Xero's.

        :param models: names of those that count; by default all but the connection's
        """
        return [
            name
            for name, field in self._fields.items()
            if field.type == "many2one"
            and field.store
            and not field.related
            and name not in ("connection_id", "create_uid", "write_uid")
            and (not models or field.comodel_name in models)
        ]

    def _write_decision(self, vals) -> None:
        """Keep what the ``vals`` that a person wrote decide."""
        decision = self._decision(vals)
        if decision:
            self.sudo().write(decision)

    def _decision(self, vals) -> dict:
        """What a person chooses, on screen or by import, is confirmed; what a person clears is missing.

        :param vals: as of ``write``
        :return: further values; empty when nothing was decided
        """
        if self._target not in vals or "state" in vals:
            return {}
        if vals[self._target]:
            return {
                "state": "confirmed",
                "confidence": 100,
                "reason": self.env["xero.reason"]._("Chosen by %s", named(self.env.user.name)),
            }
        return {"state": "missing", "confidence": 0, "reason": False}

    # === SUGGESTIONS === #

    def _suggested_values(self, suggestion, targets, first: bool) -> dict:
        """Return the values of a row for ``suggestion``.

        :param suggestion: ``Suggestion`` of ``mapping/suggest``; ``None`` when there is none
        :param targets: what the suggestion's index points into: records of the model that ``_target`` names
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
        """Confirm the suggestion of one row, which somebody has looked at; of several rows at once what is sure.

        :return: ``True``; the action that says which ones are left, when there are any
        """
        self.check_access("write")
        left = self._confirm_sure() if len(self) > 1 else self.browse()
        if len(self) == 1:
            self._confirm()
        return left._left_notice() if left else True

    def _confirm_sure(self):
        """Confirm what is sure among the suggestions of ``self``; return those that are not."""
        suggested = self.filtered(lambda row: row.state == "suggested" and row[row._target])
        sure = suggested.filtered(lambda row: row.certainty == "sure")
        sure._confirm()
        return suggested - sure

    def _confirm(self) -> None:
        """Confirm the suggestions among ``self``, as the user who asks."""
        self.filtered(lambda row: row.state == "suggested" and row[row._target]).sudo().write(
            {
                "state": "confirmed",
                "confidence": 100,
                "reason": self.env["xero.reason"]._("Confirmed by %s", named(self.env.user.name)),
            }
        )

    def _left_notice(self) -> dict:
        """Return the action that says which suggestions wait for a person, one by one."""
        pairs = [f"{named(row.display_name)} → {named(row[row._target].display_name)}" for row in self[:SHOWN]]
        more = [self.env._("and %s more", len(self) - SHOWN)] if len(self) > SHOWN else []
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not sure, and left for you to decide one by one: %s", len(self)),
                "message": "; ".join(pairs + more),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
