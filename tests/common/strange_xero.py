"""A Xero with other habits: passes everything on to the simulator and changes how the answers are written."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import requests

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
WITH_OFFSET = re.compile(r"^(/Date\(-?\d+)[+-]\d{4}\)/$")
# Not told to the other side as they are.
OWN_HEADERS = {"host", "connection", "content-length", "accept-encoding"}
# Each stands for one thing in a payment; Xero gives one of them.
TARGETS = ("Invoice", "CreditNote", "Prepayment", "Overpayment")


class StrangeXero(ThreadingHTTPServer):
    """Serves on a port of its own; ``habits`` are functions ``(answer, request) -> answer`` on the JSON of answers.

    ``refusals`` are functions of the request that return ``(status, content type, body)`` in place of Xero's answer, or
    ``None``.
    """

    daemon_threads = True

    def __init__(self, xero):
        super().__init__(("localhost", 0), Handler)
        self.xero, self.habits, self.refusals = xero, [], []
        self.url = f"http://localhost:{self.server_address[1]}"
        self.paths = []
        # Headers that are not passed on.
        self.hidden = ()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that goes away is no error."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.paths.append(f"{self.command} {self.path}")
        for refuse in self.server.refusals:
            if refused := refuse(self):
                self.answer(*refused)
                return
        # The simulator keeps ids in lower case.
        path, body = _lower(self.path), _lower(body.decode()).encode()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN_HEADERS}
        got = requests.request(
            self.command, self.server.xero + path, data=body, headers=headers, timeout=30.0, allow_redirects=False
        )
        content = got.content
        if urlsplit(path).path.startswith("/api.xro/") and "json" in got.headers.get("Content-Type", ""):
            data = got.json()
            for habit in self.server.habits:
                data = habit(data, self)
            content = json.dumps(data).encode()
        kept = {name: value for name, value in got.headers.items() if name.startswith("X-") or name == "Date"}
        kept = {name: value for name, value in kept.items() if name not in self.server.hidden}
        self.answer(got.status_code, got.headers.get("Content-Type", ""), content, kept)

    def answer(self, status, kind, content, headers=()):
        self.send_response_only(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do

    def log_message(self, *_args):
        pass


def _lower(text):
    return GUID.sub(lambda match: match[0].lower(), text)


def walk(node, change):
    """Return ``node`` with ``change(key, value)`` in the place of every value inside."""
    if isinstance(node, dict):
        return {key: walk(change(key, value), change) for key, value in node.items()}
    if isinstance(node, list):
        return [walk(item, change) for item in node]
    return node


# === HABITS === #


def no_pagination(data, request):
    return {key: value for key, value in data.items() if key != "pagination"}


def ids_in_capitals(data, request):
    """Every second answer; Xero is not the same everywhere either."""
    if len(request.server.paths) % 2:
        return data
    return walk(data, lambda key, value: value.upper() if _is_id(key, value) else value)


def _is_id(key, value):
    return key.endswith("ID") and isinstance(value, str) and GUID.fullmatch(value)


def dates_without_offset(data, request):
    def change(key, value):
        if key.endswith("String") and "Date" in key:
            return ""
        return WITH_OFFSET.sub(r"\1)/", value) if isinstance(value, str) else value

    return walk(data, change)


def nothing_as_empty_lists(data, request):
    data = walk(data, lambda key, value: [] if value is None else value)
    for payment in data.get("Payments", []):
        for name in (*TARGETS, "BatchPayment"):
            payment.setdefault(name, [])
    for contact in data.get("Contacts", []):
        contact.setdefault("PaymentTerms", [])
    for document in (*data.get("Invoices", []), *data.get("CreditNotes", [])):
        for name in ("Payments", "CreditNotes", "Prepayments", "Overpayments", "Allocations"):
            document[name] = document.get(name) or None
    return data


def words_nobody_knows(data, request):
    """Values of enumerations that were made up after this was written, and fields too."""

    def change(key, value):
        if key in ("PaymentType", "Class", "ReportTaxType", "PhoneType", "OrganisationType", "Version"):
            return value if value == "DEFAULT" else "NEWLYINVENTED"
        return value

    data = walk(data, change)
    for row in (row for rows in data.values() if isinstance(rows, list) for row in rows):
        row["InventedField"] = {"InventedID": "x", "Parts": [None, 1, {"Deep": []}]}
    return {**data, "InventedBlock": ["new"]}


def skeletons(data, request):
    """What is inside something else bears an id and little more."""
    for payment in data.get("Payments", []):
        for name in TARGETS:
            if payment.get(name):
                payment[name] = {f"{name}ID": payment[name][f"{name}ID"], "LineItems": [], "HasErrors": False}
        if isinstance(payment.get("Account"), dict):
            payment["Account"] = {"AccountID": payment["Account"]["AccountID"]}
    for document in (*data.get("Invoices", []), *data.get("CreditNotes", [])):
        document["Contact"] = {"ContactID": document["Contact"]["ContactID"], "ContactPersons": []}
    return data


HABITS = (
    no_pagination, ids_in_capitals, dates_without_offset, nothing_as_empty_lists, words_nobody_knows, skeletons,
)  # fmt: skip
