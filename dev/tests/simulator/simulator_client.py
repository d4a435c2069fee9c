"""What the tests use to talk to the simulator: plain requests, nothing of the project."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import requests

ZERO_ID = "00000000-0000-0000-0000-000000000000"
CALLBACK = "http://localhost:8069/callback"
SCOPES = "offline_access accounting.invoices accounting.contacts accounting.settings.read"


class Simulator:
    """One simulator: control interface and OAuth."""

    def __init__(self, address):
        self.address = address
        self.http = requests.Session()

    def control(self, where, verb="POST", expect=200, **body):
        """A control call; asserts the status and gives the JSON."""
        answer = self.http.request(verb, f"{self.address}/simulator/{where}", json=body if verb == "POST" else None)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def look(self, path):
        """GET of the control interface."""
        return self.control(path, "GET")

    def act(self, action, org="au", expect=200, **body):
        """Something a person does in Xero."""
        return self.control(f"organisations/{org}/act/{action}", expect=expect, **body)

    def fault(self, kind, **values):
        """Set a fault."""
        return self.control("faults", kind=kind, **values)

    def documents(self, kind, org="au"):
        """Documents as they are kept."""
        return self.look(f"organisations/{org}/documents/{kind}")[kind]

    @property
    def app(self):
        """The app that is there from the start."""
        return self.look("apps")["apps"][0]

    def api(self, org, scopes=None):
        """The Accounting API of an organisation, connected without the consent page."""
        body = {"organisations": [org]} | ({"scopes": scopes} if scopes is not None else {})
        tokens = self.control("token", **body)
        return Api(self, tokens["access_token"], tokens["tenants"][0])

    def consent(self, app=None, organisations=("au",), **changes):
        """Post the consent form; the redirect's answer (not followed)."""
        app = app or self.app
        values = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": CALLBACK,
            "scope": SCOPES,
            "state": "s1",
            "decision": "allow",
            "organisation": list(organisations),
        } | changes
        url = f"{self.address}/identity/connect/authorize"
        return self.http.post(url, data=values, allow_redirects=False)

    def code(self, **values):
        """A fresh authorization code."""
        return query_of(self.consent(**values))["code"]

    def token(self, app=None, secret=True, **form):
        """POST to the token endpoint with Basic credentials."""
        app = app or self.app
        auth = (app["client_id"], app["client_secret"]) if secret else None
        if not secret:
            form["client_id"] = app["client_id"]
        return self.http.post(f"{self.address}/connect/token", data=form, auth=auth)

    def tokens(self, app=None, **consent):
        """Consent and exchange: a token set."""
        code = self.code(app=app, **consent)
        answer = self.token(app, grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refresh(self, refresh_token, app=None):
        """Rotate a refresh token."""
        return self.token(app, grant_type="refresh_token", refresh_token=refresh_token)

    def connections(self, access_token, **params):
        """GET /connections."""
        headers = {"Authorization": f"Bearer {access_token}"}
        return self.http.get(f"{self.address}/connections", headers=headers, params=params)


class Api:
    """Calls of the Accounting API with one token and one tenant."""

    def __init__(self, sim, access_token, tenant):
        self.sim = sim
        self.tenant = tenant
        self._usual_contact = None
        self.headers = {
            "Authorization": f"Bearer {access_token}",
            "xero-tenant-id": tenant,
            "Accept": "application/json",
        }

    def call(self, method, path, headers=None, **options):
        """Any call; the response itself."""
        url = f"{self.sim.address}/api.xro/2.0/{path}"
        merged = {name: value for name, value in {**self.headers, **(headers or {})}.items() if value is not None}
        return self.sim.http.request(method, url, headers=merged, **options)

    def get(self, path, headers=None, expect=200, **params):
        """GET; asserts the status, gives parsed JSON with exact decimals (or the response when not 200)."""
        answer = self.call("GET", path, headers, params=params)
        assert answer.status_code == expect, answer.text
        return answer.json(parse_float=Decimal) if expect == 200 else answer

    def rows(self, path, headers=None, **params):
        """The list of a GET."""
        return self.get(path, headers, **params)[path.split("/")[0]]

    def one(self, path, **params):
        """The only element of a GET by id."""
        (row,) = self.rows(path, **params)
        return row

    def write(self, method, path, rows, headers=None, **params):
        """PUT or POST of a list, each element judged alone; the elements of the answer."""
        name = path.split("/")[0] if "Allocations" not in path else "Allocations"
        params = {"summarizeErrors": "false", "unitdp": 4} | params
        answer = self.call(method, path, headers, params=params, json={name: rows})
        assert answer.status_code == 200, answer.text
        return answer.json(parse_float=Decimal)[name]

    def save(self, path, method="PUT", **fields):
        """Write one element that must be accepted."""
        (row,) = self.write(method, path, [fields])
        assert row["StatusAttributeString"] == "OK", row
        return row

    def change(self, path, **fields):
        """POST one element that must be accepted."""
        return self.save(path, "POST", **fields)

    def refused(self, path, method="PUT", **fields):
        """Write one element that must be refused; its messages."""
        (row,) = self.write(method, path, [fields])
        assert row["StatusAttributeString"] == "ERROR", row
        return [error["Message"] for error in row["ValidationErrors"]]

    # === Documents the tests need again and again ===

    def contact(self, name="Ada Trading", **fields):
        """A new contact's id."""
        return self.save("Contacts", Name=name, **fields)["ContactID"]

    @property
    def usual_contact(self):
        """Id of the contact of all documents that name no other."""
        self._usual_contact = self._usual_contact or self.contact("Usual Customer")
        return self._usual_contact

    def draft_fields(self, contact_id=None, **fields):
        """Fields of a valid sales invoice; one line of 100.00 without tax unless said otherwise."""
        return {
            "Type": "ACCREC",
            "Contact": {"ContactID": contact_id or self.usual_contact},
            "Date": "2026-10-01",
            "DueDate": "2026-10-31",
            "LineAmountTypes": "Exclusive",
            "Status": "AUTHORISED",
            "LineItems": [line()],
        } | fields

    def invoice(self, contact_id=None, **fields):
        """A new approved sales invoice."""
        return self.save("Invoices", **self.draft_fields(contact_id, **fields))

    def bill(self, contact_id=None, **fields):
        """A new approved bill."""
        lines = [line(AccountCode="400", TaxType="NONE")]
        return self.invoice(contact_id, **{"Type": "ACCPAY", "InvoiceNumber": "B-1", "LineItems": lines} | fields)

    def note(self, contact_id=None, **fields):
        """A new approved sales credit note."""
        values = self.draft_fields(contact_id, **{"Type": "ACCRECCREDIT"} | fields)
        return self.save("CreditNotes", **values)

    def pay(self, invoice, amount, **fields):
        """A payment on an invoice."""
        values = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": amount}
        return self.save("Payments", **values | {"Date": "2026-10-05"} | fields)


def line(**fields):
    """A line of 100.00 without tax."""
    defaults = {"Description": "Work", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200", "TaxType": "NONE"}
    return {name: value for name, value in (defaults | fields).items() if value is not None}


def query_of(answer):
    """Parameters of the address a redirect points to."""
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
