"""Fields that rules fill belong to Odoo: what Xero makes of them is no change, and a changed rule is none of Odoo's."""

from odoo import models

from ...mappers.document.canonical import changed_fields

# Where canonical forms keep a field of Xero.
KEYS = {
    "Reference": "reference",
    "DueDate": "due_date",
    "InvoiceNumber": "number",
    "CreditNoteNumber": "number",
    "AccountNumber": "reference",
    "CompanyNumber": "registry",
    "TaxNumber": "tax_number",
    "EmailAddress": "email",
    "LineItems.Tracking": "tracking",
}
LINE_KEYS = {"LineItems.Description": "description", "LineItems.AccountCode": "account"}


def ruled_keys(ruled) -> tuple[set, set]:
    """Return the keys of a state, and of its lines, that the Xero fields ``ruled`` are kept under."""
    return {KEYS[name] for name in ruled if name in KEYS}, {LINE_KEYS[name] for name in ruled if name in LINE_KEYS}


def without_ruled(state: dict, base: dict, ruled) -> dict:
    """Return ``state`` with the value of ``base`` in every field that rules fill.

    Lines are compared one by one only where there are as many of them on both sides.
    """
    own, in_lines = ruled_keys(ruled)
    masked = {**state, **{key: base[key] for key in own if key in base}}
    masked = {key: value for key, value in masked.items() if key not in own or key in base}
    lines, before = state.get("lines") or [], base.get("lines") or []
    if in_lines and len(lines) == len(before):
        masked["lines"] = [_line(line, old, in_lines) for line, old in zip(lines, before)]
    return masked


def _line(line, old, keys):
    kept = {key: value for key, value in line.items() if key not in keys}
    return {**kept, **{key: old[key] for key in keys if key in old}}


class XeroInbound(models.AbstractModel):
    _inherit = "xero.inbound"

    def _unruled(self, link, state: dict, ruled) -> dict:
        """Return ``state`` of what Xero holds as if nobody had touched, in Xero, the fields that rules fill.

        :param ruled: names of Xero's fields, ``LineItems.`` before those of lines, as ``Outgoing.ruled`` has them
        """
        return without_ruled(state, link.base_state or {}, ruled) if ruled else state

    def _ruled(self, connection, records) -> dict:
        """Return the Xero fields that rules fill, by the id of each of ``records``; empty without rules.

        :param records: of ``_odoo_model``
        :return: ``{record id: {name of Xero's field: ids of rules}}``
        """
        if not records or not self.env["xero.field.rule"]._rules(connection):
            return {}
        return {res_id: out.ruled for res_id, out in self._outgoing(connection, records).items()}

    def _canonical_of(self, connection, link, out) -> dict:
        """Return what is to be sent for a record in the form of ``_canonical``.

        :param out: the ``Outgoing`` of the record; ``None`` when it is gone
        """
        raise NotImplementedError

    def _only_rules_differ(self, connection, links: dict) -> set:
        """Return the ids of records whose sending would differ from what was agreed just because a rule was changed.

        A change of the record itself is queued at once; without such a job, a difference only in fields that some rule
        fills, or has filled, is the rule's.

        :param links: ``{record id: link}`` of records that would be sent otherwise than agreed
        """
        fields = self._fields_ever_ruled(connection) if links else set()
        if not fields:
            return set()
        waiting = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", self._odoo_model),
                ("res_id", "in", list(links)),
                ("operation", "in", ("push", "void")),
                ("state", "not in", ("done", "cancelled")),
            ]
        )
        quiet = {res_id: link for res_id, link in links.items() if res_id not in waiting.mapped("res_id")}
        outgoing = self._outgoing(connection, self.env[self._odoo_model].browse(quiet))
        states = {res_id: self._canonical_of(connection, quiet[res_id], out) for res_id, out in outgoing.items()}
        return {
            res_id
            for res_id, state in states.items()
            if not changed_fields(quiet[res_id].base_state, self._unruled(quiet[res_id], state, fields))
        }

    def _fields_ever_ruled(self, connection) -> set:
        """Return the Xero fields that rules in use fill, or rules that were in use once have filled; one query."""
        rules = (
            self.env["xero.field.rule"]
            .with_context(active_test=False)
            .search([("connection_id", "=", connection.id), ("was_used", "=", True)])
        )
        found = {f"LineItems.{rule.target_name}" if rule.level == "line" else rule.target_name for rule in rules}
        return found | ({"LineItems.Tracking"} if rules.also_option_id else set())
