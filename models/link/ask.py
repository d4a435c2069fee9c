"""Who may not decide something asks those who may, by a to-do."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from .access import ACCOUNTANT, SYSTEM_ADMINISTRATOR, XERO_USER, check_role
from .notice import notice

# So many are asked where nobody is named: one may be away, and more need not hear of it.
ASKED = 3
TO_DO = "mail.mail_activity_data_todo"


class XeroAsk(models.AbstractModel):
    """What only some people decide, and anybody may ask them to: a record of an organisation (``connection_id``)."""

    _name = "xero.ask"
    _description = "Xero Question"

    # External id of the group whose people decide.
    _decided_by = ACCOUNTANT

    ask_ids = fields.Many2many("mail.activity", string="To-Dos", readonly=True, copy=False)
    asked_names = fields.Char("Asked", compute="_compute_asked_names", compute_sudo=True)

    @api.depends("ask_ids.active", "ask_ids.user_id")
    def _compute_asked_names(self):
        for record in self:
            record.asked_names = ", ".join(map(named, record.ask_ids.filtered("active").user_id.mapped("name")))

    @api.model
    def _must_ask(self) -> bool:
        """Whether the user does not decide such records."""
        return not self.env.user.has_group(self._decided_by)

    def action_ask(self):
        """Leave those who may decide a to-do on the organisation; it ends with the decision.

        :return: a notification that says whom
        :raise UserError: the user may decide, or nobody else may
        """
        self.ensure_one()
        check_role(self.env, XERO_USER, self.env._("Only Xero users ask."))
        self.check_access("read")
        if not self._must_ask():
            raise UserError(self.env._("You decide this yourself: nobody has to be asked."))
        record = self.sudo()
        if not record.asked_names:
            people = record._who_decides()
            if not people:
                raise UserError(
                    self.env._(
                        "Nobody of %s is a Xero accountant. Whoever administers Odoo can give somebody the right to.",
                        named(record.company_id.name),
                    )
                )
            record.ask_ids = [fields.Command.link(activity.id) for activity in map(record._ask, people)]
        message = self.env._(
            "%s was asked. Documents that wait for it are sent after the decision.", record.asked_names
        )
        return {
            **notice(message),
            "params": {**notice(message)["params"], "next": {"type": "ir.actions.act_window_close"}},
        }

    def _who_decides(self):
        """Return the users who are asked: those whom the organisation names, else those nearest to the books."""
        group = self.env.ref(self._decided_by)
        able = self.env["res.users"].search(
            [
                ("share", "=", False),
                ("company_ids", "in", self.company_id.ids),
                ("all_group_ids", "in", group.ids),
                ("id", "!=", self.env.uid),
            ],
            order="id",
        )
        chosen = able & self.connection_id.alert_user_ids
        return chosen or able.sorted(lambda user: (user.has_group(SYSTEM_ADMINISTRATOR), user.id))[:ASKED]

    def _ask(self, person):
        """Leave ``person``, a ``res.users``, a to-do in the own language; return the ``mail.activity``."""
        told = self.connection_id.with_context(lang=person.lang)
        link = Markup('<a href="/odoo/{model}/{id}">{name}</a>').format(
            model=self._name, id=self.id, name=self.with_context(lang=person.lang).display_name
        )
        note = Markup("<p>%s</p><p>%s</p>") % (
            told.env._("%s asks you to decide. Documents wait for it.", named(self.env.user.name)),
            link,
        )
        summary = told.env._("Decide for Xero: %s", named(self.with_context(lang=person.lang).display_name))
        return told.activity_schedule(TO_DO, summary=summary, note=note, user_id=person.id)

    def _answered(self) -> None:
        """It is decided: nobody need do it any more."""
        open_ones = self.sudo().ask_ids.filtered("active")
        if open_ones:
            open_ones.action_feedback(feedback=self.env._("Decided by %s", named(self.env.user.name)))
