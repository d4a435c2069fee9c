"""Manual journals that changed, or were made, in Xero."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher
from typing import NamedTuple

from odoo import Command, fields, models
from odoo.exceptions import UserError

from ...mappers.document.canonical import DocumentState, LineState, changed_fields, tracking_of
from ...mappers.document.money import ZERO
from ...mappers.document.together import Sides
from ...mappers.journal.journal import journal_lines
from ...mappers.marks import without_end
from ...mappers.text import named
from ...mappers.values import amount, day, decimal, lower, words
from ...xero_api.money import cents, line_tax
from ..connection.xero_connection import JOURNAL_TYPE
from .importer import Untakeable
from .line_books import LineBooks

# Of documents, which canonical forms name it by.
STATUS = {"POSTED": "AUTHORISED", "DELETED": "VOIDED"}
NO_TAX = "NONE"
NUMBER_LENGTH = 255


class Part(NamedTuple):
    """One line of an entry, as a manual journal has it; what it is worth in the base currency, debits positive.

    :ivar account: code of Xero's account; of tax ``tax_type`` in its place
    :ivar options: ids of the tracking options, parted by blanks
    """

    text: str
    account: str
    net: Decimal
    options: str = ""
    tax_type: str = ""


class XeroInboundManualJournal(models.AbstractModel):
    """Entries have neither contact nor settlement of their own, and manual journals no ids of lines: lines are told
    apart by what they say. Tax comes back as lines of its own, on the account that Odoo books the tax to.
    """

    _name = "xero.inbound.manual.journal"
    _inherit = "xero.inbound.document"
    _description = "Xero Inbound Manual Journal"

    _xero_type = JOURNAL_TYPE
    _resource = "ManualJournals"
    _id_field = "ManualJournalID"
    _switch = "sync_journals"
    _scopes = ("accounting.manualjournals",)
    _rank = 35
    _lists_ids = False

    # === STATE === #

    def _canonical(self, element):
        """The narration is its number: what people know it by."""
        lines, status = journal_lines(element), element.get("Status") or ""
        inclusive = lower(element.get("LineAmountTypes")) == "inclusive"
        return DocumentState(
            status=STATUS.get(status, status),
            number=words(element.get("Narration")),
            date=day(element.get("Date")),
            lines=tuple(_untaxed(LineState.from_element(line, inclusive)) for line in lines),
            tracking=tuple(tracking_of(lines)),
        ).dump()

    def _canonical_payload(self, connection, link, payload, total):
        """Xero computes the tax of what is sent without."""
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", connection.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        lines = [
            {**line, "TaxAmount": line_tax(line["LineAmount"], percents.get(line.get("TaxType"), ZERO))}
            for line in journal_lines(payload)
        ]
        return self._canonical({**payload, "JournalLines": lines})

    def _canonical_sent(self, connection, link, payload, total):
        return self._canonical_payload(connection, link, payload, total)

    def _odoo_side_of(self, connection, link, out):
        return self._canonical_of(connection, link, out)

    def _is_saved(self, connection, link, element, payload, total):
        state, sent = self._canonical(element), self._canonical_payload(connection, link, payload, total)
        changed = changed_fields(link.base_state, state)
        return bool(changed) and all(sent.get(name) == state.get(name) for name in changed)

    def _number_of(self, element):
        return without_end(words(element.get("Narration")))[:NUMBER_LENGTH] or None

    # === WHAT BOTH CHANGED === #

    def _met(self, connection, link, element, move, state, event):
        """Lines have no ids: where both sides changed something, it is one question."""
        return "conflict" if self._differing(connection, link, element, move, state) else "alike"

    def _meeting(self, connection, link, element, move, state):
        return None

    def _sides_of(self, connection, link, element, move, out, theirs):
        """Lines have no parts here, and no ids."""
        ours = DocumentState.load(self._canonical_of(connection, link, out)) if move else DocumentState()
        return Sides(None, None, self._base(link), ours, theirs, [])

    def _odoo(self, link, sides):
        return sides.ours

    def _both_edited(self, connection, link, element, record):
        return []

    def _unopposed(self, conflict):
        return set()

    def _agree_but_for(self, connection, link, element, record, before, mine, waits=False, plan=None):
        """What Odoo says is sent whole."""

    # === HOW IT STANDS HERE === #

    def _is_settled(self, move):
        """Whether any of its lines is reconciled: posting it anew would undo that."""
        return bool(move.line_ids.matched_debit_ids or move.line_ids.matched_credit_ids)

    def _refusal(self, move, event):
        name = named(move.display_name)
        if self._is_settled(move):
            return self.env["xero.reason"]._(
                "%s was changed or voided in Xero, and lines of it are reconciled in Odoo. Options: undo the "
                "reconciliation in Odoo and take Xero's side, or send Odoo's entry to Xero again.",
                name,
            )
        if move.state == "cancel":
            return self.env["xero.reason"]._("%s was changed in Xero and is cancelled in Odoo: void it there.", name)
        return self.env["xero.reason"]._(
            "%s was changed or voided in Xero and lies in a period that is locked in Odoo, or is secured by a hash. "
            "Options: open the period and try again, reverse the entry in Odoo, or send Odoo's entry to Xero again.",
            name,
        )

    def _do_refused(self, connection, link, element, state, move, event):
        """What was voided in Xero and is locked here is reversed on the first open day, if the connection says so."""
        if event != "voided" or self._is_settled(move) or connection.odoo_lock_policy != "move":
            return super()._do_refused(connection, link, element, state, move, event)
        result = self._try(
            connection, link, element, state, move, "updated", lambda: self._reverse(connection, move), digest=None
        )
        if result.outcome == "updated":
            # Else the sweep would send again what stays posted here.
            link.state = "ignored"
        return result

    def _reverse(self, connection, move) -> None:
        """Reverse ``move``; the reversal is none of Xero's business, where the journal is just gone."""
        text = self.env._("Reversal of %s, voided in Xero", named(move.name))
        back = move._reverse_moves([{"date": move.date, "ref": text}], cancel=False)
        self._open_day(connection, back)
        back._post(soft=False)
        message = self.env["xero.reason"]._(
            "It reverses %s, which was voided in Xero: there is nothing to send.", named(move.name)
        )
        self.env["xero.link"].create(
            {
                "connection_id": connection.id,
                "company_id": back.company_id.id,
                "xero_type": self._xero_type,
                "res_model": back._name,
                "res_id": back.id,
                "state": "ignored",
                "message": message,
            }
        )

    # === NEW === #

    def _ensure_contacts(self, connection, elements):
        """Manual journals have none."""

    def _is_wanted(self, connection, element):
        if self._is_asked_for(element):
            return True
        if connection.inbound_entries == "ignore" or element.get("Status") != "POSTED":
            return False
        return day(element.get("Date")) >= fields.Date.to_string(connection._sync_start())

    def _is_to_post(self, connection, element):
        return self._is_asked_for(element) or connection.inbound_entries == "post"

    def _make(self, connection, element, state, books):
        company, journal = connection.company_id, connection.inbound_entry_journal_id
        if not journal:
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._(
                    "There is no journal for manual journals from Xero: choose one on the connection."
                ),
                connection,
            )
        self._check_currency(connection, company)
        found = books.setdefault("entry", JournalBooks(self, connection, company))
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "company_id": company.id,
                "journal_id": journal.id,
                "date": state.date or False,
                "ref": self._number_of(element) or False,
                "line_ids": [Command.create(found.line_values(part)) for part in parts_of(state)],
            }
        )
        self._prove_entry(move, state)
        if self._is_to_post(connection, element):
            self._open_day(connection, move)
            move._post(soft=False)
        return move

    def _check_currency(self, connection, company) -> None:
        if connection.currency_code and company.currency_id.name != connection.currency_code:
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._(
                    "Manual journals of %(organisation)s are in %(base)s, and %(company)s keeps its books in "
                    "%(currency)s: they cannot be imported.",
                    organisation=named(connection.tenant_name),
                    base=connection.currency_code,
                    company=named(company.name),
                    currency=named(company.currency_id.name),
                ),
            )

    # === CHANGING === #

    def _change(self, connection, link, move, state, changed, lines=None, commands=None):
        """Write the fields ``changed`` of ``state`` to ``move``; lines that say the same stay as they are."""
        details, content = {}, {}
        if "number" in changed and link.from_xero:
            details["ref"] = without_end(state.number) or False
        if "date" in changed:
            content["date"] = state.date or False
        if changed & {"lines", "tracking"}:
            content["line_ids"] = self._journal_commands(connection, link, move, state)
        posted = move.state == "posted"
        if content and posted:
            move.button_draft()
        if details or content:
            move.write({**details, **content})
        if content:
            self._prove_entry(move, state)
            if posted:
                self._open_day(connection, move)
                move._post(soft=False)

    def _journal_commands(self, connection, link, move, state) -> list:
        own = move.line_ids.filtered(lambda line: line.display_type in (False, "product", "tax"))
        if own.tax_ids:
            raise UserError(
                self.env["xero.reason"]._(
                    "%s was changed in Xero and has taxes on its lines in Odoo. Options: change it in Odoo too, or "
                    "send Odoo's entry to Xero again.",
                    named(move.display_name),
                )
            )
        if own.currency_id - move.company_currency_id:
            raise UserError(
                self.env["xero.reason"]._(
                    "%s was changed in Xero and is in a foreign currency in Odoo, of which Xero says nothing. Options: "
                    "change it in Odoo too, or send Odoo's entry to Xero again.",
                    named(move.display_name),
                )
            )
        self._check_currency(connection, move.company_id)
        books = JournalBooks(self, connection, move.company_id, own)
        base, wanted = parts_of(self._base(link)), parts_of(state)
        own = own.sorted(lambda line: (line.sequence, line.id))
        if len(own) != len(base):
            removed = [Command.delete(line.id) for line in own]
            return removed + [Command.create(books.line_values(part)) for part in wanted]
        commands, plain = [], [[part._replace(text="") for part in parts] for parts in (base, wanted)]
        for kind, start, end, new_start, new_end in SequenceMatcher(None, *plain, autojunk=False).get_opcodes():
            old, before, new = own[start:end], base[start:end], wanted[new_start:new_end]
            for line, was, part in zip(old, before, new):
                if kind != "equal":
                    commands.append(Command.update(line.id, books.line_values(part, line)))
                elif was.text != part.text:
                    commands.append(Command.update(line.id, {"name": part.text}))
            commands += [Command.delete(line.id) for line in old[len(new) :]]
            commands += [Command.create(books.line_values(part)) for part in new[len(old) :]]
        return commands

    def _prove_entry(self, move, state) -> None:
        """See that the entry has exactly the lines of the manual journal: Odoo may have added to them.

        :raise Untakeable: it has not
        """
        wanted = sorted(cents(part.net) for part in parts_of(state))
        found = sorted(cents(f"{line.balance:.2f}") for line in move.line_ids if line.balance)
        if wanted != found:
            raise Untakeable(
                "total_mismatch",
                self.env["xero.reason"]._(
                    "Odoo adds lines of its own to this entry: check the default taxes of its accounts. It has "
                    "%(odoo)s lines, and %(xero)s in Xero.",
                    odoo=len(found),
                    xero=len(wanted),
                ),
            )


