"""How far field rules reach: the relations they may follow, and what of that their author may read."""

from odoo import SUPERUSER_ID, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..text import named

# Kinds of fields no rule reads: files, and values without a fixed form.
UNREADABLE = ("binary", "properties", "properties_definition", "json", "reference", "many2one_reference", "serialized")
SECRET_NAMES = ("password", "secret", "token", "api_key", "apikey", "private_key", "totp")


class Unreadable(Exception):
    """A path that leads nowhere, or to what no rule reads; the text says where."""


class OutOfReach(Unreadable):
    """A path that leads to what rules, or this author, must not read; the text says where."""


def path_fields(env, model: str, path: str) -> list:
    """Return the fields along ``path`` from ``model``.

    :param model: name of the Odoo model that the path begins at
    :param path: names of fields with dots between
    :return: ``odoo.fields.Field`` of each name, in their order
    :raise Unreadable: with the name that Odoo does not have, or that has no form to send
    :raise OutOfReach: with the name that no rule reads, whoever wrote it
    """
    found = []
    for name in path.split("."):
        definition = env[model]._fields.get(name) if model in env else None
        if definition is None or definition.type in UNREADABLE:
            raise Unreadable(name)
        if not _is_within_reach(env, model, definition):
            raise OutOfReach(name)
        found.append(definition)
        model = definition.comodel_name
    return found


def _is_within_reach(env, model, definition) -> bool:
    if any(word in definition.name.lower() for word in SECRET_NAMES):
        return False
    rules = env["xero.field.rule"]
    shown = rules._fields_of_users() if model == "res.users" else None
    if shown is not None and definition.name not in shown:
        return False
    return not definition.relational or definition.comodel_name in rules._models_within_reach()


class Reader:
    """Reads for a batch of records what the author of a rule may read.

    The records that are sent are the connector's own business; of all that they point at, the author sees what the
    record rules of Odoo show, now, in the companies that the author still has.

    :param author_id: a user's id; rules of the superuser come from modules, not from people
    :param company: of the connection; what belongs to companies of another group than its own is left out
    :raise AccessError: with a sentence, when this author reads nothing any more
    """

    def __init__(self, env, author_id: int, company):
        self.company = company
        self.env = env(su=True) if author_id == SUPERUSER_ID else self._env_of(env, author_id)
        self._readable = {}

    def _env_of(self, env, author_id):
        author = env["res.users"].sudo().browse(author_id).exists()
        if not author.active:
            raise AccessError(env["xero.reason"]._("the user who answered for it is gone or archived"))
        companies = author.company_ids.filtered(lambda one: one.root_id == self.company.root_id)
        if self.company not in companies:
            raise AccessError(
                env["xero.reason"]._(
                    "%(author)s has no access to %(company)s any more",
                    author=named(author.name),
                    company=named(self.company.name),
                )
            )
        ordered = self.company | companies
        return env(user=author.id, su=False, context={**env.context, "allowed_company_ids": ordered.ids})

    def forbidden(self, definitions) -> str | None:
        """Return the name of the first of ``definitions`` (fields) that the author has no right to read.

        :return: ``None`` when there is none
        """
        for definition in definitions:
            model = self.env[definition.model_name]
            if not (model.has_access("read") and model._has_field_access(definition, "read")):
                return definition.name
        return None

    def load(self, records, path: str):
        """Read ``path`` for all ``records`` at once: a query for each model that has record rules.

        :param records: of one model
        :param path: names of fields with dots between, which :func:`path_fields` takes
        :return: what it leads to: records, or a list of values
        """
        *steps, last = path.split(".")
        for step in steps:
            records = self._admitted(records.mapped(step))
        value = records.mapped(last)
        return self._admitted(value) if isinstance(value, models.BaseModel) else value

    def read(self, record, path: str):
        """Return what ``path`` leads to from one record: records (as superuser, to be named and looked up), or a list
        of values without the empty ones.

        :param record: one
        :param path: as of :meth:`load`
        """
        value = self.load(record, path)
        if isinstance(value, models.BaseModel):
            return value.with_env(record.env(su=True))
        return [item for item in value if item not in (False, None, "")]

    def matching(self, records, domain, definitions):
        """Return those of ``records`` for which the condition holds, as far as the author sees what it asks for.

        :param domain: as on a rule: a list of Odoo domain terms
        :param definitions: the fields that ``domain`` looks at
        """
        if self.env.su or not any(definition.relational for definition in definitions):
            return records.filtered_domain(domain)
        if not all(definition._description_searchable for definition in definitions):
            return records & records.with_env(self.env).filtered_domain(domain).with_env(records.env)
        theirs = self.env[records._name].with_context(active_test=False)
        # The records are sent whoever wrote the rule; what they point at is looked for by the author's record rules.
        query = theirs._search(Domain("id", "in", records.ids) & Domain(domain), bypass_access=True)
        return records & records.browse(query)

    def _admitted(self, records):
        """Return those of ``records`` that the author may read, in the author's environment."""
        records = _of_group(records.sudo(), self.company)
        known = self._readable.setdefault(records._name, {})
        if unknown := [record_id for record_id in records.ids if record_id not in known]:
            readable = set(self.env[records._name].browse(unknown)._filtered_access("read").ids)
            known.update({record_id: record_id in readable for record_id in unknown})
        return self.env[records._name].browse([record_id for record_id in records.ids if known[record_id]])


def _of_group(records, company):
    owner = next((name for name in ("company_ids", "company_id") if name in records._fields), None)
    return records.filtered(lambda one: not one[owner] or company.root_id in one[owner].root_id) if owner else records
