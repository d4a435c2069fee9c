"""What people who write templates, server actions and automations reach: no secret, no token, no client."""

import inspect
import json

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import gate as xero_gate
from ..models.connection import vault as xero_vault
from .common import XeroCommon

# As they were called while they were methods, and as the functions are called now.
DOORS = (
    "_vault",
    "_vault_update",
    "_access_token",
    "_live_token",
    "_renew",
    "_request_tokens",
    "_store_tokens",
    "_complete_consent",
    "_organisations",
    "_client",
    "_forget",
    "read_secrets",
    "open_client",
    "credential_token",
)
# Ways from a method to the module it stands in.
WAYS = (
    "{}.__globals__['xero_secrets'].read({})",
    "{}.__func__.__globals__",
    "{}.__self__.__class__.__mro__",
    "{}.func_globals",
    "'{{0.__globals__}}'.format({})",
    "'{{0.__func__.__globals__[xero_vault].__dict__}}'.format({})",
    "'{{0.__globals__[xero_gate].credential_token.__code__.co_consts}}'.format({})",
)


@tagged("post_install", "-at_install")
class TestSecretsReach(XeroCommon):
    def setUp(self):
        super().setUp()
        stored = xero_secrets.read(self.credential)
        self.secrets = [stored[name] for name in ("client_secret", "access_token", "refresh_token")]
        self.assertTrue(all(self.secrets))
        # Where the key is a file, no process keeps it.
        self.secrets.append(xero_vault._first_key().decode())

    def expressions(self):
        credential = f"env['xero.credential'].sudo().browse({self.credential.id})"
        connection = f"env['xero.connection'].sudo().browse({self.connection.id})"
        for owner in (credential, connection):
            yield from (f"{owner}.{name}()" for name in DOORS)
            yield from (f"{owner}.{name}" for name in ("vault", "_fields['vault']", "_vault"))
            yield f"{owner}.mapped('vault')"
            yield f"{owner}.read(['client_secret', 'webhook_key'])"
            for way in WAYS:
                yield way.format(f"{owner}._barrier", owner)
        yield f"env['xero.sync.runner'].sudo()._drain_lane({self.connection.id}, 0)"
        yield "env['xero.setup.wizard'].sudo().search([]).mapped('client_secret')"
        yield f"{connection}._barrier()"

    def assertTellsNothing(self, tell, expression):
        """Whatever ``tell`` returns or raises holds no secret."""
        try:
            with self.env.cr.savepoint():
                said = repr(tell(expression))
        except Exception as error:  # noqa: BLE001 -- what it says is what is judged
            said = " ".join(repr(found) for found in (error, error.__cause__, error.__context__))
        for secret in self.secrets:
            self.assertNotIn(secret, said, expression)
        self.assertNotIn("XeroClient", said, expression)

    def person(self, groups):
        return new_test_user(self.env, "reaches", groups=groups)

    def test_expressions(self):
        for expression in self.expressions():
            self.assertTellsNothing(lambda text: safe_eval(text, {"env": self.env}), expression)

    def test_mail_templates(self):
        person = self.person("base.group_user,mail.group_mail_template_editor")
        renderer = self.env["mail.render.mixin"].with_user(person)

        def tell(expression):
            body = f'<p t-out="{expression}"/>'
            return renderer._render_template_qweb(body, "res.partner", person.partner_id.ids)

        for expression in self.expressions():
            self.assertTellsNothing(tell, expression.replace("env[", "object.env["))

    def test_views(self):
        def render(expression):
            node = etree.fromstring("<t><p/></t>")
            node[0].set("t-out", expression)
            return self.env["ir.qweb"]._render(node, {"env": self.env})

        for expression in self.expressions():
            self.assertTellsNothing(render, expression)

    def test_server_actions(self):
        person = self.person("base.group_user,base.group_system")
        model = self.env["ir.model"]._get("res.partner")
        action = (
            self.env["ir.actions.server"]
            .with_user(person)
            .create({"name": "Reach", "model_id": model.id, "state": "code", "code": "pass"})
        )

        def tell(expression):
            action.code = f"raise UserError(repr({expression}))"
            return action.run()

        for expression in self.expressions():
            self.assertTellsNothing(tell, expression)

    def test_scheduled_actions(self):
        model = self.env["ir.model"]._get("res.partner")
        cron = self.env["ir.cron"].create({"name": "Reach", "model_id": model.id, "state": "code", "code": "pass"})

        def tell(expression):
            cron.code = f"raise UserError(repr({expression}))"
            return cron.ir_actions_server_id.run()

        for expression in self.expressions():
            self.assertTellsNothing(tell, expression)

    def test_a_template_finds_the_door_it_looks_for(self):
        """The tries above are real: where a value is readable, they show it."""
        with self.assertRaisesRegex(UserError, "Test app"):
            action = self.env["ir.actions.server"].create(
                {
                    "name": "Reach",
                    "model_id": self.env["ir.model"]._get("res.partner").id,
                    "state": "code",
                    "code": f"raise UserError(env['xero.credential'].browse({self.credential.id}).name)",
                }
            )
            action.run()

    def test_no_method_of_any_model_opens_secrets(self):
        """Methods use what is opened and return none of it: of all ways in, only these are used, by these."""
        opened = ("xero_secrets.read(", "xero_gate.credential_token(", "xero_gate.access_token(", "unseal(")
        found = set()
        for name, model in self.env.registry.items():
            for owner in type.mro(model):
                if "xero_connector" not in owner.__module__:
                    continue
                for method, code in vars(owner).items():
                    function = inspect.unwrap(getattr(code, "__func__", code))
                    if inspect.isfunction(function) and any(way in inspect.getsource(function) for way in opened):
                        found.add(f"{owner._name or name}.{method}")
        self.assertEqual(found, {"xero.consent._begin_custom", "xero.credential._cron_keepalive"})

    def test_no_method_of_any_model_returns_a_client(self):
        """A client carries a token: what opens one closes it, in the same breath."""
        for name, model in self.env.registry.items():
            for owner in type.mro(model):
                if "xero_connector" not in owner.__module__:
                    continue
                for method, code in vars(owner).items():
                    function = inspect.unwrap(getattr(code, "__func__", code))
                    source = inspect.getsource(function) if inspect.isfunction(function) else ""
                    closed = source.count("closing(xero_gate.open_client(")
                    self.assertEqual(source.count("open_client("), closed, f"{name}.{method}")

    def test_methods_that_ask_for_tokens_keep_them(self):
        self.assertIsNone(self.env["xero.credential"]._cron_keepalive())
        consent = self.connection.env["xero.consent"]
        self.assertTellsNothing(lambda _text: consent._begin_custom(self.connection), "_begin_custom")

    def test_nothing_opened_stays_on_an_object(self):
        client = xero_gate.open_client(self.connection)
        self.addCleanup(client.close)
        client.get("Organisation")
        reachable = [vars(xero_gate), vars(xero_secrets), self.env.context, self.env.registry.__dict__]
        for place in reachable:
            for secret in self.secrets:
                self.assertNotIn(secret, repr(place))

    def test_rpc(self):
        for model in ("xero.credential", "xero.connection"):
            found = [name for name in DOORS if hasattr(self.env[model], name)]
            self.assertFalse(found, f"{model} has doors again")
            self.assertNotIn("vault", json.dumps(self.env[model].fields_get()))
