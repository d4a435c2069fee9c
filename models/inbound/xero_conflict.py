"""Both sides changed, or Odoo forbids what Xero did: the case, the choice, and who made it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...mappers.document.both_sides import PREFIX
from ...mappers.document.canonical import changed_fields
from ...mappers.reason import said
from ...mappers.text import named
from ...xero_api import codec
from ..link.access import ACCOUNTANT, ALL
from ..link.reason import ReasonText
from .importer import Result, Untakeable
from .partner_guard import Guarded
from .wording import AMOUNTS, StateWords

POLICIES = [("ask", "Ask"), ("newest", "The newest wins"), ("odoo", "Odoo wins"), ("xero", "Xero wins")]
SIDES = [("odoo", "Odoo"), ("xero", "Xero")]


class XeroConflict(models.Model):
    """One disagreement. It keeps what both last agreed on, what each holds now, and what was chosen."""

    _name = "xero.conflict"
    _inherit = ["xero.company.guard", "xero.shown"]
    _description = "Xero Conflict"
    _order = "state, id desc"
    _rec_name = "record_name"

    _kept_by_workers = ALL

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    link_id = fields.Many2one("xero.link", "Xero Link", required=True, ondelete="cascade", readonly=True, index=True)
    xero_type = fields.Char(readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    record_name = fields.Char("Record Name", readonly=True)
    kind = fields.Selection(
        [
            ("both", "Both sides changed"),
            ("refused", "Odoo forbids it"),
            ("merged", "Merged in Xero"),
            ("reserved", "Reserved for people"),
            ("twin", "Perhaps the same"),
        ],
        required=True,
        readonly=True,
    )
    reason = ReasonText(readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("settled", "Resolved")],
        "Status",
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    policy = fields.Selection(POLICIES, readonly=True, help="The policy that was asked.")
    choice = fields.Selection([*SIDES, ("fields", "Field by field"), ("other", "Otherwise")], readonly=True)
    settled_by_id = fields.Many2one("res.users", "Resolved By", readonly=True)
    settled_at = fields.Datetime("Resolved At", readonly=True)
    base_view = fields.Json(readonly=True, groups=ACCOUNTANT)
    odoo_view = fields.Json(readonly=True, groups=ACCOUNTANT)
    xero_view = fields.Json(readonly=True, groups=ACCOUNTANT)
    xero_digest = fields.Char(readonly=True)
    element = fields.Text(groups=fields.NO_ACCESS, help="Xero's element, as it was read.")
    changed_by_id = fields.Many2one("res.users", "Changed in Odoo By", readonly=True)
    changed_at = fields.Datetime("Changed in Odoo", readonly=True)
    changed_in_xero_at = fields.Datetime("Changed in Xero", readonly=True)
    line_ids = fields.One2many("xero.conflict.line", "conflict_id", "Fields")
    preview = fields.Text(compute="_compute_preview")

    _ended = models.Index("(connection_id, settled_at) WHERE state = 'settled'")
    _open_unique = models.UniqueIndex("(link_id) WHERE state = 'open'")

    # === OPENING === #

    @api.model
    def _meet(self, inbound, connection, link, element, record):
        """Both sides changed: let the policy decide, or ask a person.

        :param inbound: the importer of the type
        :param link: the ``xero.link``, with what was agreed last
        :param element: as it was read, in the form of Xero's JSON
        :param record: the Odoo record
        :return: the ``Result`` of the element
        """
        policy = connection[inbound._policy_field] if inbound._policy_field else "ask"
        side = self._newest(connection, link, record, element) if policy == "newest" else policy
        conflict = self._open(
            inbound,
            connection,
            link,
            element,
            record,
            "both",
            self.env["xero.reason"]._(
                "%s was changed in Odoo and in Xero since both last agreed.",
                named(record.display_name),
            ),
            policy,
        )
        if side == "ask":
            conflict._ask()
        else:
            conflict._resolve_or_ask(side)
        return Result("conflict", conflict.reason, record.id)

    def _resolve_or_ask(self, side):
        """Carry out what the policy says, unless that is reserved for people."""
        merged = self.env["xero.inbound"]._for_type(self.xero_type)._unopposed(self)
        try:
            with self.env.cr.savepoint():
                self._resolve(
                    {line.name: side for line in self.line_ids if line.name not in merged}, side, merged=merged
                )
        except Guarded as error:
            self.env.invalidate_all(flush=False)
            self.write({"kind": "reserved", "reason": said(error), "policy": "ask"})
            self._ask()

    @api.model
    def _refuse(self, inbound, connection, link, element, record, reason, kind="refused"):
        """Odoo forbids what happened in Xero: keep it for a person, with the reason.

        :param inbound: the importer of the type
        :param link: the ``xero.link``, with what was agreed last
        :param element: as it was read, in the form of Xero's JSON
        :param record: the Odoo record
        :param reason: translated, with what a person can do
        :param kind: ``refused``, ``reserved``, or ``twin`` for what may be the same as what Odoo has already
        :return: the ``Result`` of the element
        """
        conflict = self._open(inbound, connection, link, element, record, kind, reason, "ask")
        conflict._ask()
        return Result("reserved" if kind == "reserved" else "refused", reason, record.id)

    def _open(self, inbound, connection, link, element, record, kind, reason, policy):
        self._overtaken(link)
        # One is open at a time: the database must know that the former is settled before it sees the new one.
        self.flush_model(["state"])
        base, theirs = link.base_state or {}, inbound._canonical(element)
        ours = inbound._odoo_side(connection, link, record)
        job = self._waiting_job(connection, record)
        conflict = self.create(
            {
                "changed_by_id": (job.user_id or record.write_uid).id,
                "changed_at": job.write_date or record.write_date,
                "changed_in_xero_at": inbound._updated_at(connection, element),
                "connection_id": connection.id,
                "company_id": link.company_id.id,
                "link_id": link.id,
                "xero_type": inbound._xero_type,
                "res_model": record._name,
                "res_id": record.id,
                "record_name": record.display_name,
                "kind": kind,
                "reason": reason,
                "policy": policy,
                "base_view": base,
                "odoo_view": ours,
                "xero_view": theirs,
                "xero_digest": codec.digest(theirs),
                "element": codec.dumps(element).decode(),
            }
        )
        names = (changed_fields(ours, theirs) | changed_fields(base, theirs)) - {"money"}
        words = StateWords.of(self.env, connection, (base, ours, theirs))
        rows = inbound._line_rows(connection, link, element, record, words) if kind == "both" else []
        names -= {*AMOUNTS, "tracking"} if rows else set()
        sides = {name: self._only_side(base.get(name), ours.get(name), theirs.get(name)) for name in names}
        sides |= {name: sides["lines"] for name in AMOUNTS if "lines" in sides and name in sides}
        self.env["xero.conflict.line"].create(
            [
                {
                    "conflict_id": conflict.id,
                    "name": name,
                    "base": words.say(name, base.get(name)),
                    "odoo": words.say(name, ours.get(name)),
                    "xero": words.say(name, theirs.get(name)),
                    "choice": sides[name],
                }
                for name in sorted(names)
            ]
            + [{"conflict_id": conflict.id, **row} for row in rows]
        )
        return conflict

    def _only_side(self, base, ours, theirs):
        """Return the side whose value nobody would dispute, as the other has not changed; ``False`` where both did."""
        if theirs in (base, ours):
            return "odoo"
        return "xero" if base == ours else False

    @api.model
    def _overtaken(self, link) -> None:
        """What was asked about ``link`` has been answered by what happened since.

        :param link: one ``xero.link``
        """
        found = self.search([("link_id", "=", link.id), ("state", "=", "open")])
        found.write({"state": "settled", "choice": "other", "settled_at": fields.Datetime.now()})
        found._end_hand_over()

    @api.model
    def _taken_back(self, links) -> None:
        """Xero holds again what was agreed last: nobody need be asked, and what Odoo has to say is sent.

        :param links: ``xero.link`` in state ``conflict``
        """
        for link in links:
            if self.search_count([("link_id", "=", link.id), ("state", "=", "open"), ("kind", "=", "merged")], limit=1):
                continue
            self._overtaken(link)
            link.write({"state": "synced", "message": False})
            mapper = self.env["xero.mapper"]._if_sent(link.xero_type)
            if mapper is not None and mapper._odoo_model == link.res_model:
                pairs = [(link.res_id, link.company_id.id)]
                self.env["xero.sync.job"]._enqueue(link.connection_id.id, mapper, pairs)

    def _ask(self):
        """Hold what is to be sent, mark the record, and leave the reason where people look."""
        for conflict in self:
            conflict.link_id.write({"state": "conflict", "message": conflict.reason})
            conflict._jobs().write({"state": "cancelled", "done_at": fields.Datetime.now()})
            self.env["xero.log"]._post(conflict.connection_id, [(conflict._record(), conflict.reason)])

    def _jobs(self):
        return self.env["xero.sync.job"].search(
            [
                ("connection_id", "in", self.connection_id.ids),
                ("res_model", "=", self.res_model),
                ("res_id", "=", self.res_id),
                ("operation", "in", ("push", "void")),
                ("state", "in", ("pending", "blocked", "failed", "dead")),
            ]
        )

    @api.model
    def _waiting(self, connection, inbound, changed) -> set:
        """Return the ids of elements that a person is being asked about already, in exactly this form; one query.

        :param inbound: the importer of the type
        :param changed: pairs ``(link, element)``
        """
        links = {link.id: element for link, element in changed}
        rows = self.env.execute_query(
            SQL(
                "SELECT link_id, xero_digest FROM xero_conflict WHERE state = 'open' AND link_id = ANY(%s)",
                list(links),
            )
        )
        return {
            links[link_id][inbound._id_field]
            for link_id, digest in rows
            if codec.digest(inbound._canonical(links[link_id])) == digest
        }

    @api.model
    def _newest(self, connection, link, record, element) -> str:
        """Return the side that changed last, or ``ask`` when that cannot be told.

        The clocks of Odoo and Xero are never compared. Each only measures its own time since the last reading, the one
        moment that both saw.
        """
        cursor = self.env["xero.sync.cursor"]._of(connection, link.xero_type)
        theirs = self.env["xero.inbound"]._updated_at(connection, element)
        if not (cursor.polled_at and cursor.polled_at_xero and theirs):
            return "ask"
        job = self._waiting_job(connection, record)
        ours = (job.write_date or record.write_date) - cursor.polled_at
        return "odoo" if ours > theirs - cursor.polled_at_xero else "xero"

    @api.model
    def _waiting_job(self, connection, record):
        """Return the job that is to send what changed in Odoo; empty without one."""
        return self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", record._name),
                ("res_id", "=", record.id),
                ("operation", "in", ("push", "void")),
                ("state", "not in", ("done", "cancelled")),
            ],
            limit=1,
        )

    # === SETTLING === #

    def action_take_odoo(self):
        """Settle with Odoo's side of every field."""
        return self._resolve_by_person("odoo")

    def action_take_xero(self):
        """Settle with Xero's side of every field."""
        return self._resolve_by_person("xero")

    def action_settle(self):
        """Settle field by field, as chosen on the lines."""
        return self._resolve_by_person(None)

    def action_undo_payments(self):
        """Undo what is paid on the documents in Odoo, and settle with Xero's side; the payments stay, unmatched."""
        self._check_may_decide()
        for conflict in self.sudo():
            if conflict.state == "open" and conflict.res_model == "account.move":
                conflict._record().with_context(xero_no_sync=True).line_ids.remove_move_reconcile()
        return self._resolve_by_person("xero")

    def _resolve_by_person(self, side):
        self._check_may_decide()
        for conflict in self.sudo():
            if conflict.state != "open":
                raise UserError(self.env._("This conflict is resolved already."))
            choices = {line.name: side or line.choice for line in conflict.line_ids}
            undecided = [line.label for line in conflict.line_ids if not choices[line.name]]
            if undecided:
                raise UserError(self.env._("Choose a side first for: %s.", ", ".join(map(named, undecided))))
            if "xero" in choices.values() and (reason := conflict._why_not(self.env.user)):
                raise AccessError(reason)
            conflict._resolve(choices, side or "fields", self.env.user)
        return True

    def _resolve(self, choices: dict, choice: str, user=None, merged=frozenset()) -> None:
        """Carry out ``choices`` (``{field: side}``) and record them.

        :param merged: the other fields, in which each side keeps its own changes
        :raise UserError: Odoo forbids Xero's side
        """
        self.ensure_one()
        connection = self.connection_id
        inbound = self.env["xero.inbound"]._for_type(self.xero_type)._as_worker(connection)
        record = inbound.env[self.res_model].browse(self.res_id).exists()
        if self.res_model == "res.partner":
            record = self.env["xero.partner.guard"]._as_person(record, connection, user)
        element = codec.loads(self.element.encode())
        mine = {name for name, side in choices.items() if side == "odoo"}
        try:
            link, both = inbound.env["xero.link"].browse(self.link_id.id), {"merged": merged} if merged else {}
            inbound._resolve_sides(connection, link, element, record, mine, **both)
        except Untakeable as error:
            raise UserError(str(error)) from error
        for line in self.line_ids.filtered(lambda line: line.name in choices):
            line.choice = choices[line.name]
        self._close(choice, user)

    def _close(self, choice, user=None):
        self.write(
            {
                "state": "settled",
                "choice": choice,
                "settled_at": fields.Datetime.now(),
                "settled_by_id": user.id if user else False,
            }
        )
        self._end_hand_over()
        self._notify_screens()
        reason = self.env["xero.reason"]
        text = reason._(
            "Conflict with Xero resolved: %(choice)s, by %(who)s.",
            choice=reason._label(self._name, "choice", choice),
            who=named(user.name) if user else reason._("the policy of the connection"),
        )
        self.env["xero.log"]._post(self.connection_id, [(self._record(), text)])

    def _notify_screens(self):
        """The record may be open on somebody's screen."""
        self.env["bus.bus"]._sendone(
            (self.connection_id.company_id, "xero"),
            "xero_connector.status",
            {"model": self.res_model, "ids": [self.res_id], "changed": True},
        )

    def _record(self):
        return self.env[self.res_model].browse(self.res_id).exists()

    # === SCREEN === #

    @api.depends("line_ids.choice")
    def _compute_preview(self):
        for conflict in self:
            odoo = conflict.line_ids.filtered(lambda line: line.choice == "odoo" and line.odoo != line.xero)
            xero = conflict.line_ids.filtered(lambda line: line.choice == "xero" and line.odoo != line.xero)
            waiting = conflict.line_ids.filtered(lambda line: not line.choice)
            parts = []
            if waiting:
                parts.append(self.env._("Not chosen yet: %s.", ", ".join(map(named, waiting.mapped("label")))))
            if xero:
                parts.append(self.env._("Changed in Odoo: %s.", ", ".join(map(named, xero.mapped("label")))))
            if odoo:
                parts.append(self.env._("Sent to Xero: %s.", ", ".join(map(named, odoo.mapped("label")))))
            conflict.preview = "\n".join(parts) or self.env._("Nothing changes on either side.")

    def action_open_record(self):
        self.ensure_one()
        record = self._record()
        if not record:
            raise UserError(self.env._("This record was deleted in Odoo."))
        return record._get_records_action()


