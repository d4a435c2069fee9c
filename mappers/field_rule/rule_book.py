"""Field rules on a batch of records: which apply, what they give, and what stands in the way."""

from collections import defaultdict
from dataclasses import dataclass

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..awaited import LISTS
from ..document.mapped import takes_lines
from ..outgoing import Problem
from ..reason import Reason
from ..text import named, quoted
from .match import MatchKeys
from .reach import OutOfReach, Reader, Unreadable, path_fields
from .values import Rule, as_day, as_flag, as_text, day_string, flag_words, looked_up, plain_text

MODELS = {"document": "account.move", "line": "account.move.line"}


@dataclass
class Outcome:
    """What one rule gives for one record.

    :ivar found: what was read from Odoo, as people read it
    :ivar value: what goes to Xero; ``None`` when the rule gives nothing
    :ivar problem: why the value cannot be sent, as a sentence
    :ivar topic: of the problem, as :class:`~..outgoing.Problem` has it; empty: what is missing is a mapping
    """

    found: str = ""
    value: object = None
    problem: str = ""
    notice: str = ""
    topic: str = ""


def document_of(record) -> str:
    """Return the kind of document that rules call ``record``.

    :param record: a ``res.partner`` or an ``account.move``
    :return: ``contact`` or a move type; receipts count as invoices
    """
    return "contact" if record._name == "res.partner" else record.move_type.replace("receipt", "invoice")


def base_model(rule: Rule) -> str:
    """Return the model whose fields ``rule`` reads.

    :return: name of the Odoo model
    """
    return "res.partner" if rule.document == "contact" else MODELS[rule.level]


def condition_paths(domain, start="") -> list[str]:
    """Return every field path that ``domain`` looks at, those within ``any`` by their whole length.

    :param domain: an Odoo domain, as a list or a ``Domain``
    :param start: what comes before each path
    :return: names of fields with dots between, without ``id``
    """
    found = []
    for condition in Domain(domain).iter_conditions():
        path = f"{start}{condition.field_expr}"
        found.append(path)
        if condition.operator.rstrip("!").endswith("any"):
            found += condition_paths(condition.value, f"{path}.")
    return [path for path in found if path != "id"]


