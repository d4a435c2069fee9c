"""How accounts, taxes and analytic accounts of Odoo are called in one organisation, kept from one batch to the next."""

from collections import namedtuple
from decimal import Decimal
from weakref import WeakKeyDictionary

from odoo.tools import SQL

# How an Odoo account or set of taxes is called in Xero; ``fault`` is why it cannot be used. ``kind`` and ``system`` are
# Xero's type of the account, and what Xero itself uses it for.
Account = namedtuple("Account", "id code class_type fault kind system", defaults=("", ""))
Tax = namedtuple("Tax", "id tax_type percent applies fault")
# An option of Xero's that stands for an analytic account; ``fault`` is why it cannot be used.
Option = namedtuple("Option", "row_id plan_id category_id option_id fault")
CLASS_FIELDS = {
    "ASSET": "can_apply_to_assets",
    "EQUITY": "can_apply_to_equity",
    "EXPENSE": "can_apply_to_expenses",
    "LIABILITY": "can_apply_to_liabilities",
    "REVENUE": "can_apply_to_revenue",
}
# Xero posts to its system accounts itself and takes no document lines on them, but for these: rounding, and what the
# construction industry scheme of the United Kingdom is booked by.
OPEN_SYSTEM_ACCOUNTS = ("ROUNDING", "CISLABOUR", "CISLABOUREXPENSE", "CISLABOURINCOME", "CISMATERIALS")
# What is read of an organisation. Whatever else :class:`Mapped` reads is to be in :func:`_version` too.
SOURCES = (
    "xero.mapping.account",
    "xero.mapping.tax",
    "xero.mapping.tracking",
    "xero.account",
    "xero.tax.rate",
    "xero.tracking.category",
    "xero.tracking.option",
    "xero.currency",
)
PLANS = ("account.analytic.account", "account.analytic.plan")
# By cursor, which is one worker's for a drain: the cache that Odoo gives a cursor is emptied by each commit.
_kept: WeakKeyDictionary = WeakKeyDictionary()


class Mapped:
    """The mappings of one connection and the currencies of its organisation, as plain values.

    :ivar accounts: ``{account id: Account}``
    :ivar taxes: ``{(sorted tax ids, use): Tax}``
    :ivar options: ``{analytic account id: Option}``
    :ivar required_plans: ids of the analytic plans that every line needs
    :ivar currencies: codes of what the organisation has besides its own
    """

    def __init__(self, connection):
        self.accounts = {
            row.account_id.id: _account(row, row.xero_account_id) for row in _rows(connection, "xero.mapping.account")
        }
        self.taxes = {
            (row._key_ids(), row.type_tax_use): _tax(row, row.xero_tax_rate_id)
            for row in _rows(connection, "xero.mapping.tax")
        }
        self.options = {
            row.account_id.id: _option(row, row.xero_option_id) for row in _rows(connection, "xero.mapping.tracking")
        }
        self.required_plans = frozenset(connection.required_plan_ids.ids)
        self.currencies = frozenset(_rows(connection, "xero.currency").mapped("code"))


def mapped(connection) -> Mapped:
    """Return what is mapped in ``connection`` (with the rights to read everything) at this moment; one query while it
    is what it was when it was read last with this cursor.
    """
    kept, version = _kept.setdefault(connection.env.cr, {}), _version(connection)
    if connection.id not in kept or kept[connection.id][0] != version:
        kept[connection.id] = version, Mapped(connection)
    return kept[connection.id][1]


def _version(connection) -> tuple:
    """Return what differs as soon as a row that :class:`Mapped` reads is changed, made or deleted, by whomever.

    PostgreSQL gives each version of a row a place of its own, and notes whose transaction wrote it. Times of writing
    would not do: a long transaction commits what it wrote before what others have read meanwhile.
    """
    env = connection.env
    for name in (*SOURCES, *PLANS):
        env[name].flush_model()
    queries = [
        SQL(
            "SELECT tableoid, ctid, xmin FROM %s WHERE connection_id = %s",
            SQL.identifier(env[name]._table),
            connection.id,
        )
        for name in SOURCES
    ]
    queries += [
        SQL(
            """SELECT a.tableoid, a.ctid, a.xmin FROM account_analytic_account a
                 JOIN xero_mapping_tracking t ON t.account_id = a.id WHERE t.connection_id = %s""",
            connection.id,
        ),
        SQL(
            """SELECT tableoid, ctid, xmin FROM account_analytic_plan
                WHERE EXISTS (SELECT FROM xero_mapping_tracking WHERE connection_id = %s)""",
            connection.id,
        ),
        SQL(
            """SELECT tableoid, ctid, xmin FROM account_analytic_plan_xero_connection_rel
                WHERE xero_connection_id = %s""",
            connection.id,
        ),
    ]
    env.cr.execute(
        SQL(
            "SELECT count(*), sum(hashtextextended(concat_ws(' ', tableoid, ctid, xmin), 0)) FROM (%s) AS read",
            SQL(" UNION ALL ").join(queries),
        )
    )
    return env.cr.fetchone()


def _rows(connection, model: str):
    return connection.env[model].search_fetch([("connection_id", "=", connection.id)])


def _account(row, found) -> Account:
    fault = _account_fault(row, found)
    return Account(row.id, found.code, found.class_type, fault, found.type or "", found.system_account or "")


def _account_fault(row, found) -> str | None:
    if row.state != "confirmed":
        return row.state
    if found.status != "ACTIVE":
        return "archived"
    if not found.code:
        return "uncoded"
    return None if takes_lines(found) else "closed"


def takes_lines(account) -> bool:
    """Whether Xero takes lines of documents on ``account``, an ``xero.account``."""
    return account.type != "BANK" and (not account.system_account or account.system_account in OPEN_SYSTEM_ACCOUNTS)


def _tax(row, found) -> Tax:
    applies = {name for name, field in CLASS_FIELDS.items() if found[field]}
    fault = row.state if row.state != "confirmed" else None if found.status == "ACTIVE" else "archived"
    return Tax(row.id, found.tax_type, Decimal(str(found.effective_rate)), applies, fault)


def _option(row, option) -> Option:
    category = option.category_id
    usable = option.status == "ACTIVE" and category.status == "ACTIVE"
    fault = row.state if row.state != "confirmed" else None if usable else "archived"
    return Option(row.id, row.account_id.root_plan_id.id, category.xero_id, option.xero_id, fault)