class XeroConflictLine(models.Model):
    """A field on which the sides differ."""

    _name = "xero.conflict.line"
    _inherit = ["xero.company.guard"]
    _description = "Xero Conflict Field"
    _order = "id"

    _kept_by_workers = frozenset({"conflict_id"})

    conflict_id = fields.Many2one("xero.conflict", required=True, ondelete="cascade", index=True)
    name = fields.Char("Key", required=True, readonly=True)
    label = fields.Char("Field", compute="_compute_label")
    base = ReasonText("Last Agreed", readonly=True)
    odoo = ReasonText("Odoo", readonly=True)
    xero = ReasonText("Xero", readonly=True)
    choice = fields.Selection(SIDES, help="Empty: nobody has chosen yet.")
    is_open = fields.Boolean(compute="_compute_is_open")

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_label(self):
        labels = self._labels()
        for line in self:
            line.label = labels.get(line.name) or self._line_label(labels, line.name)

    def _line_label(self, labels, name) -> str:
        """Return the label of a field of a line of a document."""
        if not name or not name.startswith(PREFIX):
            return name
        number, field = name.split(".")[1:3]
        return self.env["xero.reason"]._("Line %(number)s: %(field)s", number=number, field=labels.get(field, field))

    def _labels(self) -> dict:
        """Return ``{field of a state: label}``, reasons that may be stored."""
        reason = self.env["xero.reason"]
        return {
            "status": reason._("Status"),
            "number": reason._("Number"),
            "reference": reason._("Reference"),
            "contact": reason._("Contact"),
            "date": reason._("Date"),
            "due_date": reason._("Due date"),
            "currency": reason._("Currency"),
            "rate": reason._("Currency rate"),
            "tax": reason._("Tax"),
            "total": reason._("Total"),
            "lines": reason._("Lines"),
            "type": reason._("Type"),
            "name": reason._("Name"),
            "email": reason._("E-mail"),
            "registry": reason._("Company number"),
            "tax_number": reason._("Tax number"),
            "phone": reason._("Phone"),
            "invoice_address": reason._("Invoice address"),
            "persons": reason._("People"),
            "delivery_address": reason._("Delivery address"),
            "terms": reason._("Payment terms"),
            "merged_to": reason._("Merged into"),
            "tracking": reason._("Tracking"),
            "line": reason._("Whole line"),
            "description": reason._("Description"),
            "quantity": reason._("Quantity"),
            "price": reason._("Unit price"),
            "discount": reason._("Discount"),
            "amount": reason._("Amount"),
            "account": reason._("Account"),
            "tax_type": reason._("Tax rate"),
            "bank": reason._("Bank account"),
            "from": reason._("From"),
            "to": reason._("To"),
        }

    @api.depends("conflict_id.state")
    def _compute_is_open(self):
        for line in self:
            line.is_open = line.conflict_id.state == "open"

    def action_choose_odoo(self):
        """Keep Odoo's side of this field; nothing happens before the conflict is settled."""
        self._choose("odoo")

    def action_choose_xero(self):
        """Take Xero's side of this field; nothing happens before the conflict is settled."""
        self._choose("xero")

    def _choose(self, side):
        self.conflict_id._check_may_decide()
        for line in self:
            alike = line.conflict_id.line_ids.filtered(lambda other: other.name in AMOUNTS)
            (line | alike if line.name in AMOUNTS else line).choice = side

    def write(self, vals):
        if set(vals) - {"choice"} or any(line.conflict_id.state != "open" for line in self):
            raise UserError(self.env._("What was resolved cannot be changed any more."))
        return super().write(vals)
