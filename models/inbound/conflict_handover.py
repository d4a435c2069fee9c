"""Some contacts only few may change in Odoo: an accountant who may not hands the question to somebody who may."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..link.access import ACCOUNTANT
from ..link.notice import notice

CREATION = "base.group_partner_manager"
TO_DO = "mail.mail_activity_data_todo"


class XeroConflict(models.Model):
    _inherit = "xero.conflict"

    missing_right = fields.Text(compute="_compute_missing_right")
    activity_id = fields.Many2one("mail.activity", "To-Do", readonly=True, ondelete="set null", copy=False)
    handed_to_id = fields.Many2one(related="activity_id.user_id", string="Handed To")

    @api.depends("state", "res_model", "res_id")
    @api.depends_context("uid")
    def _compute_missing_right(self):
        for conflict in self:
            conflict.missing_right = self._may_decide() and conflict._why_not(self.env.user)

    def _why_not(self, user) -> str | None:
        """Return in words why ``user`` cannot take Xero's side; ``None`` where nothing stands against it."""
        guard, partner = self.env["xero.partner.guard"], self.sudo()._guarded_partner()
        if not partner or guard._may_write(partner, user):
            return None
        return self.env._(
            "You may not change %s in Odoo, so you cannot take Xero's side. Keep Odoo's side, or hand the question "
            "over: somebody who may gets a to-do, and nothing changes until then.",
            named(partner.display_name),
        )

    def _guarded_partner(self):
        """Return the partner that only people with the right to may change; empty for anything else."""
        partners = self.env["res.partner"]
        if self.state != "open" or self.res_model != partners._name:
            return partners
        partner = partners.browse(self.res_id).exists()
        guard = self.env["xero.partner.guard"]
        is_guarded = guard._closed(partner, self.connection_id) or guard._doors(partner | partner.child_ids)
        return partner if is_guarded else partners

    def action_hand_over(self):
        """Leave a to-do for somebody who may change the contact; the conflict stays open.

        :return: a notification that says for whom
        :raise UserError: nobody may, or somebody has the to-do already
        """
        self.ensure_one()
        self._check_may_decide()
        conflict = self.sudo()
        partner = conflict._guarded_partner()
        if not partner:
            raise UserError(self.env._("Any accountant can resolve this: there is nothing to hand over."))
        if conflict.activity_id.active:
            raise UserError(self.env._("%s has this as a to-do already.", named(conflict.handed_to_id.name)))
        person = conflict._who_may(partner)
        if not person:
            raise UserError(
                self.env._(
                    "Nobody of %s may change this contact. Whoever administers Odoo can change it, or give somebody "
                    "the right to.",
                    named(conflict.company_id.name),
                )
            )
        told = conflict.with_context(lang=person.lang)
        conflict.activity_id = partner.with_context(lang=person.lang).activity_schedule(
            TO_DO,
            summary=told.env._("Conflict with Xero"),
            note=told._question(self.env.user),
            user_id=person.id,
        )
        return notice(self.env._("%s has it as a to-do now. The conflict stays open.", named(person.name)))

    def _who_may(self, partner):
        """Return the user who is asked: one who may settle the conflict too, where there is one."""
        domain = [("share", "=", False), ("company_ids", "in", self.company_id.ids)]
        users = self.env["res.users"].search([*domain, ("all_group_ids", "in", self.env.ref(CREATION).ids)], order="id")
        able = users.filtered(lambda user: self.env["xero.partner.guard"]._may_write(partner, user))
        return (able.filtered(lambda user: user.has_group(ACCOUNTANT)) or able)[:1]

    def _question(self, asker) -> Markup:
        """Return the conflict in words, for the to-do."""
        differing = self.line_ids.filtered(lambda line: line.odoo != line.xero)
        rows = Markup().join(
            Markup("<li>%s</li>")
            % self.env._(
                "%(field)s: “%(odoo)s” in Odoo, “%(xero)s” in Xero",
                field=named(line.label),
                odoo=line.odoo,
                xero=line.xero,
            )
            for line in differing
        )
        told = self.env._(
            "%s asks you to decide. If Xero is right, change it here, or resolve the conflict under Xero > To Do > "
            "Conflicts. If Odoo is right, say so: an accountant then keeps Odoo's side.",
            named(asker.name),
        )
        return Markup("<p>%s</p><ul>%s</ul><p>%s</p>") % (self.reason, rows, told)

    def _end_hand_over(self) -> None:
        """What was asked has been answered: nobody need do it any more."""
        self.activity_id.filtered("active").action_feedback(feedback=self.env._("The conflict is resolved."))