class JournalBooks(LineBooks):
    """Which Odoo account a line of a manual journal gets: where it stands already, else by the mappings.

    :param own: lines of the entry as it is, whose accounts stay where they fit
    """

    def __init__(self, inbound, connection, company, own=None):
        super().__init__(inbound, connection, "entry", company)
        self.company = company
        self.inbound, self.own_accounts = inbound, self._own_accounts(own) if own else {}
        self.options = inbound._tracked_accounts(connection)

    def _own_accounts(self, own) -> dict:
        rows = self.env["xero.mapping.account"].search(
            [
                ("connection_id", "=", self.connection.id),
                ("account_id", "in", own.account_id.ids),
                ("state", "=", "confirmed"),
            ]
        )
        return {row.xero_account_id.code: row.account_id for row in rows}

    def _taxes(self):
        """Entries are neither sales nor purchases: a tax type of Xero's is of the one or of the other."""
        rows = self.env["xero.mapping.tax"].search(
            [("connection_id", "=", self.connection.id), ("state", "=", "confirmed")], order="id"
        )
        found = {}
        for row in rows.sorted(lambda row: (row.rate_differs, len(row.tax_ids), row.id)):
            found.setdefault(row.xero_tax_rate_id.tax_type, row.tax_ids)
        return found

    def line_values(self, part: Part, line=None) -> dict:
        """Return the values of an Odoo line for ``part``.

        :param line: the one that it is written to, ``None`` for a new one
        """
        account = self._account_of(part)
        net = float(part.net)
        values = {"name": part.text, "account_id": account.id, "balance": net, "amount_currency": net}
        if line is None:
            # Neither the taxes nor the currency of the account: what Xero has is whole.
            values |= {"tax_ids": [Command.clear()], "currency_id": self.company.currency_id.id}
        wanted = {self.options[key] for key in part.options.split() if key in self.options}
        if wanted or (line and line.analytic_distribution and self.options):
            plans = self.env["account.analytic.account"].browse(self.options.values()).root_plan_id
            told = self.inbound._distribution(line and line.analytic_distribution, wanted, plans)
            values |= {} if told is None else {"analytic_distribution": told or False}
        return values

    def _account_of(self, part):
        if not part.tax_type:
            return self.own_accounts.get(part.account) or self._account(LineState(account=part.account))
        taxes = self._tax(LineState(tax_type=part.tax_type))
        parts = taxes.flatten_taxes_hierarchy().invoice_repartition_line_ids
        account = parts.filtered(lambda one: one.repartition_type == "tax").account_id[:1]
        if not account:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "The Odoo tax that stands for Xero tax %s has no account to book it to: give it one.",
                    named(part.tax_type),
                ),
            )
        return account


def parts_of(state: DocumentState) -> list[Part]:
    """Return the lines of an entry that says what ``state`` does: its own, then what the tax of each type comes to."""
    tracking = state.tracking or [""] * len(state.lines)
    parts = [
        Part(line.description, line.account, decimal(line.net), options)
        for line, options in zip(state.lines, tracking, strict=True)
        if decimal(line.net)
    ]
    taxes = defaultdict(Decimal)
    for line in state.lines:
        taxes[line.tax_type] += decimal(line.tax)
    return parts + [Part(tax_type, "", total, "", tax_type) for tax_type, total in sorted(taxes.items()) if total]


def _untaxed(line: LineState) -> LineState:
    """What is taxed by nothing and what says nothing of tax are one."""
    return replace(line, tax_type="" if line.tax_type == NO_TAX else line.tax_type, tax=amount(line.tax))
