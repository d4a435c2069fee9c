"""Notifications of PostgreSQL, on a connection that stays in Odoo's pool.

Odoo opens a new one for each of its own, which costs PostgreSQL more than all else that a posting, or a call of fifty
documents, takes of it.
"""

from odoo import sql_db
from odoo.addons.base.models.ir_cron import ODOO_NOTIFY_FUNCTION
from odoo.addons.bus.models.bus import get_notify_payloads
from odoo.tools import SQL, OrderedSet

BUS_CHANNELS = "bus.bus.channels"


def notify(channel: str, *payloads: str) -> None:
    """Notify whoever listens on ``channel``, at once.

    :param payloads: one for each notification
    """
    _name, info = sql_db.connection_info_for("postgres")
    # Under that name the pool would not keep it.
    with sql_db.Connection(sql_db._Pool, "notify", info).cursor() as cr:
        for payload in payloads:
            cr.execute(SQL("SELECT %s(%s, %s)", SQL.identifier(ODOO_NOTIFY_FUNCTION), channel, payload))


def keep_bus_connection(cr) -> None:
    """Have screens be notified on that connection of what is sent by Odoo's bus in this transaction.

    Odoo adds its own hook to transactions without these channels only; with the first message it does that already.
    """
    if BUS_CHANNELS not in cr.postcommit.data:
        cr.postcommit.data[BUS_CHANNELS] = OrderedSet()
        cr.postcommit.add(lambda: notify("imbus", *get_notify_payloads(list(cr.postcommit.data.pop(BUS_CHANNELS)))))
