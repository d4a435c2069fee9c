"""Changes of records that a rule reads through a relation: told on the form, and followed by rules that say so."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...mappers.field_rule.reach import Unreadable, path_fields

# Transactions bear the time they began at, and are seen when they end.
OVERLAP = timedelta(hours=1)


class XeroFieldRule(models.Model):
    _inherit = "xero.field.rule"

    reads_related = fields.Boolean(compute="_compute_reads_related")
    follow = fields.Boolean(
        "Follow Related Records",
        help="Each night open documents in Xero are compared again when a record that the rule reads through a "
        "relation was changed. Those with payments or in a locked period are left alone.",
    )
    followed_at = fields.Datetime(readonly=True, copy=False)

    @api.depends(lambda self: sorted(self._content_fields() | {"model_name"}))
    def _compute_reads_related(self):
        for rule in self:
            rule.reads_related = bool(rule.model_name and rule._watched_stamps())

    def _watched_stamps(self) -> list[str]:
        """Return the paths to the times of change of the records that the rule reads through relations."""
        try:
            paths = self._read_paths()
        except (ValueError, SyntaxError, TypeError):
            # A condition that is being typed.
            paths = []
        stamps, keys = {}, self._matched_paths()
        for path in paths:
            try:
                definitions = path_fields(self.env, self.model_name, path)
            except Unreadable:
                continue
            stamps |= dict.fromkeys(self._stamps_along(definitions, path in keys or self.source == "table"))
        return [path for path in stamps if self._is_searchable(path)]

    def _stamps_along(self, definitions, is_key: bool) -> list[str]:
        """A record that is only looked up, in a table or a condition, matters by what it is, not by what it says."""
        found, way = [], []
        for position, definition in enumerate(definitions):
            # A field taken over from another record, such as the category of a variant from its template.
            hidden = (definition.related or "").split(".")[:-1]
            found += [".".join([*way, *hidden[: step + 1]]) for step in range(len(hidden))]
            way.append(definition.name)
            is_end = position == len(definitions) - 1
            if definition.relational and not (is_end and is_key):
                found.append(".".join(way))
        own = {"move_id"} if self.level == "line" else set()
        return [f"{path}.write_date" for path in found if path not in own]

    def _is_searchable(self, path) -> bool:
        try:
            return all(field._description_searchable for field in path_fields(self.env, self.model_name, path))
        except Unreadable:
            return False

    @api.model
    def _follow(self, connection) -> int:
        """Queue what rules of ``connection`` read otherwise since they looked last; a query for each rule that follows.

        :param connection: one ``xero.connection``
        :return: the number of records queued
        """
        now, queued = fields.Datetime.now(), 0
        rules = self.search([("connection_id", "=", connection.id), ("state", "=", "active"), ("follow", "=", True)])
        for rule in rules:
            ids = rule._record_model().search(rule._stale_domain(), order="id").ids
            rule._enqueue_sent(ids)
            queued += len(ids)
        rules.write({"followed_at": now})
        return queued

    def _stale_domain(self) -> Domain:
        """Return the domain of the records in Xero that are open and of which something that is read was changed."""
        since = (self.followed_at or self.write_date) - OVERLAP
        changed = Domain.OR(Domain(path, ">", since) for path in self._watched_stamps())
        if self.document == "contact":
            return self._sent_domain() & changed
        changed = Domain("invoice_line_ids", "any", changed) if self.level == "line" else changed
        return self._sent_domain() & Domain("payment_state", "=", "not_paid") & changed
