"""What no single document tells: numbers in Xero and in the preview, plans, attachments; and storing it all."""

from collections import Counter, defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL, format_date

from ...mappers.outgoing import Problem
from ...mappers.text import named
from ..link.xero_link import GONE_STATUSES
from ..outbound.exporter import SEND, WAITS
from .topics import topic_of

SEQUENCES = {"problem": 1, "warning": 2, "notice": 3}
# Xero's smallest plans approve so many bills a month; for sales nobody has confirmed a figure.
# Mended once for all documents, in the organisation.
IN_ORGANISATION = {("xero.connection", "currency"), ("xero.connection", "locked_period")}
# A weekly reconciliation reads everything; what was read before the last one is old.
READ_RECENTLY = timedelta(days=8)
SMALL_PLANS = {"STARTER": 5, "EARLY": 5, "TRIAL": 5}


class XeroPreview(models.Model):
    _inherit = "xero.preview"

    # === IN A CHUNK === #

    def _checks(self, mapper, lines, verdicts) -> list:
        """Return ``(line, severity, Problem)`` of what only a look around tells; three queries a chunk.

        :param lines: ``xero.preview.line``, all of the type of ``mapper``
        :param verdicts: ``{line id: Plan}``; none of lines that are not synced
        :return: a severity is one of ``SEQUENCES``
        """
        if self.kind == "undo":
            return self._undo_checks(mapper, lines)
        if mapper._odoo_model != "account.move":
            return []
        going = lines.filtered(
            lambda line: line.id in verdicts and verdicts[line.id].kind in (SEND, WAITS) and line.action == "create"
        )
        return self._numbers_read(mapper, going) + self._attachments(going)

    def _numbers_read(self, mapper, lines) -> list:
        """Numbers that Xero held when the whole organisation was last read, on documents that are not ours.

        A sales number is refused. A bill with the number of another of its contact is not, and would stand there twice.
        """
        wanted = lines.filtered("number").grouped("number")
        snapshot = self._last_reading(mapper._xero_type)
        if not wanted or not snapshot:
            return []
        elements = self.env["xero.snapshot.element"].search(
            [
                ("snapshot_id", "=", snapshot.id),
                ("xero_type", "=", mapper._xero_type),
                ("number", "in", list(wanted)),
                ("status", "not in", GONE_STATUSES),
            ]
        )
        linked = self.env["xero.link"].search(
            [("connection_id", "=", self.connection_id.id), ("xero_id", "in", elements.mapped("xero_id"))]
        )
        known, found = set(linked.mapped("xero_id")), []
        for element in elements.filtered(lambda element: element.xero_id not in known):
            data = element.data or {}
            sale = str(data.get("Type") or "").startswith("ACCREC")
            for line in wanted[element.number]:
                namesake = line.taken if sale else not line.taken and line.contact == element.name
                if namesake and not self._is_ours(mapper, data, line):
                    problem = self._problem("number", self._number_held(element, snapshot), line)
                    found.append((line, "problem" if sale else "warning", problem))
        return found

    def _is_ours(self, mapper, data, line) -> bool:
        return self.env["xero.identity"]._is_ours(self.connection_id, mapper._xero_type, data, line.res_id)

    def _last_reading(self, xero_type):
        """Return the last snapshot that holds every element of ``xero_type``; empty without one."""
        readings = self.env["xero.snapshot"].search(
            [
                ("modified_since", "=", False),
                ("connection_id", "=", self.connection_id.id),
                ("state", "=", "ready"),
            ],
            order="id desc",
        )
        return next((snapshot for snapshot in readings if xero_type in snapshot.kinds), readings.browse())

    def _number_held(self, element, snapshot) -> str:
        return self.env["xero.reason"]._(
            "Xero already had a document numbered %(number)s on %(day)s: %(contact)s, %(total)s %(currency)s. "
            "Match it, or change the number.",
            number=named(element.number),
            day=snapshot.finished_at.date(),
            contact=named(element.name) or "?",
            total=f"{element.total:,.2f}",
            currency=element.currency or "",
        )

    def _attachments(self, lines) -> list:
        rows = self.env.execute_query(
            SQL(
                """SELECT res_id, count(*) FROM ir_attachment
                    WHERE res_model = 'account.move' AND res_id = ANY(%s) AND res_field IS NULL GROUP BY res_id""",
                lines.mapped("res_id"),
            )
        )
        counts, by_record = dict(rows), lines.grouped("res_id")
        return [
            (
                by_record[res_id],
                "notice",
                self._problem(
                    "attachments",
                    self.env["xero.reason"]._(
                        "%(count)s files of %(number)s stay in Odoo.",
                        count=count,
                        number=named(by_record[res_id].number),
                    ),
                    by_record[res_id],
                ),
            )
            for res_id, count in counts.items()
        ]

    # === AT THE END === #

    def _find_shared_numbers(self) -> None:
        """Of several sales documents with one number Xero takes the first only, wherever they come from."""
        rows = self.env.execute_query(
            SQL(
                """SELECT array_agg(id ORDER BY id) FROM xero_preview_line
                    WHERE preview_id = %s AND taken AND action = 'create'
                    GROUP BY xero_type, number HAVING count(*) > 1""",
                self.id,
            )
        )
        found = []
        for [ids] in rows:
            first, *others = self.env["xero.preview.line"].browse(ids)
            for line in others:
                message = self.env["xero.reason"]._(
                    "%(number)s is the number of two documents here, of %(first)s and %(second)s. Xero takes each "
                    "sales number once.",
                    number=named(line.number),
                    first=named(first.contact or first.company_id.name),
                    second=named(line.contact or line.company_id.name),
                )
                found.append((line, "problem", self._problem("number", message, line)))
        self._store_problems(found)

    def _find_approval_limits(self) -> None:
        """Small plans approve few bills a month, by invoice date; what is in Xero already counts too."""
        limit = SMALL_PLANS.get((self.connection_id.organisation_class or "").upper())
        if not limit:
            return
        bills = self._lines(
            ("kind", "in", ("in_invoice", "in_receipt")), ("action", "=", "create"), ("date", "!=", False)
        )
        new = Counter((line.date.year, line.date.month) for line in bills)
        held = self._bills_in_xero(bills)
        found = []
        for line in bills:
            month = line.date.year, line.date.month
            if new[month] + held[month] > limit:
                message = self.env["xero.reason"]._(
                    "The plan of %(name)s approves %(limit)s bills a month; %(month)s would have %(count)s.",
                    name=named(self.connection_id.name),
                    limit=limit,
                    month=format_date(self.env, line.date, date_format="MMMM y"),
                    count=new[month] + held[month],
                )
                problem = Problem("plan", message, "xero.connection", self.connection_id.id, topic="plan")
                found.append((line, "warning", problem))
        self._store_problems(found)

    def _bills_in_xero(self, bills) -> Counter:
        if not bills:
            return Counter()
        rows = self.env.execute_query(
            SQL(
                """SELECT EXTRACT(YEAR FROM m.invoice_date)::int, EXTRACT(MONTH FROM m.invoice_date)::int, count(*)
                     FROM xero_link l JOIN account_move m ON m.id = l.res_id
                    WHERE l.connection_id = %s AND l.res_model = 'account.move' AND l.xero_id IS NOT NULL
                      AND l.xero_status IN ('AUTHORISED', 'PAID') AND m.move_type IN ('in_invoice', 'in_receipt')
                      AND m.invoice_date >= %s AND m.invoice_date <= %s + INTERVAL '31 days' GROUP BY 1, 2""",
                self.connection_id.id,
                min(bills.mapped("date")).replace(day=1),
                max(bills.mapped("date")).replace(day=1),
            )
        )
        return Counter({(year, month): count for year, month, count in rows})

    def _find_unread_numbers(self) -> None:
        """Say so where numbers of new documents could not be compared with what Xero holds now."""
        new = self._lines(("action", "=", "create"), ("res_model", "=", "account.move"), ("number", "!=", False))
        recent, unread, reading = fields.Datetime.now() - READ_RECENTLY, new.browse(), None
        for xero_type, lines in new.grouped("xero_type").items():
            last = self._last_reading(xero_type)
            if not last or last.finished_at < recent:
                unread, reading = unread | lines, last
        if unread:
            connection = self.connection_id
            problem = Problem("validation", self._unread(reading), connection._name, connection.id, topic="unread")
            values = self._problem_values("warning unread", unread[0], problem)
            self.env["xero.preview.problem"].create(
                {**values, "count": len(unread), "line_ids": [(6, 0, unread.ids)]}
            )

    def _unread(self, reading) -> str:
        if not reading:
            return self.env["xero.reason"]._(
                "Whether Xero has these numbers already is not known: Xero was never read as a whole. Before it is "
                "sent, each number is looked up."
            )
        return self.env["xero.reason"]._(
            "The numbers were compared with what Xero held on %s. What was added there later is not known here.",
            reading.finished_at.date(),
        )

    def _find_stuck(self) -> None:
        """What needs a record that has a problem itself cannot go either."""
        blocked = self._lines(("first", "=", True), ("action", "in", ("blocked", "conflict")))
        by_record = {(line.res_model, line.res_id): line for line in blocked}
        if not by_record:
            return
        found = []
        for line in self._lines(("action", "in", ("create", "update"))).filtered("needs"):
            causes = [by_record[tuple(need)] for need in line.needs if tuple(need) in by_record]
            if causes:
                message = self.env["xero.reason"]._("It needs %s first, which has a problem.", named(causes[0].number))
                problem = Problem("validation", message, causes[0].res_model, causes[0].res_id, topic="needs")
                found.append((line, "problem", problem))
        self._store_problems(found)

    def _lines(self, *domain):
        """Return lines without reading their cards, which are long."""
        lines = self.env["xero.preview.line"].with_context(prefetch_fields=False)
        return lines.search([("preview_id", "=", self.id), *domain])

    # === STORING === #

    def _store_problems(self, found) -> None:
        """Write down problems; those that one thing mends, and those of one reason on documents, are one row each.

        :param found: triples ``(line, severity, Problem)``
        """
        groups, texts = defaultdict(list), defaultdict(list)
        for line, severity, problem in found:
            groups[self._key(line, severity, problem)].append((line, problem))
            texts[line].append(problem.message)
            if severity == "problem" and line.action not in ("left", "conflict"):
                line.action = "blocked"
        for line, messages in texts.items():
            messages = dict.fromkeys(filter(None, [line.message, *messages]))
            line.message = self.env["xero.reason"]._join("\n", messages)
        known = {problem.key: problem for problem in self.problem_ids}
        for key, members in groups.items():
            row = known.get(key) or self.env["xero.preview.problem"].create(self._problem_values(key, *members[0]))
            row.write(
                {
                    "line_ids": [(4, line.id) for line, _problem in members],
                    "count": row.count + len({line.id for line, _problem in members}),
                }
            )
            named = row.fix_model and (row.fix_model, row.topic) not in IN_ORGANISATION
            if row.count > 1 and not named and not row.fix_missing:
                row.message = self._common_message(row)

    def _key(self, line, severity, problem) -> str:
        """Return what is the same for all that is mended at once: a mapping, a contact, or a reason on documents."""
        topic = topic_of(problem)
        own = (problem.model, problem.res_id) in ((line.res_model, line.res_id), (None, None))
        if own and not problem.missing:
            return f"{severity} {topic}"
        if (problem.model, topic) in IN_ORGANISATION:
            return f"{severity} {topic} {problem.model} {problem.res_id}"
        return f"{severity} {topic} {problem.model} {problem.res_id} {problem.missing} {problem.message[:200]}"

    def _problem_values(self, key, line, problem) -> dict:
        own = (problem.model, problem.res_id) == (line.res_model, line.res_id)
        exists = problem.res_id and not own and self.env[problem.model].browse(problem.res_id).exists()
        severity = key.partition(" ")[0]
        return {
            "preview_id": self.id,
            "key": key,
            "severity": severity,
            "sequence": SEQUENCES[severity],
            "topic": topic_of(problem),
            "message": problem.message,
            "fix_model": problem.model if exists else False,
            "fix_res_id": problem.res_id if exists else 0,
            "fix_missing": list(problem.missing) if problem.missing and not exists else False,
        }

    def _common_message(self, row) -> str:
        """Return the sentence for several documents; what each of them has is on its own line."""
        sentences = {
            "locked_period": self.env["xero.reason"]._(
                "%s documents are dated in a period that is locked in Xero.", row.count
            ),
            "number": self.env["xero.reason"]._("%s documents have a number that is taken.", row.count),
            "currency": self.env["xero.reason"]._(
                "%s documents are in a currency that the organisation does not have.", row.count
            ),
            "length": self.env["xero.reason"]._("Texts of %s records are shortened or left out.", row.count),
            "attachments": self.env["xero.reason"]._("Files of %s documents stay in Odoo.", row.count),
            "scope": self.env["xero.reason"]._("%s records are not synced.", row.count),
            "contact": self.env["xero.reason"]._("%s documents have no contact.", row.count),
            "amount": self.env["xero.reason"]._(
                "Amounts of %s documents cannot be sent to Xero as they are.", row.count
            ),
            "approval": self.env["xero.reason"]._("%s documents may not be approved in Xero.", row.count),
            "conflict": self.env["xero.reason"]._("%s records were changed on both sides.", row.count),
        }
        return sentences.get(row.topic, self.env["xero.reason"]._("%s records: open them to see each.", row.count))
