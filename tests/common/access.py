"""Two companies and a branch, people of every kind, and for each company a record of every model of the connector."""

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user

ROLES = {
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "clerk": "account.group_account_invoice",
    "accountant": "account.group_account_manager",
    "user": "xero_connector.group_xero_user",
    "manager": "xero_connector.group_xero_manager,account.group_account_manager",
    "settings": "base.group_system",
}
# Values that some model insists on; everything else is filled by type.
SPECIAL = {
    # One that takes lines of documents.
    "xero.account": {"type": "REVENUE", "system_account": False},
    "xero.field.rule": {"source": "constant", "document": "out_invoice", "domain": "[]", "path": False, "text": False},
    "xero.link": {"res_model": "res.partner"},
    "xero.conflict": {"res_model": "res.partner", "xero_type": "Contact", "element": "{}"},
    "xero.preview.line": {"res_model": "res.partner", "xero_type": "Contact"},
    "xero.match.line": {"res_model": "res.partner", "xero_type": "Contact", "stage": "contacts", "reasons": []},
    "xero.match.candidate": {"reasons": []},
    "xero.reconciliation.difference": {"res_model": "res.partner", "item_model": False},
    "xero.run": {"final_counts": False},
    "xero.sync.job": {"res_model": "res.partner", "xero_type": "Contact", "fix_action": False},
    "xero.alert": {"code": "reserve", "values": {}},
    "xero.snapshot.element": {"xero_type": "Contact"},
    "xero.snapshot": {"res_model": False, "kinds": ["Contact"]},
    "xero.preview.problem": {"fix_model": False},
    "xero.quarantine": {"faults": []},
    "xero.trial.balance": {"date_from": False},
    "xero.trial.balance.line": {"causes": [], "shared_accounts": []},
    "xero.erasure": {"words": [], "partner_ids": [], "contact_ids": [], "place": False},
}
OWNERS = {"company_id", "connection_id", "xero_account_id"}
MAGIC = {"id", "create_uid", "create_date", "write_uid", "write_date", "display_name"}


class AccessCase(TransactionCase):
    """Nothing here is asked as superuser but the making of the world."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a, cls.company_b = cls.env["res.company"].create([{"name": "CANARY-A"}, {"name": "CANARY-B"}])
        cls.branch = cls.env["res.company"].create({"name": "CANARY-A branch", "parent_id": cls.company_a.id})
        cls.made = {}
        cls.connection_a = cls.record("xero.connection", cls.company_a)
        cls.connection_b = cls.record("xero.connection", cls.company_b)
        for company in (cls.company_a, cls.company_b):
            for name in cls.models():
                cls.record(name, company)
        cls.people = {}
        for role in ROLES:
            for companies in ((cls.company_a,), (cls.company_b,), (cls.branch,), (cls.company_a, cls.company_b)):
                cls.person(role, *companies)

    @classmethod
    def person(cls, role, *companies):
        """Return a user of ``role`` who works in ``companies``."""
        companies = cls.env["res.company"].union(*(companies or [cls.company_a]))
        key = (role, companies)
        if key not in cls.people:
            cls.people[key] = new_test_user(
                cls.env,
                f"{role}_{'_'.join(map(str, companies.ids))}",
                groups=ROLES[role],
                company_id=companies[0].id,
                company_ids=[Command.set(companies.ids)],
            )
        return cls.people[key]

    @classmethod
    def models(cls) -> list[str]:
        """Return the connector's models with a table, those for dialogs too."""
        return sorted(name for name, model in cls.registry.items() if name.startswith("xero.") and not model._abstract)

    @classmethod
    def record(cls, model, company):
        """Return a record of ``model`` of ``company``, whose every text says so."""
        key = (model, company.id)
        if key not in cls.made:
            cls.made[key] = None
            cls.made[key] = cls._make(model, company)
        return cls.made[key]

    @classmethod
    def _make(cls, name, company):
        model = cls.env[name].sudo()
        if not name.startswith("xero."):
            return cls._make_of_odoo(name, company)
        if name == "xero.lane":
            return cls.record("xero.connection", company).lane_id
        special, vals = SPECIAL.get(name, {}), {}
        for field in model._fields.values():
            if field.name in special:
                vals[field.name] = special[field.name]
            elif field.store and not field.compute and not field.related and field.name not in MAGIC:
                vals[field.name] = cls._value(model, field, company)
        vals = {key: value for key, value in vals.items() if value is not None}
        return model.with_company(company).create(vals)

    @classmethod
    def _value(cls, model, field, company):
        if field.type in ("char", "text"):
            return f"{company.name} {model._name} {field.name}"
        if field.default and field.name not in ("company_id", "connection_id"):
            return None
        if field.type == "many2one" and (field.required or field.name in OWNERS):
            return cls.id_of(field.comodel_name, company)
        if field.type == "selection" and field.required:
            return field.get_values(cls.env)[0]
        if field.type == "many2one_reference":
            return cls.id_of("res.partner", company)
        if field.type in ("integer", "float", "monetary") and field.required:
            return 1
        if field.type == "json":
            return {"canary": company.name}
        return {"datetime": fields.Datetime.now(), "date": fields.Date.today(), "html": company.name}.get(field.type)

    @classmethod
    def id_of(cls, model, company):
        found = cls.record(model, company)
        return found.id if found else None

    @classmethod
    def _make_of_odoo(cls, name, company):
        model, text = cls.env[name].sudo().with_company(company), f"{company.name} {name}"
        if name == "res.company":
            return company
        if name == "res.users":
            return cls.env.user
        if name == "res.currency":
            return company.currency_id
        number = len(cls.made)
        values = {
            "account.account": {
                "name": text,
                "code": f"4{number:05}",
                "account_type": "income",
                "company_ids": company,
            },
            "account.journal": {"name": text, "code": f"J{number}", "type": "bank", "company_id": company.id},
            "res.partner": {"name": text, "email": f"{company.name}@example.com", "company_id": company.id},
            "account.analytic.plan": {"name": text},
            "account.tax": {
                "name": text,
                "company_id": company.id,
                "amount": 5,
                "country_id": cls.env.ref("base.nz").id,
            },
        }.get(name)
        if name == "account.tax":
            group = {"name": text, "company_id": company.id, "country_id": values["country_id"]}
            values["tax_group_id"] = cls.env["account.tax.group"].sudo().create(group).id
        if name == "account.analytic.account":
            plan = cls.record("account.analytic.plan", company)
            values = {"name": text, "plan_id": plan.id, "company_id": company.id}
        if name == "account.move":
            values = {"move_type": "entry", "journal_id": cls.id_of("account.journal", company), "ref": text}
        if values is None:
            return None
        return model.create(values)



