"""Who may write what on the connector's own records, and whose records a person may name in them."""

from collections.abc import Mapping

from lxml import html

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ...mappers.text import named

# Whoever decides which of the two books is right; invoicing clerks send their documents and look.
ACCOUNTANT = "xero_connector.group_xero_accountant"
XERO_USER = "xero_connector.group_xero_user"
XERO_ADMINISTRATOR = "xero_connector.group_xero_manager"
SYSTEM_ADMINISTRATOR = "base.group_system"
# Classes of what screens without rows say, and whom it is for.
FOR_GROUP = {"xero_for_accountant": ACCOUNTANT, "xero_for_administrator": XERO_ADMINISTRATOR}
OWNERS = {"company_id", "connection_id", "rule_id"}
# Of a model that people only look at: every field is kept by workers.
ALL = frozenset({"*"})
# What a column of the database holds.
LARGEST = 2**31 - 1
# So much of a value that makes no sense is shown to its author.
SHOWN = 60


def check_role(env, group: str, refusal: str) -> None:
    """See that the user is in ``group``; workers are in all.

    :param group: its external id
    :param refusal: what somebody else is told, translated
    :raise AccessError: with ``refusal``
    """
    if not env.su and not env.user.has_group(group):
        raise AccessError(refusal)


class XeroCompanyGuard(models.AbstractModel):
    """Every record of the connector is one of these.

    What a field declares as read-only is kept by workers: people do not write it, by whatever way. Records that a
    person names, on a screen that is not saved too, are records that this person may read, and of one organisation.
    """

    _name = "xero.company.guard"
    _description = "Xero Company Guard"

    # Fields that workers keep although they are not read-only by their definition; ``ALL`` for all there are.
    _kept_by_workers = frozenset()

    # === WHAT WORKERS KEEP === #

    @api.model
    def _is_kept(self, field) -> bool:
        """Whether only workers write ``field``.

        :param field: an ``odoo.fields.Field`` of the model
        """
        return field.readonly or self._kept_by_workers == ALL or field.name in self._kept_by_workers

    @api.model
    def _has_field_access(self, field, operation):
        """Extend: Odoo asks here for each field of ``create`` and ``write``, and for defaults that a context names."""
        allowed = super()._has_field_access(field, operation)
        return allowed and (operation == "read" or self.env.su or not self._is_kept(field))

    @api.model
    def _check_field_access(self, field, operation):
        """Extend: say it as people understand it."""
        if operation == "write" and not self.env.su and self._is_kept(field):
            raise AccessError(
                self.env._(
                    "“%(field)s” of “%(model)s” is kept by the connector: nobody changes it by hand.",
                    field=field._description_string(self.env),
                    model=named(self.env["ir.model"]._get(self._name).name),
                )
            )
        return super()._check_field_access(field, operation)

    def copy_data(self, default=None):
        """Extend: a person's copy begins without what workers keep; what is given for it is judged when made."""
        return [{**self._of_people(vals), **(default or {})} for vals in super().copy_data(default)]

    @api.model
    def _of_people(self, vals: dict) -> dict:
        """Return ``vals`` without what workers keep; whole for workers.

        :param vals: values by name of field, as of ``write``
        """
        if self.env.su:
            return vals
        return {
            name: value
            for name, value in vals.items()
            if name not in self._fields or not self._is_kept(self._fields[name])
        }

    @api.private
    def ensure_one(self):
        """Extend: programs that name no record where one is meant, or several, read that in words.

        :raise UserError: ``len(self) != 1``
        """
        check_one(self)
        return self

    # === WHOM PEOPLE NAME === #

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: see whose records are named.

        :raise AccessError: one of them is not for the user
        """
        if self.env.su:
            return super().create(vals_list)
        defaults = self._context_defaults()
        for vals in vals_list:
            _own_named(self, vals)
            _own_named(self, {name: value for name, value in defaults.items() if name not in vals})
            _check_saved(self, {**defaults, **vals})
        records = super().create(vals_list)
        records._check_one_organisation({name for vals in vals_list for name in (*defaults, *vals)})
        return records

    def write(self, vals):
        """Extend: see whose records are named; ask for access again when the owner changed, Odoo asks before only.

        :raise AccessError: the new owner is no company of the user's, or a record is not for the user
        """
        if self.env.su:
            return super().write(vals)
        _own_named(self, vals)
        _check_saved(self, vals)
        result = super().write(vals)
        if not OWNERS.isdisjoint(vals):
            self.check_access("write")
        self._check_one_organisation(set(vals))
        return result

    def onchange(self, values, field_names, fields_spec):
        """Extend: a screen computes from what a person may write, and from records that the person may read.

        :raise AccessError: a record is named that is not for the user
        """
        if self.env.su:
            return super().onchange(values, field_names, fields_spec)
        values = _own_named(self, values)
        return super().onchange(values, [name for name in field_names if name in values], fields_spec)

    @api.model
    def default_get(self, fields):
        """Extend: what a context gives for a field is what a person writes."""
        if self.env.su:
            return super().default_get(fields)
        given = self._context_defaults()
        kept = {f"default_{name}" for name in given.keys() - _own_named(self, given).keys()}
        context = {key: value for key, value in self.env.context.items() if key not in kept}
        return super(XeroCompanyGuard, self.with_env(self.env(context=context))).default_get(fields)

    @api.model
    def load(self, fields, data):
        """Extend: Odoo reads tables of texts; anything else that a file or a program brings is made one, or refused.

        :raise UserError: a column goes to no field
        """
        if not all(name and isinstance(name, str) for name in fields):
            raise UserError(self.env._("Say for each column of the file to which field it goes."))
        messages = []
        for number, line in enumerate(data):
            try:
                check_line(self.env, fields, line)
            except UserError as error:
                rows = {"from": number, "to": number}
                messages.append({"type": "error", "message": str(error), "record": number, "rows": rows})
        if messages:
            return {"ids": False, "messages": messages, "nextrow": 0}
        return super().load(fields, [[cell_text(cell) for cell in line] for line in data])

    def _context_defaults(self) -> dict:
        """Return the defaults that the context gives for fields of this model."""
        names = {key.removeprefix("default_"): key for key in self.env.context if key.startswith("default_")}
        return {name: self.env.context[key] for name, key in names.items() if name in self._fields}

    def _check_one_organisation(self, names) -> None:
        """See that what the fields ``names`` point at belongs to the organisation of the record.

        :raise AccessError: it is another organisation's
        """
        for name in names:
            field = self._fields.get(name)
            if field is None or not field.relational or not hasattr(self.env[field.comodel_name], "_connection_of"):
                continue
            for record in self.sudo():
                own = record._connection_of()
                if own and record[name]._connection_of() - own:
                    raise AccessError(
                        self.env._("“%s” belongs to another Xero organisation.", named(record[name][:1].display_name))
                    )

    def _connection_of(self):
        """Return the connections that these records are of; none for what belongs to no organisation.

        :return: ``xero.connection``
        """
        return self["connection_id"] if "connection_id" in self._fields else self.env["xero.connection"]

    # === WHO DECIDES === #

    @api.model
    def _may_decide(self) -> bool:
        """Whether the user decides about the two books, beyond sending own documents."""
        return self.env.su or self.env.user.has_group(ACCOUNTANT)

    def _check_may_decide(self) -> None:
        """See that the user may change Xero, or posted documents by what Xero says.

        :raise AccessError: the user looks and sends documents only
        """
        if not self._may_decide():
            raise AccessError(self.env._("Accountants decide what is right in the two books. Ask one of them."))
        self.check_access("read")

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Extend: who only looks adds nothing to what was found; what activities say Odoo posts as superuser."""
        if message_operation == "create" and not self.env.user.has_group(ACCOUNTANT):
            return dict.fromkeys(self, "write")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    # === SCREENS === #

    @api.model
    def get_empty_list_help(self, help_message):
        """Extend: an empty list offers only what its reader may do: paragraphs of a class of ``FOR_GROUP`` are for
        those in that group, those of the class with ``not_`` before it for the others.
        """
        text = super().get_empty_list_help(help_message)
        if not text or "xero_for_" not in text:
            return text
        tree = html.fragment_fromstring(text, create_parent="div")
        for name, group in FOR_GROUP.items():
            hidden = f"not_{name}" if self.env.user.has_group(group) else name
            for element in tree.xpath(f"//*[contains(concat(' ', @class, ' '), ' {hidden} ')]"):
                element.drop_tree()
        return "".join(html.tostring(element, encoding="unicode") for element in tree)

    # === WHOSE IT IS === #

    def _check_own_company(self) -> None:
        """See that the user works in the companies of ``self``: branches see what their parents have, to read it.

        :raise AccessError: one of them is another's
        """
        foreign = self.sudo().company_id - self.env.companies
        if foreign and not self.env.su:
            raise AccessError(self.env._("This belongs to %s: switch to that company first.", named(foreign[0].name)))


