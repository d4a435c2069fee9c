"""Persons who were erased in Odoo are erased from what the connector keeps beside the books."""

import json
import logging
import re
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ...mappers.reason import Reason, changed
from ...mappers.reason import pack as pack_reason
from ...mappers.text import named
from ..link.access import ALL
from ..link.packed import PackedJson, pack
from ..link.reason import ReasonChar, ReasonText

_logger = logging.getLogger(__name__)

CHUNK = 5000
AGAIN = timedelta(hours=1)
SHORTEST_NAME, SHORTEST = 3, 5
WORDS_AT_ONCE = 100
ERASED = "…"
# Merging partners deletes records of persons who live on. No client can say so: the context's value is this object.
MERGING = object()
PERSON_FIELDS = ("name", "email", "phone", "street", "street2", "vat")
# What people set up, and identity: a name in there is no copy of somebody's data, or Xero would be read wrongly.
KEPT_MODELS = {
    *("xero.connection", "xero.credential", "xero.lane", "xero.setup", "xero.sync.cursor", "xero.payment.part"),
    *("xero.account", "xero.tax.rate", "xero.branding.theme", "xero.tracking.category", "xero.tracking.option"),
    *("xero.mapping.account", "xero.mapping.journal", "xero.mapping.tax", "xero.mapping.tracking"),
    *("xero.field.rule", "xero.field.rule.value", "xero.field.target", "xero.erasure"),
}
# Never changed: what a call was that may still be under way, and what keeps rows apart.
KEPT_FIELDS = {
    *("res_model", "item_model", "fix_model", "xero_type", "item_type", "xero_id", "item_xero_id", "contact_xero_id"),
    *("target_xero_id", "made_xero_id", "fingerprint", "digest", "xero_digest", "base_digest", "made_digest", "key"),
    *("body", "idempotency_key", "correlation_id", "operation", "method", "path", "resource", "xero_status", "status"),
    *("kinds", "page_info", "fix_action", "waits_for", "fix_missing", "needs", "odoo_state"),
}
# Of rows that are about the person only nothing that describes is left.
DESCRIBING = {
    "xero.conflict": ("record_name", "reason", "base_view", "odoo_view", "xero_view", "element"),
    "xero.match.line": ("odoo_name", "xero_name", "reasons", "differing", "problem"),
    "xero.match.candidate": ("odoo_name", "xero_name", "reasons"),
    "xero.preview.line": ("number", "contact", "card", "changes", "message"),
    "xero.reconciliation.difference": (
        "record_name",
        "contact_name",
        "odoo_value",
        "xero_value",
        "xero_number",
        "note",
    ),
    "xero.quarantine": ("name", "faults", "detail", "element"),
    "xero.sync.job": ("failure_detail",),
    "xero.link": ("xero_number", "message", "base_state", "odoo_keys"),
}
CONTACT_LEFT = ("ContactID", "ContactStatus", "UpdatedDateUTC")


