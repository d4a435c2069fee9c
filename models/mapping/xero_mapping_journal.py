from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from ...mappers.text import named
from . import xero_mapping_mixin  # noqa: F401 -- its model must be known first
from .suggest_journal import BankFacts, JournalFacts, suggest_journal

JOURNAL_TYPES = ("bank", "cash", "credit")


class XeroMappingJournal(models.Model):
    """An account that payments go through in Xero, the Odoo journal it is, and which side its payments come from."""

    _name = "xero.mapping.journal"
    _inherit = "xero.mapping.mixin"
    _description = "Xero Bank Account Mapping"
    _order = "connection_id, id"
    _rec_name = "xero_account_id"

    _target = "journal_id"
    _rank = 30

    xero_account_id = fields.Many2one(
        "xero.account",
        "Xero Account",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('connection_id', '=', connection_id), '|', ('type', '=', 'BANK'), ('enable_payments', '=', True)]",
    )
    xero_status = fields.Char(related="xero_account_id.status")
    bank_account_number = fields.Char(related="xero_account_id.bank_account_number")
    currency_code = fields.Char(related="xero_account_id.currency_code")
    journal_id = fields.Many2one(
        "account.journal",
        "Odoo Journal",
        index="btree_not_null",
        ondelete="set null",
        domain="[('type', 'in', ('bank', 'cash', 'credit')), '|', ('company_id', 'parent_of', company_id),"
        " ('company_id', 'child_of', company_id)]",
    )
    direction = fields.Selection(
        [
            ("xero_to_odoo", "From Xero to Odoo"),
            ("odoo_to_xero", "From Odoo to Xero"),
            ("none", "Not at all"),
        ],
        "Payments Go",
        required=True,
        default="xero_to_odoo",
        help="Payments of one bank account go one way only. From Xero to Odoo suits a bank feed in Xero.",
    )

    outgoing_since = fields.Datetime(
        "Sent Since", readonly=True, help="Payments made in Odoo before this moment are not sent to Xero."
    )

    _account_unique = models.UniqueIndex(
        "(connection_id, xero_account_id)", "This Xero account is assigned to a journal already."
    )
    _outgoing_unique = models.UniqueIndex(
        "(connection_id, journal_id) WHERE direction = 'odoo_to_xero' AND journal_id IS NOT NULL",
        "Payments of this journal go to another Xero account already.",
    )

    @api.constrains("xero_account_id", "connection_id", "journal_id")
    def _check_belongings(self):
        for row in self:
            if row.xero_account_id.connection_id != row.connection_id:
                raise ValidationError(
                    self.env._("%s belongs to another Xero organisation.", named(row.xero_account_id.display_name))
                )
            journal = row.journal_id.sudo()
            related = journal.company_id in row.company_id.parent_ids or row.company_id in journal.company_id.parent_ids
            if journal and (journal.type not in JOURNAL_TYPES or not related):
                raise ValidationError(
                    self.env._(
                        "%s is no bank, cash or credit card journal of this company.", named(journal.display_name)
                    )
                )

    def _reasons(self):
        return {
            **super()._reasons(),
            "number": self.env["xero.reason"]._("Same bank account number"),
            "only": self.env["xero.reason"]._("The only bank journal of that currency"),
        }

    # === SUGGESTIONS === #

    @api.model
    def _ensure(self, connection, accounts):
        """Return the rows of ``accounts`` (of Xero); those that are new carry a suggestion."""
        rows = self.search([("connection_id", "=", connection.id), ("xero_account_id", "in", accounts.ids)])
        missing = accounts - rows.xero_account_id
        if not missing:
            return rows
        taken = self.search([("connection_id", "=", connection.id)]).journal_id
        suggest = self._assign(connection, missing, taken)
        return rows | self.sudo().create(
            [
                {
                    "connection_id": connection.id,
                    "xero_account_id": account.id,
                    **self._suggested_values(*suggest[account], first=True),
                }
                for account in missing
            ]
        )

    @api.model
    def _refresh(self, connection) -> None:
        """Make a row for each bank account of Xero's; suggest anew what nobody has confirmed."""
        rows = self.search([("connection_id", "=", connection.id)])
        waiting = rows.filtered(lambda row: row.state != "confirmed")
        suggest = self._assign(connection, waiting.xero_account_id, (rows - waiting).journal_id)
        for row in waiting:
            row.sudo().write(self._suggested_values(*suggest[row.xero_account_id], first=False))
        self._ensure(connection, self._banks(connection))

    def _banks(self, connection):
        return self.env["xero.account"].search(
            [("connection_id", "=", connection.id), ("type", "=", "BANK"), ("status", "=", "ACTIVE")]
        )

    def _journals(self, connection):
        company = connection.company_id
        family = company.parent_ids | self.env["res.company"].sudo().search([("id", "child_of", company.id)])
        domain = [("type", "in", JOURNAL_TYPES), ("company_id", "in", family.ids)]
        return self.env["account.journal"].sudo().search(domain, order="sequence, id")

    def _assign(self, connection, accounts, taken) -> dict:
        """Return ``{account: (suggestion or None, journals that its index points into)}``, no journal twice.

        The surest pair comes first. Two accounts of Xero's are two journals, or one of them is for a person.

        :param accounts: ``xero.account``
        :param taken: journals that are others' already
        """
        journals = self._journals(connection) if accounts else self.env["account.journal"]
        found, left = {}, list(accounts)
        while left:
            free = journals - taken
            pairs = [(self._suggest(connection, account, free), account) for account in left]
            suggestion, account = max(pairs, key=lambda pair: pair[0].confidence if pair[0] else -1)
            if suggestion is None:
                break
            found[account] = suggestion, free
            taken |= free[suggestion.index]
            left.remove(account)
        return {account: found.get(account, (None, journals)) for account in accounts}

    def _suggest(self, connection, account, journals):
        if account.type != "BANK":
            return None
        base = connection.company_id.currency_id.name
        currency = account.currency_code or base
        alike = self._banks(connection).filtered(lambda bank: (bank.currency_code or base) == currency)
        facts = [
            JournalFacts(
                journal.name,
                journal.code,
                journal.bank_account_id.acc_number,
                (journal.currency_id or journal.company_id.currency_id).name,
                journal.type,
                journal.default_account_id.name,
            )
            for journal in journals
        ]
        bank = BankFacts(account.name, account.code, account.bank_account_number, currency)
        return suggest_journal(bank, facts, len(alike) == 1)

    # === USE === #

    def _is_usable(self) -> bool:
        """Whether payments of this account can be booked."""
        return bool(self.state == "confirmed" and self.journal_id)

    @api.model
    def _outgoing_journals(self, connection) -> dict:
        """Return ``{journal id: row}`` of the journals whose payments go to Xero; one query."""
        rows = self.search(
            [
                ("connection_id", "=", connection.id),
                ("direction", "=", "odoo_to_xero"),
                ("state", "=", "confirmed"),
                ("journal_id", "!=", False),
            ]
        )
        return {row.journal_id.id: row for row in rows}

    @api.model
    @tools.ormcache()
    def _outgoing_journal_ids(self) -> frozenset:
        """Return the journals whose payments go to Xero, of all connections."""
        rows = self.search(
            [("direction", "=", "odoo_to_xero"), ("state", "=", "confirmed"), ("journal_id", "!=", False)]
        )
        return frozenset(rows.journal_id.ids)

    @api.model
    @tools.ormcache("connection_id")
    def _outgoing_since(self, connection_id: int) -> dict:
        """Return ``{journal id: when its payments began to go to Xero}``.

        :param connection_id: id of ``xero.connection``
        """
        rows = self._outgoing_journals(self.env["xero.connection"].browse(connection_id))
        return {journal_id: row.outgoing_since for journal_id, row in rows.items()}

    def _decision(self, vals):
        """Extend: what was paid before a journal's payments were to go to Xero stays where it is."""
        decision = super()._decision(vals)
        if vals.get("direction") != "odoo_to_xero":
            return decision
        return {**decision, "outgoing_since": self.env.cr.now().replace(microsecond=0)}

    def write(self, vals):
        before = {row.id: row.direction for row in self}
        result = super().write(vals)
        opened = self.filtered(lambda row: row.direction == "xero_to_odoo" != before[row.id])
        if opened:
            # What was passed over so far is read once more.
            cursors = self.env["xero.sync.cursor"].sudo()
            for connection in opened.sudo().connection_id:
                for xero_type in ("Payment", *(["BankTransaction"] if connection.sync_bank else [])):
                    cursor = cursors._of(connection, xero_type)
                    cursor.full_page = cursor.full_page or 1
        self.env.registry.clear_cache()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        self.env.registry.clear_cache()
        return rows

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