def check_one(records) -> None:
    """See that ``records``, of whatever model, are one; in the words that ``ensure_one`` of Odoo's own models has not.

    :raise UserError: they are none, or several
    """
    if len(records) != 1:
        raise UserError(
            records.env._(
                "Choose one record of “%(model)s”; %(count)s were chosen.",
                model=named(records.env["ir.model"].sudo()._get(records._name).name or records._name),
                count=len(records),
            )
        )


def check_line(env, fields, line) -> None:
    """See that ``line`` of a spreadsheet has a cell for each of ``fields``: a missing one is not an emptied one.

    :param fields: names of columns
    :param line: cells, whatever a program sent
    :raise UserError: it has not
    """
    found = len(line) if isinstance(line, (list, tuple)) else 0
    if found < len(fields):
        raise UserError(env._("The line has %(found)s of %(wanted)s cells.", found=found, wanted=len(fields)))


def cell_text(cell) -> str:
    """Return what a person sees in a cell of a spreadsheet."""
    return "" if cell in (None, False) else str(cell)


def _own_named(model, vals: dict) -> dict:
    """Return ``vals`` (as of ``write`` or ``onchange``, also those of records within) without what workers keep.

    :raise AccessError: a record is named in them that the user may not read
    :raise UserError: a field cannot hold what is given for it
    """
    if hasattr(model, "_of_people"):
        vals = model._of_people(vals)
    return {
        name: _own_value(model, model._fields[name], value) if name in model._fields else value
        for name, value in vals.items()
    }


