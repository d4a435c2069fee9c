"""The whole surface of the connector against ``access_table``: models, fields and methods, for real people."""

import json
import logging
from datetime import datetime, timedelta
from functools import partial
from inspect import signature

import requests

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import access_table as table
from .common.access import MAGIC, AccessCase

_logger = logging.getLogger(__name__)

DECIDE = "is new: decide who may use it in tests/common/access_table.py"
LETTERS = {"w": "write", "c": "create", "u": "unlink"}
REFUSALS = ("odoo.exceptions.AccessError", "odoo.exceptions.UserError", "odoo.exceptions.MissingError",
            "odoo.exceptions.ValidationError", "werkzeug.exceptions.Forbidden")  # fmt: skip


def level(name):
    return table.LEVELS.index(name)


class TableCase(AccessCase):
    def ours(self, name) -> list[str]:
        """Return the public methods that the connector adds to a model, and Odoo does not have."""
        mine, theirs = set(), set()
        for part in self.registry[name].mro():
            public = {key for key, value in vars(part).items() if callable(value) and not key.startswith("_")}
            if "xero_connector" in part.__module__:
                mine |= {key for key in public if not getattr(getattr(part, key), "_api_private", False)}
            elif part.__module__.startswith("odoo."):
                theirs |= public
        return sorted(mine - theirs - set(self.registry[name]._fields))

    def methods(self, name) -> dict:
        """Return ``{method: level}`` of the table."""
        levels = table.METHODS.get(name, {})
        return {method: who for who, methods in levels.items() for method in methods.split()}

    def surface(self):
        """Yield ``(model, method, level, record of company A)`` of what can be called on a record, or about one."""
        for name in table.METHODS:
            asked = self.asked_about(name)
            record = asked in self.env and not self.env[asked]._abstract and self.record(asked, self.company_a)
            for method, who in self.methods(name).items() if record else ():
                yield name, method, who, record

    def asked_about(self, name) -> str:
        """Return the model whose records the methods of the model ``name`` are asked about: mostly its own."""
        return table.ASKED_ABOUT.get(name, (name, None))[0]

    def named(self, name, method, ids) -> dict:
        """Return the arguments that name records to a method which is none of theirs; none for other methods."""
        _model, argument = table.ASKED_ABOUT.get(name, (name, None))
        return {argument: ids} if argument in signature(getattr(self.registry[name], method)).parameters else {}

    def method_of(self, name, method, records):
        """Return the method of the model ``name`` that is asked about ``records``, as their user calls it."""
        if name not in table.ASKED_ABOUT:
            return getattr(records, method)
        return partial(getattr(records.env[name], method), **self.named(name, method, records.ids))

    def as_person(self, name, role, *companies, of=None):
        """Return the record of ``of`` (company A) as ``role`` in ``companies`` has it."""
        record = self.record(self.asked_about(name), of or self.company_a)
        person = self.person(role, *companies)
        return record and record.with_user(person).with_context(allowed_company_ids=person.company_ids.ids)


@tagged("post_install", "-at_install")
class TestAccessTable(TableCase):
    # === NOTHING NEW === #

    def test_every_model_is_decided_on(self):
        for name in self.models():
            if self.registry[name]._module != "xero_connector":
                continue
            self.assertTrue(name in table.READS or name in table.BY_USERS, f"{name} {DECIDE}")
            guarded = issubclass(self.registry[name], self.registry["xero.company.guard"])
            self.assertTrue(guarded, f"{name} does not inherit xero.company.guard")

    def test_every_field_that_people_write_is_decided_on(self):
        for name, model in sorted(self.registry.items()):
            if name.startswith("xero.") and model._module == "xero_connector" and not model._abstract:
                env = self.env[name].with_user(self.person("settings"))
                if not (env.has_access("write") or env.has_access("create")):
                    self.assertNotIn(name, table.WRITES)
                    continue
                written = {
                    field.name
                    for field in model._fields.values()
                    if field.name not in MAGIC and field._module == "xero_connector"
                    and env._has_field_access(field, "write")
                }  # fmt: skip
            else:
                written = {
                    field.name
                    for field in model._fields.values()
                    if field._module == "xero_connector" and not field.readonly and not model._abstract
                }
            self.assertEqual(written, set(table.WRITES.get(name, "").split()), f"{name}: a field {DECIDE}")

    def test_every_public_method_is_decided_on(self):
        for name in self.registry:
            found = self.ours(name)
            # Addons that extend a model decide on what they add.
            if any(part.__module__.startswith("odoo.addons.xero_connector_") for part in self.registry[name].mro()):
                continue
            self.assertEqual(set(found) - set(self.methods(name)), set(), f"{name}: a method {DECIDE}")

    def test_the_table_names_nothing_that_is_gone(self):
        for name in table.METHODS:
            self.assertEqual(set(self.methods(name)) - set(self.ours(name)), set(), name)
        self.assertEqual((set(table.READS) | table.BY_USERS) - set(self.models()), set())

    # === RIGHTS ON RECORDS === #

    def test_rights_of_every_role(self):
        for name in self.models():
            if self.registry[name]._module != "xero_connector":
                continue
            for role, own in table.ROLE_LEVELS.items():
                reads = table.READS.get(name, "user")
                self._assert_right(name, role, "read", reads is not None and level(own) >= level(reads) > 0)
                changes, letters = table.CHANGES.get(name, ("manager", ""))
                for letter, operation in LETTERS.items():
                    expected = letter in letters and level(own) >= level(changes)
                    self._assert_right(name, role, operation, expected)

    def _assert_right(self, name, role, operation, expected):
        model = self.env[name].with_user(self.person(role))
        self.assertEqual(model.has_access(operation), expected, f"{name} {role} {operation}")

    def test_records_of_companies(self):
        """Of company A: nothing for B, what belongs to parents for a branch, and for nobody there to change."""
        for name in self.models():
            record = self.record(name, self.company_a)
            if not record or name == "xero.field.target" or not table.READS.get(name, "user"):
                continue
            for operation in ("read", "write", "unlink"):
                foreign = self.as_person(name, "manager", self.company_b)
                self.assertFalse(foreign.has_access(operation), f"{name} {operation}: company B")
                branch = self.as_person(name, "manager", self.branch)
                expected = operation == "read" and name in table.OF_PARENTS
                self.assertEqual(branch.has_access(operation), expected, f"{name} {operation}: branch")


