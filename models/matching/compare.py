"""Side by side: what both sides hold of a proposed pair, and finding another counterpart."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..inbound.wording import StateWords
from ..link.own_context import sent_value
from .keys import code
from .reasons import sentence, speaks_against


class XeroMatchLine(models.Model):
    _inherit = "xero.match.line"

    comparison = fields.Html("Side by Side", compute="_compute_comparison", sanitize=False)
    reason_list = fields.Html("What Speaks For It", compute="_compute_reason_list", sanitize=False)

    # === REASONS === #

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_list(self):
        for line in self:
            rows = Markup("").join(self._reason_row(code, value) for code, value in line.reasons or [])
            line.reason_list = Markup('<ul class="list-unstyled mb-0">%s</ul>') % rows if rows else False

    def _reason_row(self, code, value) -> Markup:
        against = speaks_against(self.env, code)
        icon = "fa-exclamation-triangle text-warning" if against else "fa-check text-success"
        title = self.env._("To think about") if against else self.env._("Speaks for it")
        return Markup('<li><i class="fa %s me-2" role="img" title="%s"></i>%s</li>') % (
            icon,
            title,
            sentence(self.env, code, value),
        )

    # === SIDE BY SIDE === #

    @api.depends("res_id", "element_id")
    @api.depends_context("lang")
    def _compute_comparison(self):
        for line in self:
            # What a screen says of record and type is not believed: only what workers have stored is compared.
            stored = line._origin
            line.comparison = stored._comparison() if stored and stored.kind != "payment" else False

    def _comparison(self) -> Markup:
        ours, theirs = self.sudo()._state_here(), self.sudo()._state_there()
        kind = self.sudo()._matching()
        kind._tidy_states(self.sudo(), ours, theirs)
        labels = self.env["xero.conflict.line"]._labels() | {
            "reference": self.env._("Reference"),
            "terms": self.env._("Payment terms"),
            **kind._labels(),
        }
        names = [name for name in kind._shown if name in ours or name in theirs]
        words = StateWords.of(self.env, self.sudo().connection_id, (ours, theirs))
        rows = Markup("").join(
            self._row(labels.get(name, name), *(words.say(name, side.get(name)) for side in (ours, theirs)))
            for name in names
        )
        head = Markup("<tr><th></th><th>%s</th><th>%s</th></tr>") % (self.env._("Odoo"), self.env._("Xero"))
        return Markup('<table class="table table-sm o_xero_match_table"><thead>%s</thead><tbody>%s</tbody></table>') % (
            head,
            rows,
        )

    def _row(self, label, ours, theirs) -> Markup:
        both = bool(ours and theirs)
        # Spaces and dashes in a number are no difference that anybody looks for.
        same = ours == theirs or (both and code(ours) == code(theirs) != "")
        style = "" if same else "table-warning" if both else ""
        cells = Markup("").join(self._cell(value, same) for value in (ours, theirs))
        head = Markup('<th class="fw-normal"><span class="opacity-75">%s</span></th>') % label
        return Markup('<tr class="%s">%s%s</tr>') % (style, head, cells)

    def _cell(self, value, same) -> Markup:
        lines = Markup("<br/>").join(value.split("\n")) if value else Markup('<span class="opacity-75">–</span>')
        return Markup('<td class="%s">%s</td>') % ("" if same or not value else "fw-bold", lines)

    def _state_here(self) -> dict:
        """Return Odoo's side in the form of Xero's."""
        record = self.res_id and self.env[self.res_model].with_context(active_test=False).browse(self.res_id).exists()
        if not record:
            return {}
        side = self._matching()._side(self.xero_type)
        if side is None:
            return {}
        side = side._as_worker(self.connection_id)
        return self._matching()._state_here(self, side, record.with_env(side.env))

    def _state_there(self) -> dict:
        side = self._matching()._side(self.xero_type)
        if not self.element_id or side is None:
            return {}
        return dict(side._canonical(self.element_id.data))

    # === ANOTHER ONE === #

    def action_search(self):
        """Open what may be chosen as counterpart: Xero's elements, or for one of Xero's what Odoo has."""
        self.ensure_one()
        self._check_open()
        if self.res_id:
            view = self.env.ref("xero_connector.xero_match_element_view_list")
            search = self.env.ref("xero_connector.xero_match_element_view_search")
            model = "xero.snapshot.element"
            domain = [("snapshot_id", "=", self.match_id.snapshot_id.id), ("xero_type", "=", self.xero_type)]
        else:
            view = self.env.ref("xero_connector.xero_match_line_view_choose")
            search = self.env.ref("xero_connector.xero_match_line_view_search")
            model = self._name
            domain = [
                ("match_id", "=", self.match_id.id),
                ("kind", "=", self.kind),
                ("res_id", "!=", 0),
                ("state", "in", ("open", "trouble")),
            ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Counterpart of %s", named(self.display_name)),
            "res_model": model,
            "view_mode": "list",
            "views": [(view.id, "list")],
            "search_view_id": [search.id, "search"],
            "target": "new",
            "domain": domain,
            "context": {"xero_match_line": self.id},
        }

    def action_take(self):
        """Be the counterpart of the line in the context."""
        self.ensure_one()
        other = self.browse(sent_value(self.env, "xero_match_line", int)).exists()
        if not other.element_id or other.match_id != self.match_id:
            raise UserError(self.env._("The other one is not open any more. Read Xero again."))
        self._choose(other.element_id)
        return self._get_records_action(name=self.env._("Match Records"))