def _own_value(model, field, value):
    if isinstance(value, str):
        _check_storable(model, field, value)
    try:
        if field.relational:
            return _own_records(model.env[field.comodel_name], field, value)
        number = field.convert_to_cache(value, model)
        if field.type in ("integer", "many2one_reference") and not -LARGEST - 1 <= (number or 0) <= LARGEST:
            raise OverflowError(number)
    except (ValueError, TypeError, OverflowError) as error:
        raise _senseless(model, field, value) from error
    return value


def _senseless(model, field, value) -> UserError:
    label = field._description_string(model.env)
    return UserError(model.env._("“%(field)s” cannot be “%(value)s”.", field=label, value=str(value)[:SHOWN]))


def _check_saved(model, vals) -> None:
    """See that ``vals`` name records by their ids: screens alone hold the values of one instead.

    :raise UserError: they do not
    """
    for name, value in vals.items():
        if isinstance(value, Mapping) and name in model._fields and model._fields[name].type == "many2one":
            raise _senseless(model, model._fields[name], value)


def _check_storable(model, field, text):
    """See that a database can hold ``text``.

    :raise UserError: it has characters that are none
    """
    try:
        storable = "\x00" not in text and text.encode() is not None
    except UnicodeEncodeError:
        storable = False
    if not storable:
        raise UserError(
            model.env._(
                "“%s” holds characters that cannot be stored: type it again instead of pasting it.",
                field._description_string(model.env),
            )
        )


def _own_records(comodel, field, value):
    """Return ``value`` of a relational field, with what workers keep left out of the values of records within.

    :raise ValueError: it has not the shape of one
    """
    if isinstance(value, models.BaseModel):
        _see(comodel, value.ids)
    elif field.type == "many2one":
        return _own_record(comodel, value) if value else value
    elif isinstance(value, (list, tuple)):
        return [_own_command(comodel, command) for command in value]
    elif value is not None and value is not False:
        raise ValueError(value)
    return value


def _own_command(comodel, command):
    """Return a command (or id) of an x2many field, with what workers keep left out of its values."""
    match command:
        case [Command.CREATE, key, Mapping() as vals]:
            return (Command.CREATE, key, _own_named(comodel, vals))
        case [Command.UPDATE, key, Mapping() as vals]:
            _see(comodel, [key])
            return (Command.UPDATE, key, _own_named(comodel, vals))
        case [Command.LINK | Command.UNLINK | Command.DELETE, key, *_]:
            _see(comodel, [key])
        case [Command.SET, _, ids]:
            _see(comodel, ids)
        case [Command.CLEAR, *_]:
            pass
        case _:
            _see(comodel, [command])
    return command


def _own_record(comodel, value):
    """Return ``value``, an id or the values of a record that a screen holds."""
    if isinstance(value, Mapping):
        _see(comodel, [value["id"]] if value.get("id") else [])
        return _own_named(comodel, value)
    _see(comodel, [value])
    return value


def _see(comodel, ids):
    """See that the user may read the records with ``ids``, as far as they are records already.

    :raise ValueError: one of them is no id
    """
    real = [one for one in ids if type(one) is int]
    if any(one > LARGEST for one in real) or not all(type(one) in (int, api.NewId) for one in ids):
        raise ValueError(ids)
    comodel.browse(real).exists().check_access("read")
