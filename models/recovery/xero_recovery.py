"""A connection that is held: what this database is, what Xero has that it lost, and how it goes on."""

import logging
from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...mappers import marks
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ..connection import database as xero_database
from ..inbound.importer import FORBIDDEN, Untakeable
from ..link.own_context import own
from ..link.reason import ReasonText
from ..queue.task import AGAIN, DONE
from ..queue.xero_sync_job import CLICK
from .reader import Reader

_logger = logging.getLogger(__name__)

KINDS = [
    ("copy", "Copied database"),
    ("moved", "Restored, copied or moved database"),
    ("ahead", "Xero is ahead of Odoo"),
]
STATES = [
    ("ask", "What Is It?"),
    ("reading", "Reading Xero"),
    ("decide", "Decide"),
    ("applying", "Carrying Out"),
    ("released", "Released"),
    ("copy", "Left as a Copy"),
]
OPEN = ("ask", "reading", "decide", "applying")
READ = ("Contact", "Invoice", "CreditNote", "Payment")
# What was sent in the last moments before the backup may bear a time of Xero's from a little before it.
MARGIN = timedelta(hours=1)
# A mark that is further ahead of the ids here was not made by a database that this one is a backup of.
FURTHEST = 1_000_000


class XeroRecovery(models.Model):
    """Why a connection is held, and the way out. While one is open nothing is sent and nothing is taken over.

    It is a table of its own, so that a hold lands whatever locks the connection and whatever else fails.
    """

    _name = "xero.recovery"
    _inherit = ["xero.company.guard"]
    _description = "Xero Recovery"
    _order = "id desc"
    _rec_name = "connection_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True, index=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    reason = ReasonText(required=True, readonly=True)
    state = fields.Selection(STATES, "Status", required=True, default="ask", readonly=True)
    is_open = fields.Boolean(compute="_compute_is_open", store=True)
    answer = fields.Selection(
        [
            ("copy", "A copy, to try things with. It stays silent; nothing changes in Xero."),
            ("real", "The real one: it was moved here, or restored from a backup."),
        ],
        "This Database Is",
    )
    other = fields.Selection(
        [
            ("gone", "It is switched off, and never works with Xero again."),
            ("works", "It goes on working with Xero."),
            ("unknown", "I do not know."),
        ],
        "What Becomes of the Other One",
        help="Two databases that send to one organisation send documents twice and change each other's.",
    )
    answered_by_id = fields.Many2one("res.users", readonly=True)
    answered_at = fields.Datetime(readonly=True)
    former_uuid = fields.Char(readonly=True, help="Id of the database that marked what Xero has, where it was another.")
    since = fields.Datetime("Read From", readonly=True, help="By Xero's clock: the newest change that Odoo knows.")
    snapshot_id = fields.Many2one("xero.snapshot", readonly=True, ondelete="set null", index="btree_not_null")
    progress = fields.Float(compute="_compute_progress")
    trouble = ReasonText(readonly=True)
    numbers = ReasonText("Numbers Moved On", readonly=True)
    released_at = fields.Datetime(readonly=True)
    line_ids = fields.One2many("xero.recovery.line", "recovery_id")
    open_count = fields.Integer("To Decide", compute="_compute_counts")
    done_count = fields.Integer("Done", compute="_compute_counts")
    failed_count = fields.Integer("Failed", compute="_compute_counts")
    changed_count = fields.Integer("Changed in Xero", compute="_compute_counts")
    waiting_count = fields.Integer("Documents Waiting", compute="_compute_counts")
    needs_consent = fields.Boolean(compute="_compute_needs_consent")

    _open_unique = models.UniqueIndex("(connection_id) WHERE is_open")

    @api.depends("state")
    def _compute_is_open(self):
        for recovery in self:
            recovery.is_open = recovery.state in OPEN

    @api.depends("snapshot_id.progress")
    def _compute_progress(self):
        for recovery in self:
            recovery.progress = recovery.sudo().snapshot_id.progress

    @api.depends("line_ids.state", "line_ids.kind")
    def _compute_counts(self):
        for recovery in self:
            lines = recovery.line_ids
            recovery.changed_count = len(lines.filtered(lambda line: line.kind == "changed"))
            for state in ("open", "done", "failed"):
                recovery[f"{state}_count"] = len(
                    lines.filtered(lambda line, state=state: line.kind != "changed" and line.state == state)
                )
            recovery.waiting_count = recovery.connection_id.job_pending_count

    @api.depends("connection_id.credential_id.state")
    def _compute_needs_consent(self):
        for recovery in self:
            recovery.needs_consent = recovery.sudo().connection_id.credential_id.state != "authorised"

    # === HOLDING === #

    @api.model
    def _open(self, connection, kind: str, reason: str):
        """Return the open recovery of ``connection``, a new one where there is none.

        :param connection: one ``xero.connection``, as superuser
        :param kind: of ``KINDS``
        :param reason: a translated sentence for people
        :return: as superuser
        """
        found = self._of(connection)
        if found:
            return found
        _logger.info("Connection %s is held: %s", connection.id, kind)
        try:
            with self.env.cr.savepoint():
                found = self.sudo().create({"connection_id": connection.id, "kind": kind, "reason": reason})
        except UniqueViolation:
            # Another worker saw the same.
            return self._of(connection)
        connection.env["xero.hold"]._show(connection, found)
        if kind != "copy":
            # The people of a copy are those of the live database, who are told nothing by it.
            self.env["xero.alert"].sudo()._refresh_alerts(connection)
        return found

    @api.model
    def _of(self, connection):
        """Return the open recovery of ``connection``; empty without one.

        :param connection: one ``xero.connection``
        :return: as superuser
        """
        return self.sudo().search([("connection_id", "=", connection.id), ("is_open", "=", True)], limit=1)

    @api.model
    def _reasons(self, connections) -> dict:
        """Return ``{connection id: why it is held}`` of those that are; one query.

        :param connections: ``xero.connection``
        """
        found = self.sudo().search([("connection_id", "in", connections.ids), ("is_open", "=", True)])
        return {recovery.connection_id.id: recovery.reason for recovery in found}

    # === CRUD === #

    def write(self, vals):
        """Extend: people answer; all else is written by the recovery itself.

        :raise AccessError: somebody else's field
        """
        if not self.env.su and set(vals) - {"answer", "other", "line_ids"}:
            raise AccessError(self.env._("What a recovery found cannot be edited."))
        return super().write(vals)

    # === THE QUESTION === #

    def _check(self):
        self.ensure_one()
        self.connection_id.with_env(self.env)._check_administrator()

    def action_answer(self):
        """Do what the answer to "What is this database?" asks for."""
        self._check()
        if self.state != "ask" or not self.answer:
            raise UserError(self.env._("Say first what this database is."))
        self.sudo().write({"answered_by_id": self.env.uid, "answered_at": fields.Datetime.now()})
        if self.answer == "copy":
            return self._leave_as_copy()
        if self.other != "gone":
            raise UserError(
                self.env._(
                    "Two databases must not work with one organisation: documents would be sent twice, and each would "
                    "change what the other sent. Switch the other one off first, or disconnect its company there; "
                    "or say that this one is a copy."
                )
            )
        return self._begin()

    def _leave_as_copy(self):
        """Forget the consent here. Xero hears nothing of it, and the live database goes on."""
        connection = self.sudo().connection_id
        self.sudo().state = "copy"
        connection.env["xero.consent"]._forget_here(connection)
        connection.write({"state": "disconnected", "reason": False})
        return True

    def _begin(self):
        """This database takes the place of the other one: read what Xero has that is unknown here."""
        recovery, connection = self.sudo(), self.sudo().connection_id
        if connection.database_uuid != xero_database.uuid(self.env):
            recovery.former_uuid = connection.database_uuid
        connection.env["xero.hold"]._adopt_database(connection)
        recovery._read()
        return True

    # === READING === #

    def action_read(self):
        """Read Xero once more."""
        self._check()
        if self.state not in ("reading", "decide"):
            raise UserError(self.env._("Answer the question first."))
        self.sudo()._read()
        return True

    def _read(self):
        """Have the lane's worker read what changed in Xero since the newest change that is known here."""
        since = self.since or self._newest_known()
        self.snapshot_id._cancel("Read anew")
        self.write({"state": "reading", "since": since, "trouble": False})
        by_company = self.with_company(self.company_id).sudo()
        self.snapshot_id = self.env["xero.snapshot"]._request(
            self.connection_id, READ, listener=by_company, by_person=True, modified_since=since
        )

    def _newest_known(self):
        """Return from when on Xero may have what is not known here, by Xero's clock."""
        self.env.cr.execute(
            "SELECT MAX(xero_updated_at) FROM xero_link WHERE connection_id = %s", [self.connection_id.id]
        )
        [newest] = self.env.cr.fetchone()
        return (newest or self.connection_id.connected_at or self.connection_id.create_date) - MARGIN

    def _on_snapshot_ready(self, snapshot):
        """Make a line of everything that is in Xero and not known here, and move numbers on; called by the worker."""
        if snapshot != self.snapshot_id or self.state != "reading":
            return
        self.line_ids.filtered(lambda line: line.state != "done").unlink()
        known = set(self.line_ids.mapped("xero_id"))
        reader = Reader(self, snapshot)
        rows = [row for row in reader.rows() if row["xero_id"] not in known]
        self.env["xero.recovery.line"].create([{"recovery_id": self.id, **row} for row in rows])
        self._move_on(reader.highest)
        self.state = "decide"

    def _on_snapshot_failed(self, snapshot, reason):
        if snapshot == self.snapshot_id and self.state == "reading":
            self.trouble = reason

    def _move_on(self, highest: dict) -> None:
        """Let new records get ids behind every mark that Xero holds, so that none is ever taken for another's."""
        told = []
        for model, beyond in sorted(highest.items()):
            moved = xero_database.move_sequence_on(self.env.cr, self.env[model]._table, beyond, FURTHEST)
            if moved:
                name = named(self.env["ir.model"]._get(model).name)
                told.append(
                    self.env["xero.reason"]._("%(model)s: new ones begin behind %(number)s.", model=name, number=moved)
                )
        if told:
            self.numbers = self.env["xero.reason"]._join("\n", filter(None, [self.numbers, *told]))

    # === CARRYING OUT === #

    def action_apply(self):
        """Have the worker do what was decided for each line."""
        self._check()
        if self.state != "decide":
            raise UserError(self.env._("Xero is still being read, or what was decided is being carried out."))
        lines = self.sudo().line_ids.filtered(lambda line: line.kind != "changed" and line.state != "done")
        lines.write({"state": "open", "message": False})
        self.sudo().state = "applying"
        self.env["xero.task.recovery"]._enqueue(self.sudo().connection_id, CLICK)
        self.env["xero.sync.runner"]._wake(self.sudo().connection_id.ids)
        return True

    def _next_line(self):
        """Return the next line to carry out: contacts before their documents before the payments of those."""
        ranks = {xero_type: rank for rank, xero_type in enumerate(READ)}
        lines = self.line_ids.filtered(lambda line: line.kind != "changed" and line.state == "open")
        return lines.sorted(lambda line: (ranks[line.xero_type], line.date or fields.Date.today(), line.id))[:1]

    def _end_applying(self):
        self.state = "decide"
        self._notify()

    def _notify(self):
        self.env["bus.bus"]._sendone(
            (self.company_id, "xero"), "xero_connector.status", {"model": self._name, "ids": self.ids}
        )

    # === RELEASE === #

    def action_release(self):
        """Let the queue go on. What changed in Xero meanwhile is read first."""
        self._check()
        if self.state != "decide":
            raise UserError(self.env._("Answer what this database is, and let Xero be read first."))
        if self.open_count or self.failed_count:
            raise UserError(
                self.env._(
                    "Some of what Xero has is not decided or could not be carried out. Click Carry Out, or decide to "
                    "leave those."
                )
            )
        recovery, connection = self.sudo(), self.sudo().connection_id
        # What is gone with the backup is told by Xero first: only then is sent what waits.
        for inbound in self.env["xero.inbound"]._all():
            if inbound._is_polled(connection):
                self.env["xero.sync.job"].sudo()._enqueue_poll(connection, inbound._xero_type, priority=CLICK)
        self.env["xero.task.organisation"]._enqueue(connection, CLICK)
        recovery.line_ids.write({"data": False})
        recovery.write({"state": "released", "released_at": fields.Datetime.now()})
        connection.env["xero.hold"]._lift(connection)
        self.env["xero.alert"].sudo()._refresh_alerts(connection)
        return True

    def action_connect(self):
        """Renew the consent of a connection that is held."""
        self._check()
        return self.connection_id.with_env(self.env).action_connect()


