"""Many conflicts settled with one decision: looked at first, each by itself."""

import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..queue.drain import BEGIN_ANEW

_logger = logging.getLogger(__name__)

# So many at once: each is carried out by itself, and a person waits for it.
AT_ONCE = 200


class XeroConflict(models.Model):
    _inherit = "xero.conflict"

    differing = fields.Char("Differs In", compute="_compute_differing")

    @api.depends("line_ids.odoo", "line_ids.xero")
    def _compute_differing(self):
        for conflict in self:
            lines = conflict.line_ids.filtered(lambda line: line.odoo != line.xero)
            conflict.differing = ", ".join(lines.mapped("label"))

    def action_keep_odoo_all(self):
        """Show what keeping Odoo's side of all of these would do; nothing happens before that is confirmed."""
        return self._look_first("odoo", self.env._("Keep Odoo's Side"))

    def action_take_xero_all(self):
        """Show what taking Xero's side of all of these would do; nothing happens before that is confirmed."""
        return self._look_first("xero", self.env._("Take Xero's Side"))

    def _look_first(self, side, name):
        self._check_may_decide()
        chosen = self.filtered(lambda conflict: conflict.state == "open")
        if not chosen:
            raise UserError(self.env._("What you chose is resolved already."))
        if len(chosen) > AT_ONCE:
            raise UserError(self.env._("Choose %s conflicts at most at once.", AT_ONCE))
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "xero.conflict.settle.wizard",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_conflict_ids": chosen.ids, "default_side": side},
        }

    def _obstacle(self, side) -> str | None:
        """Return why the user cannot settle this one with others, in words; ``None`` where nothing is in the way.

        :param side: ``odoo`` or ``xero``
        """
        if self.kind == "merged":
            return self.env._("Two contacts were merged in Xero: open it and decide about them alone.")
        return self._why_not(self.env.user) if side == "xero" else None

    def _outlook(self, side) -> Markup:
        """Return what settling these with ``side`` changes, and what is left, as a person reads it."""
        rows, left = [], []
        for conflict in self:
            about = ", ".join(filter(None, (named(conflict.record_name), conflict._shown_in_short())))
            if obstacle := conflict._obstacle(side):
                left.append(Markup("<li><strong>%s</strong>: %s</li>") % (about, obstacle))
                continue
            differing = conflict.line_ids.filtered(lambda line: line.odoo != line.xero)
            changes = Markup().join(
                Markup("<div>%s: %s <i class='fa fa-long-arrow-right' role='img' title='→'></i> %s</div>")
                % (line.label, *((line.xero, line.odoo) if side == "odoo" else (line.odoo, line.xero)))
                for line in differing
            )
            rows.append(Markup("<li><strong>%s</strong>%s</li>") % (about, changes))
        goes = (
            self.env._("Sent to Xero, over what was changed there (%s):", len(rows))
            if side == "odoo"
            else self.env._("Written to Odoo, over what was changed here (%s):", len(rows))
        )
        text = Markup("<p><strong>%s</strong></p><ul>%s</ul>") % (goes, Markup().join(rows)) if rows else Markup()
        if left:
            stays = self.env._("Left open (%s):", len(left))
            text += Markup("<p><strong>%s</strong></p><ul>%s</ul>") % (stays, Markup().join(left))
        return text

    def _shown_in_short(self) -> str:
        """Return contact and amount, as far as the document has them and does not name them."""
        partner = self.shown_partner_id.sudo().display_name if self.res_model != "res.partner" else ""
        amount = self.shown_currency_id.format(self.shown_amount) if self.shown_currency_id else ""
        return ", ".join(filter(None, (partner and named(partner), amount)))

    def _settle_all(self, side) -> tuple:
        """Settle each of these with ``side``; what stands against one leaves that one open, and stops no other.

        :param side: ``odoo`` or ``xero``
        :return: how many were settled, and ``{conflict: why not, in words}`` of the others
        :raise AccessError: the user decides nothing
        """
        self._check_may_decide()
        left, chosen = {}, self.filtered(lambda conflict: conflict.state == "open")
        for conflict in chosen:
            reason = conflict._obstacle(side) or conflict._try_to_settle(side)
            if reason:
                left[conflict] = reason
        return len(chosen) - len(left), left

    def _try_to_settle(self, side) -> str | None:
        try:
            with self.env.cr.savepoint():
                self._resolve_by_person(side)
                self.env.flush_all()
        except BEGIN_ANEW:
            raise
        except UserError as error:
            self.env.invalidate_all(flush=False)
            return str(error)
        except Exception:
            _logger.exception("Conflict %s could not be settled", self.id)
            self.env.invalidate_all(flush=False)
            return self.env._("The connector met an unexpected error. Open it and decide about it alone.")
        return None
