"""Carrying changes of Xero's documents out in Odoo."""

from dataclasses import replace
from decimal import Decimal
from difflib import SequenceMatcher

from odoo import Command, fields, models
from odoo.tools import format_date

from ...mappers.awaited import CLOSED_PERIODS, element_key
from ...mappers.document.both_sides import PARTS, met_lines, steps, taken_there, wanted
from ...mappers.document.canonical import DocumentState
from ...mappers.document.sheet import decimal_of
from ...mappers.document.together import Sides, together
from ...mappers.outgoing import ABSENT
from ...mappers.reason import pack, said
from ...mappers.text import named, quoted
from ...mappers.values import booked, decimal
from ...xero_api import codec
from .importer import FORBIDDEN, Result, Untakeable
from .line_books import LINE_FIELDS, LineBooks
from .ruled_fields import ruled_keys, without_ruled
from .typed_tax import fit_taxes

TEXTS = ("line_section", "line_subsection", "line_note")
LARGEST_ROUNDING = 0.05


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    # === WHAT IS DONE === #

    def _do_updated(self, connection, link, element, state, move, event):
        """Make the document in Odoo what it is in Xero; a posted one is reset, changed and posted again."""
        changed = state.changed_from(self._sides(connection, link, element, move).base) - {"money"}
        return self._try(
            connection,
            link,
            element,
            state,
            move,
            "updated",
            lambda: self._take_over(connection, link, element, move, state, changed),
        )

    def _do_merged(self, connection, link, element, state, move, event):
        """Both sides changed, different fields: Odoo takes Xero's, and its own are still to be sent."""
        sides = self._sides(connection, link, element, move)
        base, ours = sides.base, self._odoo(link, sides)
        there, here = state.changed_from(base) - {"money"}, ours.changed_from(base) - {"money"}
        before, digest, keys = link.odoo_state, link.digest, link.odoo_keys or []
        is_met = there & here & LINE_FIELDS
        plan = self._plan(connection, self._meeting(connection, link, element, move, state)) if is_met else None
        mixed = state.with_all_fields_of(ours, here)
        failed = self._attempt(
            connection,
            link,
            element,
            state,
            move,
            lambda: self._change_by_plan(connection, link, move, mixed, there - here, plan, base.lines),
        )
        if failed:
            return failed
        agreed = self._base_values(connection, move, element)
        told = sorted({*keys, *codec.loads(agreed["odoo_keys"])})
        agreed |= {"digest": digest or None, "odoo_keys": codec.dumps(told).decode()}
        self._save_base(connection, link, element, **agreed)
        self._agree_but_for(connection, link, element, move, before, here, waits=True, plan=plan)
        self.env["xero.conflict"]._overtaken(link)
        self._post_note(connection, move, "updated")
        return Result("updated", res_id=move.id)

    def _do_posted(self, connection, link, element, state, move, event):
        """A draft was approved in Xero: post it, with whatever was edited there."""
        changed = state.changed_from(self._sides(connection, link, element, move).base) - {"money", "status"}

        def post():
            self._take_over(connection, link, element, move, state, changed)
            move._post(soft=False)

        return self._try(connection, link, element, state, move, "posted", post)

    def _do_cancelled(self, connection, link, element, state, move, event):
        return self._try(connection, link, element, state, move, "cancelled", lambda: self._cancel(move), digest=None)

    def _do_left(self, connection, link, element, state, move, event):
        """It was voided in Xero while a person works on the draft: that goes on, and posting it makes a new one."""
        message = self.env["xero.reason"]._(
            "Voided in Xero while it is a draft here. Posting it makes a new document there."
        )
        columns = {"digest": None, "state": "synced", "message": pack(self.env, message), "draft_since": None}
        self._save_base(connection, link, element, **columns)
        self.env["xero.conflict"]._overtaken(link)
        self._close_pushes(connection, move)
        self.env["xero.log"]._post(connection, [(move, message)])
        return Result("left", res_id=move.id)

    def _do_refused(self, connection, link, element, state, move, event):
        """Keep what Odoo forbids for a person.

        :return: the ``Result``
        """
        return self._refuse(connection, link, element, state, move, self._refusal(move, event))

    def _do_conflict(self, connection, link, element, state, move, event):
        """Both sides changed: the policy decides, or a person is asked."""
        return self.env["xero.conflict"]._meet(self, connection, link, element, move)

    def _try(self, connection, link, element, state, move, outcome, step, **agreed):
        """Run ``step`` in a savepoint; where Odoo forbids it, say so instead.

        :param outcome: of the ``Result`` when it worked, one of ``OUTCOMES``
        :param step: called without anything
        :param agreed: columns of the link that are another than after taking over the element
        :return: the ``Result``
        """
        failed = self._attempt(connection, link, element, state, move, step)
        if failed:
            return failed
        self._save_base(connection, link, element, **{**self._base_values(connection, move, element), **agreed})
        self.env["xero.conflict"]._overtaken(link)
        self._close_pushes(connection, move)
        self._post_note(connection, move, outcome)
        return Result(outcome, res_id=move.id)

    def _attempt(self, connection, link, element, state, move, step) -> Result | None:
        """Run ``step`` in a savepoint; return the ``Result`` of what Odoo forbids or misses for it."""
        try:
            with self.env.cr.savepoint():
                step()
        except Untakeable as error:
            return Result("failed", said(error), move.id, error.fix)
        except FORBIDDEN as error:
            move.invalidate_recordset()
            return self._refuse(connection, link, element, state, move, quoted(error.args[0]))
        return None

    def _base_values(self, connection, move, element) -> dict:
        """Return the columns of a link after Odoo took over ``element``: Odoo has nothing to send any more."""
        link = self.env["xero.link"]._map(connection, self._xero_type, "account.move", move.ids).get(move.id)
        if link:
            # First, because Odoo's side is told with the day that was agreed.
            link.write(self._base_days(connection, move, self._read(element)))
        out = self._outgoing(connection, move).get(move.id)
        keys = self.env["xero.mapper"]._for_type(self._xero_type)._kept_keys(out.payload if out else {})
        return {
            **self._odoo_columns(out, element),
            "state": "synced",
            "message": None,
            "xero_number": self._number_of(element),
            "xero_total": element.get("Total"),
            "odoo_keys": codec.dumps(keys).decode(),
        }

    def _close_pushes(self, connection, move):
        """Cancel what waits to be sent for ``move``: it says nothing new any more."""
        self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", move._name),
                ("res_id", "=", move.id),
                ("operation", "in", ("push", "void")),
                ("state", "in", ("pending", "blocked", "failed", "dead")),
            ]
        ).write({"state": "cancelled", "done_at": fields.Datetime.now()})

    def _post_note(self, connection, move, outcome):
        """Keep in history and chatter what was done, ``outcome`` being that of the ``Result``."""
        texts = {
            "updated": self.env["xero.reason"]._("Changed as in Xero."),
            "posted": self.env["xero.reason"]._("Posted: it was approved in Xero."),
            "cancelled": self.env["xero.reason"]._("Cancelled: it was voided in Xero."),
        }
        if outcome in texts:
            self.env["xero.log"]._post(connection, [(move, texts[outcome])])

    # === REFUSALS === #

    def _refuse(self, connection, link, element, state, move, reason):
        """Keep what Odoo forbids for a person, with the reason; nothing has been changed.

        :param reason: translated, with what the person can do about it
        :return: the ``Result``
        """
        return self.env["xero.conflict"]._refuse(self, connection, link, element, move, reason)

    def _refusal(self, move, event) -> str:
        """Return why Odoo forbids ``event`` on ``move``, and the ways out."""
        name = named(move.display_name)
        if move.state == "draft":
            return self.env["xero.reason"]._(
                "%s was paid in Xero but is a draft in Odoo. Post it, or take the payment back in Xero.", name
            )
        if move.state == "cancel":
            return self.env["xero.reason"]._(
                "%s was paid in Xero but is cancelled in Odoo. Take the payment back in Xero and void it there, "
                "or reset the document in Odoo "
                "to draft and post it.",
                name,
            )
        if self._is_settled(move):
            if event == "voided":
                return self.env["xero.reason"]._(
                    "%s was voided in Xero but is paid in Odoo. Options: undo the payment in Odoo and cancel it, "
                    "make a credit note in Odoo, "
                    "or send it to Xero again as a new document.",
                    name,
                )
            return self.env["xero.reason"]._(
                "%s was changed in Xero but is paid in Odoo, where its amounts are closed. "
                "Options: undo the payment in Odoo and import the change, or send Odoo's document to Xero again.",
                name,
            )
        return self.env["xero.reason"]._(
            "%s was changed in Xero but lies in a period that is locked in Odoo, or is secured by a hash. "
            "Options: open the period and "
            "try again, make a credit note, or send Odoo's document to Xero again.",
            name,
        )

    # === CHANGING === #

    def _change(self, connection, link, move, state, changed, lines=None, commands=None) -> None:
        """Write the fields ``changed`` of ``state`` to ``move``, but not what rules fill.

        Tracking comes back also on documents that are paid or locked.

        :param state: a ``DocumentState``, what ``move`` shall say
        :param changed: names of its fields
        :param lines: what the lines of ``move`` stand for in Xero; by default those agreed last
        :param commands: what turns its lines into those of ``state``, where that is known
        :raise Untakeable: Odoo has no account or tax for a line, or arrives at another total
        :raise UserError: Odoo forbids it
        """
        base = self._base(link).lines if lines is None else lines
        state_to_write, fields_to_write = self._without_ruled(connection, move, base, state, changed)
        if commands is None and "lines" in fields_to_write:
            commands = self._line_commands(connection, move, base, state_to_write.lines)
        self._change_fields(connection, link, move, state_to_write, fields_to_write, commands)
        if changed & {"tracking", "lines"}:
            self._write_tracking(connection, move, state)

    def _without_ruled(self, connection, move, base, state, changed) -> tuple[DocumentState, set]:
        """Return ``state`` and ``changed`` without what rules fill on ``move``, whose lines stand for ``base``."""
        ruled = self._ruled(connection, move).get(move.id) or set()
        own, in_lines = ruled_keys(ruled)
        if in_lines and "lines" in changed:
            state = DocumentState.load(without_ruled(state.dump(), replace(state, lines=base).dump(), ruled))
            changed = changed if state.lines != base else changed - {"lines"}
        return state, changed - own

    def _change_fields(self, connection, link, move, state, changed, commands) -> None:
        details = self._detail_values(move, state, changed)
        content = self._content_values(connection, move, state, changed)
        if "lines" in changed:
            content["invoice_line_ids"] = commands
        posted = move.state == "posted"
        if content and posted:
            move.button_draft()
        if details or content:
            move.write({**details, **content})
        if "due_date" in changed and state.due_date:
            self._set_due_date(move, state.due_date)
        if content:
            fit_taxes(self, connection, move, state)
            self._prove(move, state)
            if posted:
                if "date" in changed:
                    self._open_day(connection, move)
                move._post(soft=False)
        if "number" in changed and move.is_sale_document(include_receipts=True):
            # The number chosen in Xero stays there; Odoo's own comes from its sequence. What is agreed is told with it.
            link.write({"from_xero": True, "xero_number": state.number or False})

    def _detail_values(self, move, state, changed) -> dict:
        values = {}
        if "reference" in changed:
            values["ref"] = state.reference or False
        if "number" in changed and move.is_purchase_document(include_receipts=True):
            values["ref"] = state.number or False
        return values

    def _set_due_date(self, move, day):
        """Set when the document is due, where it is due at once and not in instalments.

        The payment terms go with it, else the next edit of the lines would bring back their day.
        """
        terms = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        if len(terms) > 1:
            return
        values = {"invoice_payment_term_id": False, "invoice_date_due": day}
        if move.state == "draft":
            move.write(values)
        else:
            # What is reconciled with the line stays with it.
            move.with_context(skip_invoice_sync=True, skip_readonly_check=True).write(values)
            terms.date_maturity = day

    def _content_values(self, connection, move, state, changed) -> dict:
        values = {}
        if "date" in changed:
            values |= {"invoice_date": state.date or False, "date": state.date or False}
        if "contact" in changed:
            values["partner_id"] = self._partner(connection, state).id
        if changed & {"currency", "rate"}:
            values |= self._currency_values(move.company_id, state.currency, state.rate)
        return values

    def _currency_values(self, company, code: str, rate: str) -> dict:
        """Return the values of ``company``'s document for a currency.

        :param code: of the currency in Xero
        :param rate: its units for one of the company's; empty for that one itself
        :raise Untakeable: Odoo does not have the currency, or it is archived
        """
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1)
        if not currency.active:
            raise Untakeable(
                "validation",
                self.env["xero.reason"]._("The currency %s is not active in Odoo.", named(code)),
                currency,
            )
        values = {"currency_id": currency.id}
        if currency != company.currency_id and rate:
            values["invoice_currency_rate"] = float(rate)
        return values

    def _partner(self, connection, state):
        """Return the partner of the document's contact.

        :param state: a ``DocumentState``
        :raise Untakeable: none is linked
        """
        links = self.env["xero.inbound"]._for_type("Contact")._links(connection, [state.contact])
        partner = self.env["res.partner"].browse([link.res_id for link in links.values()]).exists()
        if not partner:
            raise Untakeable(
                "dependency",
                self.env["xero.reason"]._("The contact of this document is not linked to one in Odoo yet."),
                waits=(element_key("Contact", state.contact),),
            )
        return partner

    # === LINES === #

    def _line_commands(self, connection, move, base, lines) -> list:
        """Return what turns the lines of ``move``, which stand for ``base``, into ``lines``; equal ones stay."""
        own = self._told_lines(move)
        books = LineBooks(self, connection, move.move_type, move.company_id)
        if len(own) != len(base):
            return [
                *(Command.delete(line.id) for line in move.invoice_line_ids),
                *(Command.create(books.values(line)) for line in lines),
            ]
        commands = []
        steps = SequenceMatcher(None, base, lines, autojunk=False).get_opcodes()
        for kind, start, end, new_start, new_end in steps:
            if kind != "equal":
                commands += self._replaced(books, own[start:end], base[start:end], lines[new_start:new_end])
        return commands

    def _replaced(self, books, own, base, lines):
        commands = [
            Command.update(record.id, books.values(line, line.changed_from(old)))
            for record, old, line in zip(own, base, lines)
        ]
        commands += [Command.delete(record.id) for record in own[len(lines) :]]
        return commands + [Command.create(books.values(line)) for line in lines[len(own) :]]

    def _told_lines(self, move):
        """Return the lines of ``move`` that Xero was told, in their order."""
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product" or (line.name or "").strip())
        return lines.sorted(lambda line: (line.sequence, line.id))

    # === LINES OF BOTH SIDES === #

    def _meeting(self, connection, link, element, move, state) -> list | None:
        """Return the ``MetLine`` of each line of ``move``; ``None`` where it cannot be told which line is which.

        :param state: Xero's side, that of ``element``, by whole lines
        """
        sides = self._sides(connection, link, element, move)
        if not sides.before or not link.base_state or not sides.now:
            return None
        if len(sides.now["lines"]) != len(self._told_lines(move)):
            # A rounding, or what else is no line of Odoo's own.
            return None
        return met_lines(sides.now, sides.before, sides.base, sides.ours, state, sides.ids)

    def _sides(self, connection, link, element, move) -> Sides:
        """Return what both sides have, and what they agreed on, by whole lines, as Odoo is now."""
        out = self._outgoing(connection, move).get(move.id) if move else None
        return self._sides_of(connection, link, element, move, out, self._read(element))

    def _sides_to_judge(self, connection, link, element, move, out, theirs) -> Sides:
        """Return what :meth:`_sides_of` does, without Odoo's side where no line has parts: no query for each of many.

        :param out: the ``Outgoing`` of ``move``, or none
        :param theirs: Xero's side, a ``DocumentState``, parts of lines each for itself
        """
        line_ids = [row[0] for row in (link.odoo_state or {}).get("lines") or () if row[0]]
        told = [line_id for line_id in (out.line_ids if out else ()) if line_id]
        is_divided = len(line_ids) > len({*line_ids}) or len(told) > len({*told})
        joins = connection.line_shares == "split" and 0 < len(line_ids) < len(theirs.lines)
        return self._sides_of(connection, link, element, move if is_divided or joins else None, out, theirs)

    def _sides_of(self, connection, link, element, move, out, theirs) -> Sides:
        """As :meth:`_sides`.

        :param move: the ``account.move``, or none
        :param out: the ``Outgoing`` of ``move``, or none
        :param theirs: Xero's side, parts of lines each for itself
        :return: the ``Sides``, by whole lines
        """
        is_told = out is not None and out.status != ABSENT
        now = self.env["xero.mapper"]._for_type(self._xero_type)._said(out) if is_told else None
        ids = [line.get("LineItemID") or "" for line in element.get("LineItems") or []]
        sides = Sides(now, link.odoo_state or None, self._base(link), DocumentState(), theirs, ids)
        if not move:
            return sides
        ours = DocumentState.load(self._canonical_of(connection, link, out))
        sides = replace(sides, ours=ours, status=out.status if is_told else ABSENT)
        shapes = {
            line.id: (decimal_of(line.quantity, 8), decimal_of(line.discount, 8))
            for line in move.invoice_line_ids
            if line.display_type == "product"
        }
        places = self.env["decimal.precision"].precision_get("Product Price")
        return together(sides, shapes, places, connection.line_shares == "split")

    def _take_over(self, connection, link, element, move, state, changed) -> None:
        """Write the fields ``changed`` of ``state``, that of ``element``, to ``move``, where Odoo changed no line."""
        found = self._meeting(connection, link, element, move, state) if "lines" in changed else None
        base = self._sides(connection, link, element, move).base.lines
        self._change_by_plan(connection, link, move, state, changed, self._plan(connection, found), base)

    def _plan(self, connection, found, taken=taken_there) -> list | None:
        """Return the ``Step`` of each of the lines ``found``; ``None`` where none were.

        :param taken: called with a ``MetLine``: the fields in which Odoo takes Xero's side
        """
        if not found:
            return None
        rates = self.env["xero.tax.rate"].search([("connection_id", "=", connection.id)])
        percents = {rate.tax_type: Decimal(str(rate.effective_rate)) for rate in rates}
        return steps(found, taken, percents)

    def _change_by_plan(self, connection, link, move, state, changed, plan, lines=None) -> None:
        """Write the fields ``changed`` of ``state`` to ``move``, and its lines by ``plan``; as :meth:`_change`.

        :param lines: what the lines of ``move`` stand for in Xero, by whole lines
        """
        if plan is None:
            self._change(connection, link, move, state, changed, lines)
            return
        commands = self._planned_commands(connection, move, plan)
        changed = changed - LINE_FIELDS | {"tracking"} | ({"lines"} if commands else set())
        self._change(connection, link, move, wanted(state, plan), changed, lines, commands)

    def _planned_commands(self, connection, move, plan) -> list:
        """Return what turns the lines of ``move`` into those of ``plan``, in its order."""
        own, books = self._told_lines(move), LineBooks(self, connection, move.move_type, move.company_id)
        commands, kept = [], [step for step in plan if step.line is not None]
        places = [step.met.mine for step in kept]
        is_ordered = None not in places and places == sorted(places)
        for number, step in enumerate(kept, 1):
            place = {} if is_ordered else {"sequence": 10 * number}
            if step.met.mine is None:
                commands.append(Command.create({**books.values(step.line), **place}))
                continue
            record = own[step.met.mine]
            if record.display_type != "product" and step.line.net:
                # Odoo makes no line with an amount of a note.
                values = {**books.values(step.line), "sequence": place.get("sequence", record.sequence)}
                commands += [Command.delete(record.id), Command.create(values)]
                continue
            told = {name for field in step.fields for name in PARTS.get(field, (field,))}
            values = books.values(step.line, told) if told - {"tracking"} else {}
            if values or place:
                commands.append(Command.update(record.id, {**values, **place}))
        gone = [step.met.mine for step in plan if step.line is None and step.met.mine is not None]
        return [*commands, *(Command.delete(own[place].id) for place in gone)]

    # === PROOF === #

    def _prove(self, move, state) -> None:
        """See to it that the total in Odoo is Xero's; cents of tax rounding go to the largest tax.

        Totals are compared in the document's currency, to the cent.

        :raise Untakeable: the totals differ by more than rounding
        """
        decimals = move.currency_id.decimal_places
        missing = decimal(state.total) - booked(move.amount_total, decimals)
        if not missing:
            return
        taxes = move.line_ids.filtered(lambda line: line.display_type == "tax")
        if taxes and abs(missing) <= max(LARGEST_ROUNDING, 0.01 * len(move.invoice_line_ids)):
            line = max(taxes, key=lambda tax: abs(tax.amount_currency))
            move.write(
                {
                    "line_ids": [
                        Command.update(
                            line.id,
                            {
                                "amount_currency": line.amount_currency + move.direction_sign * float(missing),
                            },
                        )
                    ]
                }
            )
        if decimal(state.total) != booked(move.amount_total, decimals):
            raise Untakeable(
                "total_mismatch",
                self.env["xero.reason"]._(
                    "Odoo arrives at a total of %(odoo)s where Xero has %(xero)s. "
                    "Check which Odoo taxes stand for Xero's.",
                    odoo=booked(move.amount_total, decimals),
                    xero=state.total or "0",
                ),
            )

    # === ODOO IS CLOSED === #

    def _open_day(self, connection, move) -> None:
        """See to it that the draft ``move`` can be posted on its accounting date.

        Odoo itself would move it without a word, and to the end of a month.

        :param move: a draft; its ``date`` is written where the policy moves it
        :raise Untakeable: the period is closed, and the policy is to say so
        """
        taxed = bool(move.invoice_line_ids.tax_ids)
        closed = move._get_violated_lock_dates(move.date, taxed)
        if not closed:
            return
        day = format_date(self.env, move.date)
        if connection.odoo_lock_policy != "move":
            raise Untakeable("locked_period", self._closed_reason(day), connection, (CLOSED_PERIODS,))
        move.date = fields.Date.add(max(lock[0] for lock in closed), days=1)
        by_tax = {lock[1] for lock in closed} == {"tax_lock_date"}
        move._message_log(body=self._moved_note(day, format_date(self.env, move.date), taxed, by_tax))

    def _closed_reason(self, day) -> str:
        return self.env["xero.reason"]._(
            "It is dated %s, in a period that is closed in Odoo. Open the period and try again, or let documents be "
            "booked on the first open day (Xero connection).",
            day,
        )

    def _moved_note(self, day, booked, taxed, by_tax) -> str:
        values = {"day": day, "booked": booked}
        if by_tax:
            return self.env["xero.reason"]._(
                "Dated %(day)s, whose tax return is closed in Odoo; booked on %(booked)s, so its tax goes into the "
                "later return.",
                **values,
            )
        if taxed:
            return self.env["xero.reason"]._(
                "Dated %(day)s, in a period that is closed in Odoo; booked on %(booked)s, where its tax is reported "
                "too.",
                **values,
            )
        return self.env["xero.reason"]._(
            "Dated %(day)s, in a period that is closed in Odoo; booked on %(booked)s.", **values
        )

    # === TWO DAYS === #

    def _base_days(self, connection, move, state) -> dict:
        """Return the columns of a link that say that both sides agreed on two days; empty ones for the same day."""
        own = self.env["xero.mapper"]._for_type(self._xero_type)._own_day(move)
        there = state.date
        apart = bool(own and there and own != there)
        return {"date_odoo": own if apart else None, "date_xero": there if apart else None}