@tagged("post_install", "-at_install")
class TestAccessCalls(TableCase, HttpCase):
    """Each method as other programs call it, in both ways that Odoo has."""

    def setUp(self):
        super().setUp()
        self.keys = {}

    def key(self, person) -> str:
        if person not in self.keys:
            env = self.env(user=person)
            if person.share:
                env = env(su=True)
            until = datetime.now() + timedelta(days=1)
            self.keys[person] = env["res.users.apikeys"]._generate("rpc", "table", until)
        return self.keys[person]

    def json2(self, person, model, method, ids, named):
        context = {"allowed_company_ids": person.company_ids.ids}
        headers = {"Authorization": f"bearer {self.key(person)}", "X-Odoo-Database": self.env.cr.dbname}
        with self.allow_requests():
            answer = requests.post(
                f"{self.base_url()}/json/2/{model}/{method}",
                json={**named, "ids": ids, "context": context} if ids else {**named, "context": context},
                timeout=60.0,
                headers=headers,
                cookies={"test_request_key": self.http_request_key},
            )
        found = answer.json()
        return (None, found) if answer.status_code == 200 else (found.get("name"), found.get("message"))

    def call_kw(self, person, model, method, ids, named):
        kwargs = {**named, "context": {"allowed_company_ids": person.company_ids.ids}}
        params = {"model": model, "method": method, "args": [ids] if ids else [], "kwargs": kwargs}
        found = self.url_open("/web/dataset/call_kw", json={"params": params}).json()
        if "error" in found:
            return found["error"]["data"]["name"], found["error"]["data"]["message"]
        return None, found.get("result")

    def below(self, who):
        """Return the roles that must be refused: strangers, and those who come nearest."""
        nearest = {"accountant": ["clerk"], "manager": ["user", "accountant"], "settings": ["manager"]}
        return ["portal", "employee", *nearest.get(who, [])]

    @mute_logger("odoo.http", "odoo.models", "odoo.orm.models", "odoo.addons.base.models.ir_rule")
    def test_calls_by_those_who_may_not(self):
        self.env.flush_all()
        calls = {}
        for name, method, who, record in self.surface():
            of_model = getattr(getattr(self.registry[name], method), "_api_model", False)
            people = [self.person(role) for role in self.below(who)]
            # What is asked of no record answers about the own company.
            named = self.named(name, method, record.ids)
            people += [] if of_model and not named else [self.person("manager", self.company_b)]
            for person in people:
                calls.setdefault(person, []).append((name, method, [] if of_model else record.ids, named))
        for person, of_person in calls.items():
            self.authenticate(person.login, person.login)
            for number, (name, method, ids, named) in enumerate(of_person):
                call = self.json2 if number % 2 else self.call_kw
                with self.subTest(person=person.login, method=f"{name}.{method}", by=call.__name__):
                    self._assert_refused(*call(person, name, method, ids, named), method)
        self.assertGreater(sum(map(len, calls.values())), 400)

    def _assert_refused(self, error, answer, method):
        if error is None:
            self.assertTrue(method.startswith(table.WINDOWS), f"answered: {str(answer)[:200]}")
        else:
            self.assertIn(error, REFUSALS, answer)
        self.assertNotIn("CANARY-A xero", json.dumps(answer, default=str))

    @mute_logger("odoo.http", "odoo.models", "odoo.orm.models")
    def test_calls_by_those_who_may(self):
        """Nobody is kept from the own work: whatever speaks against a call, it is not the role."""
        for name, method, who, _record in self.surface():
            role = {"user": "clerk"}.get(who, who)
            asked = self.as_person(name, role)
            if asked is None or not asked.has_access("read"):
                continue
            with self.subTest(role=role, method=f"{name}.{method}"), self.env.cr.savepoint() as savepoint:
                try:
                    self.method_of(name, method, asked)()
                except AccessError as error:
                    # To merge contacts, or to change one as a conflict is settled, takes a right of Odoo's own besides.
                    savepoint.rollback()
                    self.assertEqual(name, "xero.conflict", str(error))
                    of_odoo = method == "action_merge_partners" or "(res.partner)" in str(error)
                    self.assertTrue(of_odoo or str(error) == asked.missing_right, str(error))
                except Exception:  # noqa: BLE001 -- of a made-up record whatever else may be wrong
                    _logger.info("%s.%s was not refused, and failed", name, method)
                savepoint.rollback()


