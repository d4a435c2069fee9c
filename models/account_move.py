from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..mappers.text import named
from .connection.xero_connection import JOURNAL_TYPE
from .link.access import XERO_USER
from .link.xero_link import GONE_STATUSES
from .xero_status_mixin import sync_states


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "xero.sync.mixin"]

    xero_sync_state = fields.Selection(sync_states("Voided in Xero"))
    xero_is_missing = fields.Boolean(
        "Not in Xero",
        compute="_compute_xero_is_missing",
        search="_search_xero_is_missing",
        compute_sudo=True,
        groups=XERO_USER,
        help="Posted here, and not in Xero, whatever is the reason. What was voided there is not counted.",
    )
    xero_invoice_id = fields.Char(
        "Xero ID", compute="_compute_xero_sync", search="_search_xero_id", compute_sudo=True, groups=XERO_USER
    )

    def _set_xero_ids(self, links):
        super()._set_xero_ids(links)
        self.xero_invoice_id = links.xero_id

    def _xero_company(self):
        return self.company_id

    # === STATUS === #

    @api.depends_context("company", "uid")
    def _compute_xero_is_missing(self):
        standings = self._xero_standings()
        for move in self:
            found = standings.get(move.id, ())
            has_place = any(link._is_alive() or (link.xero_id and not job) for link, job in found)
            move.xero_is_missing = move.state == "posted" and not has_place

    def _search_xero_is_missing(self, operator, value):
        """Of each posted document its own link and jobs are looked up, never all of them."""
        if operator != "in":
            return NotImplemented
        self.flush_model(["state"])
        missing = Domain.custom(to_sql=lambda _model, alias, _query: self._xero_is_missing_sql(alias))
        missing &= Domain("state", "=", "posted")
        return Domain.OR([missing if is_missing else ~missing for is_missing in value])

    def _xero_is_missing_sql(self, alias) -> SQL:
        """Return a condition on the documents of ``alias``: none of their links stands in Xero, or was voided there
        with nothing under way.
        """
        return SQL(
            """NOT EXISTS (SELECT FROM xero_link l
                            WHERE l.res_id = %(id)s AND %(links)s AND l.xero_id IS NOT NULL
                              AND (COALESCE(l.xero_status, '') NOT IN %(gone)s OR NOT EXISTS (
                                   SELECT FROM xero_sync_job j WHERE j.res_id = %(id)s AND %(jobs)s)))""",
            id=SQL.identifier(alias, "id"),
            links=self._xero_links_sql(),
            jobs=self._xero_open_jobs_sql(),
            gone=GONE_STATUSES,
        )

    def _xero_is_draft(self):
        return self.state == "draft"

    def _xero_is_draft_sql(self):
        self.flush_model(["state"])
        return SQL("EXISTS (SELECT FROM account_move m WHERE m.id = l.res_id AND m.state = 'draft')")

    def _xero_left_out_message(self, link):
        """What is posted again, or cancelled, in a journal or of a kind that is left out stays in Xero as it was; so
        does a draft there, whatever becomes of it.
        """
        scope = link.draft_since and self.env["xero.connection"]._scope(self.company_id.id)
        refusal = scope and link._is_alive() and self._xero_refusal(scope)
        if not refusal:
            return ""
        return self.env["xero.reason"]._(
            "%(refusal)s %(number)s stays in Xero as it was before this document was reset to draft: correct or void "
            "it there.",
            refusal=refusal,
            number=named(link.xero_number or link.xero_id),
        )

    # === SCOPE === #

    def _xero_kind_in_scope(self, scope) -> bool:
        """Whether ``scope`` covers the kind and journal of this document.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        if self.move_type == "entry":
            return self.journal_id.id in scope.entry_journals or self._xero_is_bank_line(scope)
        return self.move_type in scope.move_types and self.journal_id.id not in scope.excluded_journals

    def _xero_is_bank_line(self, scope) -> bool:
        """Whether this is money spent or received that goes to Xero: of a bank statement, since its journal goes there.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        if self.move_type != "entry" or "BankLine" in scope.off or not self.sudo().statement_line_id:
            return False
        since = self.env["xero.mapping.journal"].sudo()._outgoing_since(scope.connection_id).get(self.journal_id.id)
        return bool(since and self.create_date >= since)

    @api.model
    def _xero_kinds_sql(self, scope, move_types=None) -> SQL:
        """Return a condition on ``account_move m``: of a kind and journal that ``scope`` covers, as
        :meth:`_xero_kind_in_scope` and :meth:`_xero_is_free_entry` say of one.

        :param scope: ``Scope`` of ``connection/xero_connection``
        :param move_types: those that count; ``None`` for all that are synced
        """
        kinds = set(scope.move_types) | ({"entry"} if scope.entry_journals else set())
        kinds &= kinds if move_types is None else set(move_types)
        documents = SQL(
            "m.move_type = ANY(%s) AND NOT m.journal_id = ANY(%s)",
            sorted(kinds - {"entry"}),
            list(scope.excluded_journals),
        )
        return SQL("(%s OR %s)", documents, self._xero_entries_sql(scope)) if "entry" in kinds else documents

    @api.model
    def _xero_entries_sql(self, scope) -> SQL:
        """Return a condition on ``account_move m``: a journal entry that is sent; addons extend it as
        :meth:`_xero_is_free_entry`.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        self.env["account.partial.reconcile"].flush_model(["exchange_move_id"])
        return SQL(
            """(m.move_type = 'entry' AND m.journal_id = ANY(%s)
                AND m.origin_payment_id IS NULL AND m.statement_line_id IS NULL
                AND m.tax_cash_basis_rec_id IS NULL AND m.tax_cash_basis_origin_move_id IS NULL
                AND NOT EXISTS (SELECT FROM res_company c WHERE c.id = m.company_id AND m.journal_id
                                   IN (c.currency_exchange_journal_id, c.tax_cash_basis_journal_id))
                AND NOT EXISTS (SELECT FROM account_partial_reconcile p WHERE p.exchange_move_id = m.id))""",
            list(scope.entry_journals),
        )

    def _xero_is_free_entry(self) -> bool:
        """Whether this is a journal entry that Xero learns of in no other way, and does not make itself: of a general
        journal, and neither of a payment, a bank statement, taxes on payments nor exchange differences. Addons extend
        it by what their documents book.
        """
        self.ensure_one()
        company = self.company_id.sudo()
        return bool(
            self.move_type == "entry"
            and self.journal_id.type == "general"
            and self.journal_id not in company.currency_exchange_journal_id | company.tax_cash_basis_journal_id
            and not (self.origin_payment_id or self.statement_line_id)
            and not (self.tax_cash_basis_rec_id or self.tax_cash_basis_origin_move_id)
            and not self.sudo().exchange_diff_partial_ids
        )

    def _xero_time_in_scope(self, scope) -> bool:
        """Whether this document is recent enough to be synced without being asked for.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        day = self.invoice_date or self.date
        if scope.sync_from:
            return not day or day >= scope.sync_from
        return self.create_date >= scope.connected_at or bool(day and day >= scope.connected_at.date())

    def _xero_refusal(self, scope):
        self.ensure_one()
        if self.move_type == "entry":
            is_bank_line = self._xero_is_bank_line(scope)
            if is_bank_line and self.env["xero.mapper"]._for_type("BankLine")._handles(self):
                return None
            return self._xero_entry_refusal(scope)
        if self.move_type not in scope.move_types:
            return self.env["xero.reason"]._(
                "%s: this kind of document is switched off in the Xero settings of its company.",
                named(self.display_name),
            )
        if self.journal_id.id in scope.excluded_journals:
            return self.env["xero.reason"]._(
                "%(move)s: the journal %(journal)s is left out of the sync.",
                move=named(self.display_name),
                journal=named(self.journal_id.name),
            )
        if self.state == "draft" and not scope.drafts and not self.posted_before:
            return self._xero_draft_refusal()
        return None

    def _xero_draft_refusal(self) -> str:
        return self.env["xero.reason"]._("%s is a draft: post it first.", named(self.display_name))

    def _xero_entry_refusal(self, scope) -> str | None:
        """Return why this journal entry is not sent; as :meth:`_xero_refusal`."""
        if JOURNAL_TYPE in scope.off:
            return self._xero_switched_off(scope)
        if self.journal_id.id not in scope.entry_journals:
            return self.env["xero.reason"]._(
                "%(move)s is a journal entry of %(journal)s, which is not among the journals whose entries are sent to "
                "Xero: add it in the Xero settings of its company.",
                move=named(self.display_name),
                journal=named(self.journal_id.name),
            )
        if not self._xero_is_free_entry():
            return self.env["xero.reason"]._(
                "%s was booked by Odoo for a payment, a bank statement, taxes on payments or an exchange difference: "
                "Xero books these itself.",
                named(self.display_name),
            )
        return None if self.state != "draft" or self.posted_before else self._xero_draft_refusal()

    def _xero_switched_off(self, scope) -> str:
        connection = self.env["xero.connection"].sudo().browse(scope.connection_id)
        mapper = self.env["xero.mapper"]._for_type(JOURNAL_TYPE)
        lacking = connection._lacking_text(mapper._scopes) if mapper._is_switched_on(connection) else ""
        return lacking or self.env["xero.reason"]._(
            "%s is a journal entry, and journal entries are switched off in the Xero settings of its company.",
            named(self.display_name),
        )

    # === EVENTS === #

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._xero_tell()
        return moves

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals and not self._xero_is_quiet():
            self._xero_payments_changed()
        # Posting, cancelling and resetting all write the state.
        self._xero_tell(vals)
        if "journal_id" in vals and not self._xero_is_quiet():
            self._xero_left_journals()
        return result

    def _xero_left_journals(self) -> None:
        """Take out of Xero what Odoo sent there of a journal and what stands in one now whose entries are not sent:
        else it would stay there as it was, whatever becomes of it here.
        """
        entries = self.filtered(lambda move: move.move_type == "entry")
        for company, moves in entries.grouped("company_id").items():
            scope = company and self.env["xero.connection"]._scope(company.id)
            left = moves.filtered(lambda move, scope=scope: scope and not move._xero_kind_in_scope(scope))
            if not left:
                continue
            jobs = self.env["xero.sync.job"].sudo()
            domain = [("connection_id", "=", scope.connection_id), ("xero_type", "=", JOURNAL_TYPE)]
            domain += [("res_model", "=", self._name), ("res_id", "in", left.ids), ("from_xero", "=", False)]
            jobs._enqueue_gone(self.env["xero.link"].sudo().search(domain).filtered(lambda link: link._is_alive()))
            jobs._enqueue_gone_under_way(self._name, left.ids)

    def _xero_changed(self) -> None:
        for company, moves in self.grouped("company_id").items():
            scope = company and self.env["xero.connection"]._scope(company.id)
            if scope:
                due = moves.filtered(lambda move, scope=scope: move._xero_concerns(scope))
                if due:
                    due._xero_enqueue(scope)

    def _xero_concerns(self, scope) -> bool:
        """Whether a change of this document may concern Xero: it is posted, was posted, or drafts are synced; and it is
        recent or in Xero already.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        if not (self.state == "posted" or self.posted_before or scope.drafts) or not self._xero_kind_in_scope(scope):
            return False
        # People who sell change documents, too, and see nothing of Xero.
        shown = self.sudo()
        return self._xero_time_in_scope(scope) or bool(shown.xero_invoice_id) or shown.xero_sync_state != "not_synced"

    def _xero_is_kept(self) -> bool:
        """Whether this is a draft again that Xero keeps as it is: what settles it here still settles it there."""
        self.ensure_one()
        if self.state != "draft" or not self.posted_before:
            return False
        links = self.env["xero.link"].sudo().search([("res_model", "=", self._name), ("res_id", "=", self.id)])
        return any(link._is_alive() for link in links)

    # === SETTLEMENT === #

    def _xero_payments_changed(self):
        if self:
            self.env["xero.payment.part"]._refresh(self)

    def _xero_settlement_changed(self):
        """What of ``self`` is reconciled has changed."""
        self._xero_payments_changed()
        if self:
            self.env["xero.payment.part"]._refresh_credits(self)

    def _xero_money_journal(self):
        """Return the journal whose bank account in Xero takes what this entry pays.

        :return: one ``account.journal``; by default that of the entry. Addons have entries that pay from elsewhere
        """
        return self.journal_id

    def _xero_may_be_credit(self) -> bool:
        """Whether this may stand for a credit in Xero: a credit note, an over- or prepayment, a write-off."""
        is_credit = self.move_type in ("out_refund", "in_refund") or bool(self.origin_payment_id)
        return is_credit or self._xero_may_be_write_off()

    def _xero_may_be_write_off(self) -> bool:
        """Whether this is a journal entry of people, which may write documents off."""
        return self.move_type == "entry" and self.journal_id.type == "general" and not self.tax_cash_basis_rec_id
