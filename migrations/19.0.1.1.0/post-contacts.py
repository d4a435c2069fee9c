"""Links of contacts keep what Odoo had at the last agreement, not only of which fields it had something."""

import json

from odoo.addons.xero_connector.mappers.contact.merge import PEOPLE, PHONE, element_of, sheet
from odoo.addons.xero_connector.models.link.packed import unpack

AT_ONCE = 5000


def migrate(cr, version):
    """What Odoo had was sent, so it is what both agreed on, of the fields that the link names."""
    after = 0
    while True:
        cr.execute(
            """SELECT id, odoo_keys, base_state FROM xero_link
                WHERE xero_type = 'Contact' AND jsonb_typeof(odoo_keys) = 'array' AND id > %s ORDER BY id LIMIT %s""",
            [after, AT_ONCE],
        )
        rows = cr.fetchall()
        for link_id, keys, base in rows:
            told = json.dumps(had(set(keys), unpack(base) or {})) if base else None
            cr.execute("UPDATE xero_link SET odoo_keys = %s WHERE id = %s", [told, link_id])
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][0]


def had(keys, base) -> dict:
    """Return what Odoo had.

    :param keys: fields that had a value, ``Phones`` for the phone and ``ContactPersons.`` before addresses of people
    :param base: the state that was agreed on
    """
    agreed = sheet(element_of(base))
    people = [row for row in agreed.get(PEOPLE, []) if f"{PEOPLE}.{row[2].lower()}" in keys and row[2]]
    kept = {
        name: value
        for name, value in agreed.items()
        if name in keys or name == "Name" or name.startswith("PaymentTerms.") or name == PHONE and "Phones" in keys
    }
    return {**kept, **({PEOPLE: people} if people else {})}