class XeroErasure(models.Model):
    """Somebody to be erased: written with the deletion in Odoo, gone as soon as nothing is left of the person."""

    _name = "xero.erasure"
    _inherit = ["xero.company.guard"]
    _description = "Xero Erasure"
    _order = "id"

    _kept_by_workers = ALL

    words = fields.Json(groups=fields.NO_ACCESS, help="How the person was called, and where reached.")
    # Of an empty list Odoo keeps nothing at all: whoever was never in Xero has no contacts.
    partner_ids = fields.Json(groups=fields.NO_ACCESS)
    contact_ids = fields.Json(groups=fields.NO_ACCESS, help="Xero's ids of the contacts.")
    place = fields.Json(groups=fields.NO_ACCESS, help="The table where the erasing is, and the id after which.")
    not_before = fields.Datetime(readonly=True, help="It waits until Xero was updated.")

    # === ASKING === #

    @api.model
    def _words_of(self, partners) -> list[str]:
        """Return what names ``partners`` and where they are reached."""
        rows = [(name, partner[name]) for partner in partners.sudo() for name in PERSON_FIELDS]
        # Xero may have the person by another name.
        states = [link.base_state or {} for link in self._links_of(partners)]
        rows += [(name, state.get(name)) for state in states for name in PERSON_FIELDS]
        rows += [("person", text) for state in states for text in _texts_in(state.get("persons"))]
        rows += [("bank", number) for number in partners.sudo().bank_ids.mapped("acc_number")]
        # Sentences hold long names shortened.
        names = [value for name, value in rows if name in ("name", "person")] + partners.sudo().mapped("display_name")
        rows += [("name", named(name)) for name in names if name and named(name) != name]
        return sorted(
            {
                value.strip()
                for name, value in rows
                if isinstance(value, str) and len(value.strip()) >= (SHORTEST_NAME if name == "name" else SHORTEST)
            }
        )

    @api.model
    def _links_of(self, partners):
        return self.env["xero.link"].sudo().search([("res_model", "=", "res.partner"), ("res_id", "in", partners.ids)])

    @api.model
    def _remember(self, partners, wholly=True) -> dict | None:
        """Return what tells of ``partners`` as long as they are there; for ``_ask``.

        :param partners: ``res.partner``, before they are deleted or renamed
        :param wholly: whether what is about them goes too, or only what they are no longer called
        :return: ``None`` when there is nothing to do
        """
        if self.env.context.get("xero_merging") is MERGING:
            return None
        if not self.env["xero.connection"].sudo().with_context(active_test=False).search_count([], limit=1):
            return None
        return {
            "partner_ids": partners.ids if wholly else [],
            "contact_ids": [link.xero_id for link in self._links_of(partners) if link.xero_id and wholly],
            "words": self._words_of(partners),
        }

    @api.model
    def _ask(self, known: dict | None) -> None:
        """Have persons erased, in the present transaction, now that they are gone; Odoo's cleaner does it at once.

        :param known: of ``_remember``; what others are called too stays
        """
        if not known:
            return
        words = self._own_words(known["words"])
        if not words and not known["partner_ids"]:
            return
        for start in range(0, max(len(words), 1), WORDS_AT_ONCE):
            self.sudo().create({**known, "words": words[start : start + WORDS_AT_ONCE]})
        self.env.ref("base.autovacuum_job").sudo()._trigger()

    def _own_words(self, words) -> list[str]:
        """Leave out what partners have who are there, such as the address of a company: it tells of them."""
        self.env["res.partner"].flush_model(PERSON_FIELDS)
        others = set()
        for name in PERSON_FIELDS:
            rows = self.env.execute_query(
                SQL(
                    "SELECT DISTINCT %s FROM res_partner WHERE %s = ANY(%s)",
                    SQL.identifier(name), SQL.identifier(name), words,
                )
            )  # fmt: skip
            others |= {value for [value] in rows}
        return [word for word in words if word not in others]

    # === ERASING === #

    @api.autovacuum
    def _gc_erased(self) -> tuple[int, int]:
        """Erase the next chunk of rows; Odoo calls again while there is more.

        :return: the chunks done, and 1 when there is more
        """
        due = ["|", ("not_before", "=", False), ("not_before", "<=", fields.Datetime.now())]
        erasures = self.sudo().search(due, limit=2)
        if not erasures:
            return 0, 0
        try:
            with self.env.cr.savepoint():
                more = erasures[0]._erase_chunk()
        except psycopg2.OperationalError as error:
            _logger.info("Erasing goes on later: %s", type(error).__name__)
            return 0, 1
        return 1, int(more or len(erasures) > 1)

    def _erase_chunk(self) -> bool:
        """Go on with one chunk.

        :return: whether there is more to do now
        """
        self.ensure_one()
        names = sorted(self._models())
        name, after = self.place or (names[0], 0)
        following = [other for other in names if other > name]
        if name in names:
            last = self._erase_rows(self.env[name].sudo(), after)
            if last:
                self.place = [name, last]
                return True
        if following:
            self.place = [following[0], 0]
            return True
        self._finish()
        return False

    def _finish(self) -> None:
        """Be gone; while Xero is still to be told of the deletion, its answer may bring the person back: once more."""
        waits = self.env["xero.sync.job"].sudo().search_count(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", self.partner_ids or []),
                ("state", "in", ("pending", "running", "blocked")),
            ],
            limit=1,
        )  # fmt: skip
        if waits:
            self.write({"place": False, "not_before": fields.Datetime.now() + AGAIN})
        else:
            self.unlink()

    def _models(self) -> list[str]:
        return [
            name
            for name, model in self.env.registry.items()
            if name.startswith("xero.") and model._auto and not model._abstract and not model._transient
            and name not in KEPT_MODELS
        ]  # fmt: skip

    def _erase_rows(self, model, after) -> int | None:
        """Erase the person from the rows of ``model`` that follow the id ``after``.

        :return: the id to go on after; ``None`` when there are no more
        """
        texts = self._texts(model)
        self.env.cr.execute(
            SQL("SELECT MAX(id), COUNT(*) FROM (SELECT id FROM %s WHERE id > %s ORDER BY id LIMIT %s) t",
                SQL.identifier(model._table), after, CHUNK)
        )  # fmt: skip
        last, count = self.env.cr.fetchone()
        if not count or not texts:
            return None
        for row_id in self._concerned(model, texts, after, last):
            self._erase_row(model.browse(row_id), texts)
        model.flush_model()
        model.invalidate_model()
        return last if count == CHUNK else None

    def _texts(self, model) -> dict:
        """Return the stored fields of ``model`` that may name somebody."""
        return {
            name: field
            for name, field in model._fields.items()
            if field.store and field.column_type and field.type in ("char", "text", "html", "json")
            and name not in KEPT_FIELDS
        }  # fmt: skip

    def _concerned(self, model, texts, after, last) -> list[int]:
        """Return the ids of rows that name the person, or are about the person."""
        table = SQL.identifier(model._table)
        plain = [name for name, field in texts.items() if not isinstance(field, PackedJson)]
        everything = SQL(
            "concat_ws(' ', %s)", SQL(", ").join(SQL("t.%s::text", SQL.identifier(name)) for name in plain)
        )
        patterns = [
            f"%{_like(form)}%"
            for word in self.words or ()
            for form in {word, json.dumps(word, ensure_ascii=False)[1:-1]}
        ]
        about = [SQL("%s ILIKE ANY(%s)", everything, patterns)] if plain else []
        about += self._about(model)
        if any(isinstance(field, PackedJson) for field in texts.values()):
            about.append(SQL("t.id = ANY(%s)", self._named_in_packed(model, texts, after, last)))
        rows = self.env.execute_query(
            SQL("SELECT t.id FROM %s t WHERE t.id > %s AND t.id <= %s AND (%s)",
                table, after, last, SQL(" OR ").join(about or [SQL("FALSE")]))
        )  # fmt: skip
        return [row_id for [row_id] in rows]

    def _about(self, model) -> list:
        """Return the conditions by which a row is about the person."""
        found, names = [], model._fields
        if "res_model" in names and "res_id" in names:
            found.append(SQL("t.res_model = 'res.partner' AND t.res_id = ANY(%s)", self.partner_ids or []))
        for name in ("xero_id", "contact_xero_id"):
            if name in names and self.contact_ids:
                found.append(
                    SQL("LOWER(t.%s) = ANY(%s)", SQL.identifier(name), [one.lower() for one in self.contact_ids])
                )
        if model._name == "xero.conflict.line":
            found.append(
                SQL(
                    """EXISTS (SELECT FROM xero_conflict c WHERE c.id = t.conflict_id
                                  AND c.res_model = 'res.partner' AND c.res_id = ANY(%s))""",
                    self.partner_ids or [],
                )
            )
        return found

    def _named_in_packed(self, model, texts, after, last) -> list[int]:
        """Return the ids of rows whose compressed content names the person; the database cannot look into it."""
        names = [name for name, field in texts.items() if isinstance(field, PackedJson)]
        pattern, found = self._pattern(), []
        rows = model.search_fetch([("id", ">", after), ("id", "<=", last)], names) if pattern else model
        for row in rows:
            if any(pattern.search(json.dumps(row[name], ensure_ascii=False)) for name in names if row[name]):
                found.append(row.id)
        return found

    def _pattern(self):
        words = sorted(self.words or (), key=len, reverse=True)
        forms = [form for word in words for form in (json.dumps(word, ensure_ascii=False)[1:-1], word)]
        whole = "|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in dict.fromkeys(forms))
        return re.compile(whole, re.IGNORECASE) if forms else None

    def _erase_row(self, row, texts) -> None:
        """Write what is left of ``row``; straight to the database, since nobody else may write most of it."""
        left = {}
        own = self._is_about(row)
        if row._name == "xero.link" and not (own and self._is_gone(row)):
            return
        for name, field in texts.items():
            value = row[name]
            if not value:
                continue
            if own and (name in DESCRIBING.get(row._name, ()) or row._name == "xero.conflict.line" and name != "name"):
                rest = ERASED if field.required else None
            elif name == "contact_name" and self._is_contact(row):
                rest = None
            elif row._name == "xero.sync.batch" and name == "items" and row.state == "done":
                # What the link keeps of an answer that it has: a name may stand there in parts.
                rest = self._without(
                    [{**item, "keys": []} if isinstance(item, dict) and item.get("keys") else item for item in value]
                )
            elif row._name == "xero.snapshot.element":
                rest = self._element_left(row, name, value)
            else:
                rest = self._without(value)
            if rest != value:
                left[name] = SQL("%s", self._column(field, rest))
        if left:
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET %s WHERE id = %s",
                    SQL.identifier(row._table),
                    SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in left.items()),
                    row.id,
                ),
                log_exceptions=False,
            )

    def _is_gone(self, link) -> bool:
        """Whether a link stands for nobody any more. Others say what was last agreed: the next sending renews that."""
        return not self.env[link.res_model].sudo().browse(link.res_id).exists()

    def _column(self, field, value):
        if value is None or isinstance(field, (ReasonChar, ReasonText)):
            return pack_reason(self.env, value)
        if field.type != "json":
            return value
        return pack(value) if isinstance(field, PackedJson) else json.dumps(value)

    def _is_about(self, row) -> bool:
        if row._name == "xero.conflict.line":
            row = row.conflict_id
        about = "res_model" in row._fields and row.res_model == "res.partner" and row.res_id in (self.partner_ids or ())
        contacts = {one.lower() for one in self.contact_ids or ()}
        of_contact = row._name in ("xero.match.line", "xero.quarantine") and row.xero_type == "Contact"
        return about or (of_contact and (row.xero_id or "").lower() in contacts)

    def _is_contact(self, row) -> bool:
        """Whether what ``row`` says of a contact of Xero is of the person."""
        contact = "contact_xero_id" in row._fields and row.contact_xero_id
        return bool(contact) and contact.lower() in {one.lower() for one in self.contact_ids or ()}

    def _element_left(self, row, name, value):
        contacts = {one.lower() for one in self.contact_ids or ()}
        if row.xero_type == "Contact" and row.xero_id.lower() in contacts:
            return {key: value[key] for key in CONTACT_LEFT if key in value} if name == "data" else None
        if self._is_contact(row):
            if name == "name":
                return None
            if name == "data":
                value = _anonymous(value)
        return self._without(value)

    def _without(self, value):
        """Return ``value``, however it is nested, without the person's words."""
        pattern = self._pattern()
        if pattern is None:
            return value
        if isinstance(value, Reason):
            return changed(self.env, value, lambda text: _scrubbed(text, pattern))
        return _scrubbed(value, pattern)


def _scrubbed(value, pattern):
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    if isinstance(value, dict):
        return {key: _scrubbed(part, pattern) for key, part in value.items()}
    return [_scrubbed(part, pattern) for part in value] if isinstance(value, list) else value


def _anonymous(element):
    """Return a document of Xero whose contact is its id, also where it stands inside a payment."""
    if isinstance(element, dict):
        return {
            key: {"ContactID": part.get("ContactID")}
            if key == "Contact" and isinstance(part, dict)
            else _anonymous(part)
            for key, part in element.items()
        }
    return [_anonymous(part) for part in element] if isinstance(element, list) else element


def _texts_in(value):
    """Yield the texts in ``value``, however it is nested."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)


def _like(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)