class XeroRecoveryLine(models.Model):
    """One element of Xero that this database does not know, or knows in another form."""

    _name = "xero.recovery.line"
    _inherit = ["xero.company.guard"]
    _description = "Xero Recovery Line"
    _order = "recovery_id desc, id"
    _rec_name = "number"

    recovery_id = fields.Many2one("xero.recovery", required=True, ondelete="cascade", readonly=True, index=True)
    company_id = fields.Many2one(related="recovery_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [
            ("lost", "Lost"),
            ("unlinked", "Not linked"),
            ("changed", "Changed"),
        ],
        required=True,
        readonly=True,
    )
    xero_type = fields.Char("Element", required=True, readonly=True)
    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    number = fields.Char(readonly=True)
    name = fields.Char("Contact", readonly=True)
    date = fields.Date(readonly=True)
    currency = fields.Char(readonly=True)
    total = fields.Float(digits=(20, 2), readonly=True)
    status = fields.Char("Status in Xero", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    mark_taken = fields.Boolean(readonly=True, help="Another record of Odoo has the id that the mark in Xero names.")
    record_name = fields.Char("In Odoo", compute="_compute_record_name")
    decision = fields.Selection(
        [
            ("import", "Make in Odoo"),
            ("link", "Link"),
            ("leave", "Leave in Xero"),
        ],
    )
    state = fields.Selection(
        [("open", "To do"), ("done", "Done"), ("failed", "Needs you")],
        "Status",
        required=True,
        default="open",
        readonly=True,
    )
    message = ReasonText(readonly=True)
    data = fields.Json(groups=fields.NO_ACCESS)

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for model, lines in self.grouped("res_model").items():
            records = self.env[model].browse(lines.mapped("res_id")).exists() if model in self.env else []
            names = {record.id: record.display_name for record in records._filtered_access("read")} if records else {}
            for line in lines:
                line.record_name = names.get(line.res_id, False)

    def write(self, vals):
        """Extend: people decide; all else is written by the recovery itself.

        :raise AccessError: somebody else's field
        """
        if not self.env.su and set(vals) - {"decision"}:
            raise AccessError(self.env._("What a recovery found cannot be edited."))
        if "decision" in vals and any(line.state == "done" for line in self.sudo()):
            raise UserError(self.env._("This was carried out already."))
        return super().write(vals)

    @api.constrains("decision", "kind", "res_id")
    def _check_decision(self):
        for line in self:
            if line.decision == "link" and not line.res_id:
                raise UserError(
                    self.env._("%s has no record in Odoo to link to: make it, or leave it.", named(line.number))
                )

    # === CARRYING OUT: by the worker === #

    def _carry_out(self) -> None:
        """Do what was decided. What Odoo forbids is said on the line; nothing half done stays."""
        self.ensure_one()
        connection = self.recovery_id.connection_id
        inbound = self.env["xero.inbound"]._for_type(self.xero_type)._as_worker(connection)
        try:
            with self.env.cr.savepoint():
                record = getattr(self, f"_do_{self.decision or 'leave'}")(connection, inbound)
                self.env.flush_all()
        except Untakeable as error:
            self.env.invalidate_all(flush=False)
            self.write({"state": "failed", "message": said(error)})
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            self.write({"state": "failed", "message": quoted(error.args[0])})
        else:
            values = {"state": "done", "message": False}
            self.write(values | ({"res_model": record._name, "res_id": record.id} if record else {}))

    def _do_link(self, connection, inbound):
        """Link the record again: it is sent once more only where its content differs from then on."""
        record = self.env[self.res_model].browse(self.res_id).exists()
        link = self.env["xero.link"]._map(connection, self.xero_type, self.res_model, record.ids).get(record.id)
        if not record or (link and link.xero_id and link.xero_id != self.xero_id):
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._("The record is gone, or linked to another one. Read Xero again."),
            )
        self._save_link(connection, inbound, record, digest=None, state="to_sync")
        mapper = self.env["xero.mapper"]._for_type(self.xero_type)
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, [(record.id, connection.company_id.id)])
        return record

    def _save_link(self, connection, inbound, record, **values):
        company = record.company_id if "company_id" in record._fields else None
        number = {"Contact": "Name", "Invoice": "InvoiceNumber", "CreditNote": "CreditNoteNumber"}.get(self.xero_type)
        row = inbound._link_row(connection, record.id, self.data, company or None, **values)
        row |= {"res_model": record._name, "xero_number": self.data.get(number or "Reference")}
        self.env["xero.link"]._save([row])

    def _do_leave(self, connection, inbound):
        """Remember that it stays in Xero only; a number that Odoo would give out again is taken out of use."""
        record = self._placeholder(connection, inbound)
        mapper = self.env["xero.mapper"]._for_type(self.xero_type)
        row = inbound._link_row(connection, record.id if record else -self.id, self.data, state="ignored")
        row |= {"res_model": mapper._odoo_model, "xero_number": self.number}
        self.env["xero.link"]._save([row])
        return record

    def _placeholder(self, connection, inbound):
        """Return a cancelled document that keeps the number of one that was left in Xero, and explains the gap; empty
        where the number is not Odoo's to give.
        """
        moves = self.env["account.move"]
        element = self.data
        if self.xero_type not in ("Invoice", "CreditNote") or not str(element.get("Type")).startswith("ACCREC"):
            return moves
        journal = inbound._journal(connection, "out_invoice")
        if not self.number or self._holder_of_number(connection):
            return moves
        move = inbound.env["account.move"].create(
            {
                "move_type": "out_refund" if self.xero_type == "CreditNote" else "out_invoice",
                "journal_id": journal.id,
                "invoice_date": self.date,
                "date": self.date,
                "name": self.number,
                "ref": self.env._(
                    "Left in Xero only: %(contact)s, %(total)s", contact=named(self.name), total=self.total
                ),
            }
        )
        move.button_cancel()
        return move

    def _holder_of_number(self, connection):
        """Return the document of the company that has this number in Odoo; empty without one."""
        domain = [("company_id", "child_of", connection.company_id.id), ("name", "=", self.number)]
        return self.env["account.move"].search(domain, limit=1)

    def _do_import(self, connection, inbound):
        """Make the record in Odoo as Xero has it."""
        record = getattr(self, f"_import_{self.xero_type.lower()}")(connection, inbound)
        if self.mark_taken and self.xero_type in ("Contact", "Invoice"):
            self._mark_anew(connection, record)
        return record

    def _mark_anew(self, connection, record):
        """Another record has the id that the mark in Xero names: what was made anew gets a mark of its own there."""
        link = self.env["xero.link"]._map(connection, self.xero_type, record._name, record.ids)[record.id]
        link.write({"digest": False, "state": "to_sync"})
        mapper = self.env["xero.mapper"]._for_type(self.xero_type)
        company = connection.company_id
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, [(record.id, company.id)], priority=CLICK)

    def _import_contact(self, connection, inbound):
        return self._outcome(inbound._create(connection, self._unmarked("ContactNumber")), "res.partner")

    def _import_invoice(self, connection, inbound):
        return self._import_document(connection, inbound)

    def _import_creditnote(self, connection, inbound):
        return self._import_document(connection, inbound)

    def _import_document(self, connection, inbound):
        """Make a document of Odoo's own once more, with its number; its total is Xero's, or it is not made."""
        taken = self._holder_of_number(connection)
        if taken and str(self.data.get("Type")).startswith("ACCREC"):
            raise Untakeable(
                "duplicate",
                self.env["xero.reason"]._(
                    "Odoo has given the number %(number)s to another document since: %(partner)s, %(total)s. Give that "
                    "one another number (reset it to draft first), then carry out again.",
                    number=named(self.number),
                    partner=named(taken.partner_id.display_name),
                    total=taken.amount_total,
                ),
            )
        contacts = self.env["xero.inbound"]._for_type("Contact")._as_worker(connection)
        contacts._ensure(connection, [self.data.get("Contact") or {}])
        approved = self.data.get("Status") in ("AUTHORISED", "PAID")
        inbound = inbound.with_context(
            **own(xero_lost_number=self.number, xero_asked=[self.xero_id] if approved else [])
        )
        return self._outcome(inbound._import(connection, self.data, {}), "account.move")

    def _import_payment(self, connection, inbound):
        """Book a payment that Odoo had sent, as one that came from Xero: it is never sent back."""
        element = self._unmarked("Reference")
        order = inbound._order_of_lost(connection, element)
        return self._outcome(inbound._book(connection, [order])[self.xero_id], "account.payment")

    def _unmarked(self, field):
        """Return the element without our mark, which would be taken for that of the record that has the id now."""
        return {**self.data, field: marks.without_end(self.data.get(field))}

    def _outcome(self, result, model):
        if result.outcome == "failed":
            raise Untakeable("validation", result.message)
        return self.env[model].browse(result.res_id)


class XeroTaskRecovery(models.AbstractModel):
    """Carries out what was decided, line by line, each in a transaction of its own: what is killed goes on."""

    _name = "xero.task.recovery"
    _inherit = "xero.task"
    _description = "Xero Task: Recovery"

    _task = "Recovery"
    _rank = 70

    def _task_slice(self, drain):
        recovery = self.env["xero.recovery"]._of(drain.connection)
        if recovery.state != "applying":
            return DONE
        if line := recovery._next_line():
            drain.transaction(line._carry_out)
            return AGAIN
        drain.transaction(recovery._end_applying)
        return DONE
