from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..mappers.text import named
from .link.access import XERO_USER, check_one, check_role
from .link.reason import ReasonText
from .link.xero_link import GONE_STATUSES

SYNC_STATES = [
    ("not_synced", "Not synced"),
    ("queued", "Queued"),
    ("sending", "Sending"),
    ("synced", "In Xero"),
    ("failed", "Failed"),
    ("conflict", "Conflict"),
    ("draft", "Draft in Odoo"),
    ("left_open", "In Xero, Still Open"),
    ("gone", "Removed in Xero"),
]
# What a link may be in for its record to show as a draft again; of a conflict people hear first.
DRAFT_STATES = ("synced", "to_sync", "error")
# What stands in Xero more than once shows the first of these that one of them is in.
WEIGHT = ("failed", "conflict", "sending", "queued", "draft", "left_open", "synced", "gone", "not_synced")


def sync_states(gone: str) -> list[tuple[str, str]]:
    """Return ``SYNC_STATES`` with ``gone`` as what people call the end of such a record in Xero."""
    return [(state, gone if state == "gone" else label) for state, label in SYNC_STATES]


class XeroStatusMixin(models.AbstractModel):
    """What a record shows of Xero. Nothing is stored on the record: workers never write business rows.

    A *standing* is a link and an open job of one thing in Xero: a document has at most one, a payment one for each of
    its parts.
    """

    _name = "xero.status.mixin"
    _description = "Xero Status Mixin"

    # Messages name other documents and people: customers in the portal and employees without accounting see none.
    xero_sync_state = fields.Selection(
        SYNC_STATES, "Xero Status", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER
    )
    xero_sync_message = ReasonText("Xero Message", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_url = fields.Char("Xero Address", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_has_fix = fields.Boolean(compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_must_ask = fields.Boolean(compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_can_sync = fields.Boolean(compute="_compute_xero_can_sync", compute_sudo=True, groups=XERO_USER)

    # === HOOKS === #

    def _xero_company(self):
        """Return the company whose connection serves this record.

        :return: one ``res.company``; it may have no connection
        """
        raise NotImplementedError

    def _xero_parts(self):
        """Return the records that are sent to Xero in the place of ``self``."""
        return self

    def _xero_pages(self, standings: dict) -> dict:
        """Return the links whose pages in Xero show these records.

        :param standings: as of :meth:`_xero_standings`
        :return: ``{record id: xero.link}``, which may be empty or left out
        """
        return {res_id: link for res_id, [(link, _job), *_others] in standings.items()}

    def _set_xero_ids(self, links) -> None:
        """Set the fields that carry Xero's ids of this kind of record.

        :param links: ``xero.link``, those of all that ``self``, one record, stands for
        """

    def _compute_xero_can_sync(self):
        """Say whether a person may ask for these to be sent."""
        raise NotImplementedError

    def _xero_is_draft(self) -> bool:
        """Whether this record is a draft: what a link says of it may be older, where nothing is synced any more."""
        return False

    def _xero_left_out_message(self, link) -> str:
        """Return why what ``link`` says of this record is no longer so, where nothing of the record is synced.

        :param link: its ``xero.link``
        :return: a reason; empty where it is so
        """
        return ""

    # === COMPUTE === #

    @api.depends_context("company", "uid")
    def _compute_xero_sync(self):
        """Tell state, message, ids and address; a fixed number of queries for any number of records."""
        none, standings = self.env["xero.link"], self._xero_standings()
        pages = self._xero_pages(standings)
        for record in self:
            found = standings.get(record.id, ())
            states = [record._xero_state(link, job) for link, job in found]
            messages = [job._waiting_reason() if job else record._xero_link_message(link) for link, job in found]
            record.xero_sync_state = min(states, key=WEIGHT.index, default="not_synced")
            messages = dict.fromkeys(filter(None, messages))
            record.xero_sync_message = self.env["xero.reason"]._join("\n", messages) or False
            record.xero_url = pages.get(record.id, none).url
            record.xero_has_fix = any(job.fix_action for _link, job in found)
            fixed = [job for _link, job in found if job.fix_action]
            record.xero_must_ask = bool(fixed) and fixed[0].must_ask
            record._set_xero_ids(none.union(*(link for link, _job in found)))

    def _xero_state(self, link, job) -> str:
        """Return the status a person sees: the open job's if there is one, else what was last agreed.

        :param link: an ``xero.link``; empty without one
        :param job: the open ``xero.sync.job``; empty without one
        :return: one of ``SYNC_STATES``
        """
        if job:
            waiting_for_person = job.state in ("failed", "dead") or job.blocked_by_id.state in ("failed", "dead")
            return "sending" if job.state == "running" else "failed" if waiting_for_person else "queued"
        if link.xero_status in GONE_STATUSES:
            return "gone"
        if link.draft_since and link.state in DRAFT_STATES and self._xero_is_draft():
            return "draft"
        if link.left_open and link.state == "synced":
            return "left_open"
        return {"synced": "synced", "error": "failed", "conflict": "conflict", "to_sync": "queued"}.get(
            link.state, "not_synced"
        )

    def _xero_link_message(self, link) -> str | None:
        """Return what there is to say of a record that no job waits for.

        :param link: its ``xero.link``
        """
        left_out, state = self._xero_left_out_message(link), self._xero_state(link, self.env["xero.sync.job"])
        if left_out or state != "draft":
            return left_out or (link.left_open if state == "left_open" else link.message)
        return self.env._(
            "A draft again since %(since)s: in Xero %(number)s stays as it is. Post it to update it there, with its "
            "number; cancel it to void it there.",
            since=format_datetime(self.env, link.draft_since, dt_format="short"),
            number=named(link.xero_number or link.xero_id),
        )

    def _xero_standings(self) -> dict:
        """Return what these records stand for in Xero, or will.

        :return: ``{record id: [(xero.link, xero.sync.job)]}``, either of the two may be empty
        """
        links, jobs = self._xero_links(), self._xero_open_jobs()
        no_link, no_job = self.env["xero.link"], self.env["xero.sync.job"]
        return {res_id: [(links.get(res_id, no_link), jobs.get(res_id, no_job))] for res_id in {*links, *jobs}}

    def _xero_connection_ids(self) -> dict:
        """Return ``{record id: connection id}`` of the records whose company is connected, or was.

        A screen that is not saved may name any company: the user's own are looked at.

        :return: records without one are left out
        """
        connections = {}
        for company, records in self.grouped(lambda record: record._xero_company()).items():
            connection = self.env["xero.connection"]._any_for_company(company)
            if connection and company._xero_is_of_user():
                connections.update(dict.fromkeys(records.ids, connection.id))
        return connections

    def _xero_links(self) -> dict:
        connections = self._xero_connection_ids()
        links = self.env["xero.link"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", list(connections)),
                ("connection_id", "in", list(set(connections.values()))),
            ]
        )
        # What stands in Xero says more than what the record was there before.
        ordered = links.sorted(lambda link: link._is_alive())
        return {link.res_id: link for link in ordered if connections[link.res_id] == link.connection_id.id}

    def _xero_open_jobs(self) -> dict:
        connections = self._xero_connection_ids()
        jobs = self.env["xero.sync.job"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", list(connections)),
                ("state", "not in", ("done", "cancelled")),
                ("operation", "in", ("push", "void")),
            ]
        )
        # One under way says more than one that waits.
        ordered = jobs.sorted(lambda job: (job.state == "running", job.id))
        return {job.res_id: job for job in ordered if connections[job.res_id] == job.connection_id.id}

    # === ACTIONS === #

    def _xero_check_person(self):
        """See that the user may send these records.

        :raise AccessError: the user is no Xero user, or may not read one of them
        """
        check_role(self.env, XERO_USER, self.env._("Only Xero users send records to Xero."))
        self.check_access("read")

    def action_xero_open(self):
        """Open the record in Xero, or the document that shows it there."""
        check_one(self)
        self._xero_check_person()
        if not self.xero_url:
            raise UserError(self.env._("This record is not in Xero yet."))
        return {"type": "ir.actions.act_url", "url": self.xero_url, "target": "new"}

    def action_xero_fix(self):
        """Open the screen that fixes the failure of this record."""
        check_one(self)
        self._xero_check_person()
        standings = self.sudo()._xero_standings().get(self.id, ())
        jobs = self.env["xero.sync.job"].sudo().union(*(job for _link, job in standings))
        job = jobs.filtered("fix_action")[:1] or jobs[:1]
        return job.with_user(self.env.user).action_fix() if job else True

    def action_xero_history(self):
        """Open what happened to these records between Odoo and Xero, on either side."""
        self._xero_check_person()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_history")
        domains = [
            Domain("res_model", "=", records._name) & Domain("res_id", "in", records.ids)
            for records in (self, self._xero_parts())
        ]
        return {**action, "domain": list(Domain.OR(domains))}