class RuleBook:
    """The rules of a connection, read for a whole batch: each condition and each path is read for all at once.

    :param rules: in their order: the first whose condition holds and that gives a value decides
    :param connection: the ``xero.connection`` whose lists of accounts, themes and options are looked up in
    """

    def __init__(self, env, connection, rules: list[Rule]):
        self.env, self.connection, self.rules = env, connection, rules
        self._holds, self._fields, self._lists, self._broken, self._readers = {}, {}, {}, {}, {}
        self._constants = {}
        # The rules that hold for a record, in their order, by level and id of the record.
        self._holding = defaultdict(list)

    def load(self, records) -> None:
        """Find out which rules apply to which of ``records`` (of one model), and read what they need.

        :param records: of one model that rules read: partners, journal entries or their lines. :meth:`fill`,
            :meth:`holds` and :meth:`outcome` answer for loaded ones only
        """
        rules = [rule for rule in self.rules if base_model(rule) == records._name]
        for document, found in (records.grouped(self._document) if rules else {}).items():
            its = {place: rule for place, rule in enumerate(rules) if document in rule.documents}
            matches = {place: rule.match for place, rule in its.items() if rule.match}
            matching = MatchKeys(found, self._match_paths()).matching(matches) if matches else {}
            for place, rule in its.items():
                self._load(rule, matching.get(place, found.browse()) if place in matches else found)

    def _match_paths(self) -> dict:
        if "paths" not in self._lists:
            used = {name for rule in self.rules for name in rule.match}
            known = self.env["xero.field.rule"]._match_paths(self.connection)
            self._lists["paths"] = {name: paths for name, paths in known.items() if name in used}
        return self._lists["paths"]

    def _document(self, record) -> str:
        return document_of(record.move_id if record._name == "account.move.line" else record)

    def _load(self, rule, records):
        """Note for which of ``records``, which its columns are for, the rest of the condition of ``rule`` holds."""
        holding = records
        try:
            self._prepare_rule(rule, records._name)
            if rule.domain and records:
                holding = self._reader(rule).matching(records, rule.domain, self._fields[rule.id, "domain"])
            for path in rule.paths:
                self._prefetch(rule, path, holding)
        except OutOfReach as error:
            self._broken[rule.id] = self.env["xero.reason"]._("“%s” is not for rules to read", named(error))
        except (Unreadable, KeyError, ValueError) as error:
            self._broken[rule.id] = self.env["xero.reason"]._(
                "Odoo does not have the field (any more): %s", named(error)
            )
        except AccessError as error:
            reason = quoted(error.args[0])
            self._broken[rule.id] = reason if isinstance(reason, Reason) else reason.rstrip(".")
        self._holds.setdefault(rule.id, set()).update(holding.ids)
        for record_id in holding.ids:
            self._holding[rule.level, record_id].append(rule)

    def _prepare_rule(self, rule, model):
        """See that the rule's fields are there and that its author may read them.

        :raise Unreadable, AccessError: they are not, or not any more
        """
        if rule.source == "constant" and not rule.domain:
            return
        reader = self._reader(rule)
        paths = {path: path_fields(self.env, model, path) for path in rule.paths}
        asked = [found for path in condition_paths(rule.domain) for found in path_fields(self.env, model, path)]
        self._fields |= {(rule.id, path): found for path, found in paths.items()} | {(rule.id, "domain"): asked}
        if name := reader.forbidden([*asked, *(found for path in paths.values() for found in path)]):
            author = named(self.env["res.users"].sudo().browse(rule.author).name)
            raise AccessError(
                self.env["xero.reason"]._("%(author)s may not read “%(field)s” any more", author=author, field=name)
            )

    def _reader(self, rule) -> Reader:
        if rule.author not in self._readers:
            self._readers[rule.author] = Reader(self.env, rule.author, self.connection.company_id)
        return self._readers[rule.author]

    def _prefetch(self, rule, path, records):
        value = self._reader(rule).load(records, path)
        definition = self._fields[rule.id, path][-1]
        if definition.relational and value:
            value.sudo().mapped("parent_path" if rule.source == "table" and value._parent_store else "display_name")

    # === FILLING === #

    def fill(self, record, level: str, payload: dict, out, applies=None) -> None:
        """Write what the rules give for ``record`` over what is in ``payload``; problems go to ``out``.

        Of the rules for one field the first that holds and gives a value decides; one that cannot be sent is a problem,
        and ends the search too.

        :param record: a loaded one: the partner, the document or the line that ``payload`` is of
        :param level: ``document`` for the element itself, ``line`` for one of its lines
        :param payload: the element or the line, changed in place
        :param out: the :class:`~..outgoing.Outgoing` of the whole: gets problems, notices and, in ``ruled``, which
            rules filled what
        :param applies: Xero's account classes that the line's tax can be used with, if they are to be checked
        """
        done = set()
        for rule in self._holding.get((level, record.id), ()):
            name = rule.target, rule.category
            if name in done or (rule.only_empty and payload.get(rule.target) not in (None, "", [])):
                continue
            outcome = self.outcome(rule, record, applies, payload.get("TaxType"))
            if outcome.problem:
                self._refuse(rule, outcome, out)
                done.add(name)
            elif outcome.value is not None and self._put(rule, outcome.value, payload, out):
                done.add(name)
                out.ruled.setdefault(rule.field_name, set()).add(rule.id)
                if level == "line":
                    out.ruled_lines.setdefault(record.id, []).append(rule.id)
                if outcome.notice:
                    out.notices.append(outcome.notice)

    def holds(self, rule, record) -> bool:
        """Tell whether the condition of ``rule`` holds for ``record``, which was loaded."""
        return record.id in self._holds.get(rule.id, ())

    def gives_account(self, line_id: int, is_empty: bool) -> bool:
        """Whether a rule decides the account of a line, so that the account mapping does not matter.

        :param line_id: of a loaded invoice line
        :param is_empty: there is no account by the mapping: rules that fill gaps only count, too
        """
        return any(
            rule.kind == "account" and rule.constant and rule.source == "constant" and (is_empty or not rule.only_empty)
            for rule in self._holding.get(("line", line_id), ())
        )

    def _put(self, rule, value, payload, out) -> bool:
        if rule.kind == "flag" and out.status != "AUTHORISED":
            # Xero takes it on approved documents only.
            return False
        if rule.kind == "number":
            out.number = value
        if rule.kind == "tracking":
            category = value["Name"].lower()
            others = [part for part in payload.get(rule.target, []) if part.get("Name", "").lower() != category]
            value = [*others, value]
        payload[rule.target] = value
        return True

    def _refuse(self, rule, outcome, out):
        waits = (LISTS,) if outcome.topic else ()
        problem = Problem(
            "mapping", outcome.problem, "xero.field.rule", rule.id, topic=outcome.topic, waits=waits
        )
        if problem not in out.problems:
            out.problems.append(problem)

    # === ONE VALUE === #

    def outcome(self, rule, record, applies=None, tax_type=None) -> Outcome:
        """Return what ``rule`` gives for ``record``, whatever its condition says.

        :param record: a loaded one
        :param applies: as of :meth:`fill`
        :param tax_type: Xero's code of the line's tax, to be named where the account does not take it
        """
        if rule.id in self._broken:
            message = self.env["xero.reason"]._(
                "Field rule “%(rule)s” cannot be used: %(what)s. Change the rule, or have somebody who may read its "
                "fields try it again.",
                rule=named(rule.name),
                what=self._broken[rule.id],
            )
            return Outcome(problem=message)
        if rule.source == "constant":
            key = rule.id, rule.target, rule.category, tax_type, applies is None
            if key not in self._constants:
                self._constants[key] = self._outcome(rule, record, applies, tax_type)
            return self._constants[key]
        return self._outcome(rule, record, applies, tax_type)

    def _outcome(self, rule, record, applies, tax_type) -> Outcome:
        raw, definition = self._raw(rule, record)
        found = raw if isinstance(raw, str) else as_text(self.env, definition, raw)
        text = looked_up(rule, self.env, definition, raw) if rule.source == "table" else found
        if not text:
            return Outcome(found)
        if rule.kind == "account":
            return self._account(rule, found, text, raw, applies, tax_type)
        converts = {"date": self._date, "flag": self._flag, "theme": self._theme, "tracking": self._tracking}
        convert = converts.get(rule.kind, self._text)
        return convert(rule, found, text, raw)

    def _raw(self, rule, record):
        """Return what the rule reads from ``record`` and the field it ends in; a text has no field."""
        if rule.source == "constant":
            return rule.constant, None
        if rule.source == "text":
            return self._filled_text(rule, record), None
        return self._reader(rule).read(record, rule.path), self._fields[rule.id, rule.path][-1]

    def _filled_text(self, rule, record) -> str:
        """Return the text with every {path} replaced; empty when none of them has a value."""
        values = {
            path: as_text(self.env, self._fields[rule.id, path][-1], self._reader(rule).read(record, path))
            for path in set(rule.paths)
        }
        if values and not any(values.values()):
            return ""
        text = rule.text
        for path, value in values.items():
            text = text.replace("{" + path + "}", value)
        return text

    def _text(self, rule, found, text, raw) -> Outcome:
        value, cut = plain_text(rule, text)
        if not value:
            return self._problem(
                rule,
                found,
                self.env["xero.reason"]._("“%s” has letters or a length that Xero does not take", named(text)),
            )
        if not cut:
            return Outcome(found, value)
        message = self.env["xero.reason"]._(
            "“%(text)s” is longer than %(limit)s characters", text=named(value), limit=rule.limit
        )
        if not rule.cut:
            return self._problem(rule, found, message)
        notice = self.env["xero.reason"]._(
            "Field rule “%(rule)s”: %(what)s and was cut.", rule=named(rule.name), what=message
        )
        return Outcome(found, value, notice=notice)

    def _date(self, rule, found, text, raw) -> Outcome:
        day = as_day(raw if rule.source == "field" else [text], self.connection.company_id.partner_id.tz or "UTC")
        if day is None:
            return self._problem(rule, found, self.env["xero.reason"]._("“%s” is no date", named(text)))
        return Outcome(found, day_string(day, rule.days))

    def _flag(self, rule, found, text, raw) -> Outcome:
        if "flags" not in self._lists:
            self._lists["flags"] = flag_words(self.env)
        value = as_flag(text, self._lists["flags"])
        if value is None:
            return self._problem(rule, found, self.env["xero.reason"]._("“%s” is neither Yes nor No", named(text)))
        return Outcome(found, value)

    def _theme(self, rule, found, text, raw) -> Outcome:
        theme = self._listed("xero.branding.theme", ("xero_id", "name")).get(text.lower())
        if not theme or theme.status != "ACTIVE":
            message = self.env["xero.reason"]._(
                "%(organisation)s has no branding theme “%(name)s”",
                organisation=self._organisation(),
                name=named(theme.name if theme else text),
            )
            return self._problem(rule, found, message)
        return Outcome(found, theme.xero_id)

    def _tracking(self, rule, found, text, raw) -> Outcome:
        """Of several values, such as analytic accounts of several plans, the one that is an option counts."""
        category = self._listed("xero.tracking.category", ("xero_id",)).get(rule.category.lower())
        if not category or category.status != "ACTIVE":
            message = self.env["xero.reason"]._(
                "%(organisation)s has no active tracking category “%(name)s”",
                organisation=self._organisation(),
                name=named(category.name if category else rule.label),
            )
            return self._problem(rule, found, message)
        options = self._options(category)
        texts = [text, *(raw.mapped("display_name") if isinstance(raw, models.BaseModel) else raw or ())]
        option = next(filter(None, (options.get(str(candidate).lower()) for candidate in texts)), None)
        if not option:
            message = self.env["xero.reason"]._(
                "tracking category %(category)s has no active option “%(name)s”",
                category=named(category.name),
                name=named(text),
            )
            return self._problem(rule, found, message)
        return Outcome(found, {"Name": category.name, "Option": option.name})

    def _options(self, category) -> dict:
        """Return the active options of a tracking category by id and by name in small letters."""
        active = category.option_ids.filtered(lambda option: option.status == "ACTIVE")
        return {option[key].lower(): option for key in ("xero_id", "name") for option in active}

    def _account(self, rule, found, text, raw, applies, tax_type) -> Outcome:
        account = self._mapped_account(raw) if getattr(raw, "_name", "") == "account.account" else None
        account = account or self._listed("xero.account", ("name", "code", "xero_id")).get(text.lower())
        topic, fault = self._account_fault(account, text, applies, tax_type)
        return self._problem(rule, found, fault, topic) if fault else Outcome(found, account.code)

    def _account_fault(self, account, text, applies, tax_type) -> tuple[str, str]:
        """Return the topic of what is wrong with ``account``, and a part of a sentence; both empty if nothing is."""
        reason = self.env["xero.reason"]
        if not account:
            return "", reason._(
                "%(organisation)s has no account “%(name)s”", organisation=self._organisation(), name=named(text)
            )
        if account.status != "ACTIVE" or not account.code:
            return "archived_account", reason._(
                "Xero account %s is archived, gone or without a code", named(account.display_name)
            )
        if not takes_lines(account):
            return "archived_account", reason._(
                "Xero account %s takes no document lines", named(account.display_name)
            )
        if applies is not None and account.class_type and account.class_type not in applies:
            return "tax_account", reason._(
                "Xero does not allow tax %(tax)s on account %(account)s",
                tax=named(self._rate_name(tax_type)),
                account=named(account.display_name),
            )
        return "", ""

    def _rate_name(self, tax_type) -> str:
        rate = self._listed("xero.tax.rate", ("tax_type",)).get((tax_type or "").lower())
        return rate.name if rate else tax_type or ""

    def _problem(self, rule, found, message, topic="") -> Outcome:
        text = self.env["xero.reason"]._(
            "Field rule “%(rule)s”: %(what)s. Change the rule.", rule=named(rule.name), what=message
        )
        return Outcome(found, problem=text, topic=topic)

    # === XERO'S LISTS === #

    def _organisation(self) -> str:
        return named(self.connection.tenant_name or self.connection.company_id.name)

    def _listed(self, model: str, keys: tuple) -> dict:
        """Return the organisation's rows of a list by each of ``keys`` in small letters; the last key weighs most."""
        if model not in self._lists:
            rows = self.env[model].search([("connection_id", "=", self.connection.id)])
            self._lists[model] = {row[key].lower(): row for key in keys for row in rows if row[key]}
        return self._lists[model]

    def _mapped_account(self, accounts):
        """Return the Xero account that the first of Odoo's ``accounts`` is mapped to."""
        if "mapped" not in self._lists:
            rows = self.env["xero.mapping.account"].search(
                [("connection_id", "=", self.connection.id), ("state", "=", "confirmed")]
            )
            self._lists["mapped"] = {row.account_id.id: row.xero_account_id for row in rows}
        return next(filter(None, (self._lists["mapped"].get(account.id) for account in accounts)), None)
