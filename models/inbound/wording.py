"""What the canonical forms of both sides say, in the words of accountants."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from ...mappers.document.both_sides import AMOUNT, LINE
from ..link.shown import status_words

# Tax and total are those of the lines: they are taken from one side together.
AMOUNTS = ("lines", "tax", "total")
DAYS = ("date", "due_date")
PLACES = 2
# Fields of lines that are numbers, with the places that are shown in any case.
NUMBERS = {"quantity": 0, "price": PLACES, "discount": 0}
# Bank accounts of bank transactions and transfers.
BANKS = ("bank", "from", "to")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class StateWords:
    """Words what canonical forms hold, as reasons: days, amounts and labels are read in the language of the reader.

    :param names: what people call accounts, rates, contacts and options, by ``(kind, id or code)``; without a name the
        id or code itself is said
    :param xero_type: whose status is said, where it has words of its own
    """

    def __init__(self, env, names=(), xero_type=None):
        self._env, self._reason, self._names, self._xero_type = env, env["xero.reason"], dict(names), xero_type

    @classmethod
    def of(cls, env, connection, states) -> "StateWords":
        """Return the words for ``states`` (dicts, as of ``xero.inbound._canonical``) of an organisation, whose names
        are looked up once for all.
        """
        states = list(states)
        is_money = any(state.get(name) for state in states for name in BANKS)
        return cls(env, cls._read_names(env, connection, states), "BankTransaction" if is_money else None)

    @staticmethod
    def _read_names(env, connection, states) -> dict:
        lines = [line for state in states for line in state.get("lines") or () if isinstance(line, dict)]
        names = {}
        banks = {state.get(name) for state in states for name in BANKS}
        if codes := ({line.get("account") for line in lines} | banks) - {None}:
            domain = [("connection_id", "=", connection.id), "|", ("code", "in", list(codes))]
            for account in env["xero.account"].sudo().search([*domain, ("xero_id", "in", list(codes))]):
                names |= {("account", key): account.display_name for key in (account.code, account.xero_id)}
        if types := {line.get("tax_type") for line in lines} - {None}:
            domain = [("connection_id", "=", connection.id), ("tax_type", "in", list(types))]
            for rate in env["xero.tax.rate"].sudo().search(domain):
                names["tax", rate.tax_type] = rate.name
        if contacts := {state.get("contact") for state in states} - {None}:
            domain = [("connection_id", "=", connection.id), ("xero_type", "=", "Contact")]
            links = env["xero.link"].sudo().search([*domain, ("xero_id", "in", list(contacts))])
            partners = env["res.partner"].sudo().browse(links.mapped("res_id")).exists()
            called = {partner.id: partner.display_name for partner in partners}
            names |= {("contact", link.xero_id.lower()): called.get(link.res_id) or link.xero_number for link in links}
        if ids := {found for state in states for found in ID.findall(str(state.get("tracking") or ""))}:
            for option in env["xero.tracking.option"].sudo().search([("xero_id", "in", list(ids))]):
                names["option", option.xero_id.lower()] = option.display_name
        return names

    def say(self, name: str, value):
        """Return what ``value`` of the field ``name`` says; empty for nothing.

        :param value: text, list or dict
        """
        if not value:
            return ""
        if name == "status":
            return status_words(self._env, self._xero_type).get(value, value)
        if name in BANKS:
            return self._names.get(("account", value)) or value
        if name in DAYS:
            return self._day(value)
        if name == "contact":
            return self._names.get(("contact", value)) or value
        if name == "terms" and isinstance(value, dict):
            return self._reason._join("\n", [self._term(*term) for term in value.items()])
        if name == "tracking":
            return ID.sub(lambda found: self._names.get(("option", found[0].lower()), found[0]), show(value))
        if name in AMOUNTS and isinstance(value, str):
            return self._amount(value)
        if isinstance(value, list):
            return self._reason._join("\n", [self._line(part) for part in value])
        return show(value)

    def say_part(self, line, options: str, field: str):
        """Return what ``field`` of a line of a document says.

        :param line: a ``LineState``
        :param options: its tracking
        :param field: one of a ``MetLine``
        """
        if field == "tracking":
            return self.say("tracking", options)
        if field in (LINE, AMOUNT, "tax"):
            return self._line(line.dump())
        value = getattr(line, field)
        if field in NUMBERS:
            return self._amount(value, NUMBERS[field])
        return self._names.get(({"tax_type": "tax"}.get(field, field), value)) or value

    def _day(self, value):
        try:
            return self._reason._day(date.fromisoformat(value))
        except ValueError:
            return value

    def _amount(self, value, places=PLACES):
        try:
            return self._reason._amount(Decimal(value), places)
        except InvalidOperation:
            return value

    def _line(self, line):
        if not isinstance(line, dict) or "net" not in line:
            return show([line])
        reason, net = self._reason, self._amount(line["net"])
        if line.get("tax"):
            net = reason._("%(net)s + %(tax)s tax", net=net, tax=self._amount(line["tax"]))
        what = line.get("description") or ""
        if line.get("quantity"):
            quantity = self._amount(line["quantity"], 0)
            what = reason._("%(quantity)s × %(what)s", quantity=quantity, what=what or reason._("(no text)"))
        account, tax_type = line.get("account"), line.get("tax_type")
        rest = [self._names.get(("account", account)) or account, self._names.get(("tax", tax_type)) or tax_type]
        return reason._join(", ", filter(None, (what, net, *rest)))

    def _term(self, side, term):
        kind, _space, day = str(term).partition(" ")
        reason = self._reason
        words = {
            "DAYSAFTERBILLDATE": reason._("%s days after the date", day),
            "DAYSAFTERBILLMONTH": reason._("%s days after the end of the month", day),
            "OFCURRENTMONTH": reason._("Day %s of the same month", day),
            "OFFOLLOWINGMONTH": reason._("Day %s of the following month", day),
        }
        sides = {"sales": reason._("Sales"), "bills": reason._("Bills")}
        return reason._join(": ", (sides.get(side, side), words.get(kind, term)))


def show(value) -> str:
    """Return a value of a canonical form as plain text, as it stands there.

    :param value: text, list or dict
    """
    if isinstance(value, dict):
        return "\n".join(str(part) for part in value.values())
    if isinstance(value, list):
        return "\n".join(_show_part(part) for part in value)
    return str(value or "")


def _show_part(part) -> str:
    return " ".join(str(value) for value in part.values()) if isinstance(part, dict) else str(part)
