"""Serves the page for people."""

import re
from pathlib import Path

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from ..world import World

STATIC = Path(__file__).parent / "static"
FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}


DEEP_LINK = "/organisationlogin/default.aspx"
KINDS = {"AccountsReceivable/View": "sales", "AccountsPayable/View": "bills", "CreditNote": "notes",
         "Contacts/View": "contacts"}  # fmt: skip


def page(world: World, request: Request) -> Response:
    """The page, its two files, and deep links as Xero has them; anything else is 404."""
    path = request.path
    if path.lower() == DEEP_LINK:
        return redirect(_target(world, request))
    if path not in FILES:
        return Response("Not found", status=404, content_type="text/plain")
    name, mimetype = FILES[path]
    return Response((STATIC / name).read_bytes(), mimetype=mimetype)


def _target(world: World, request: Request) -> str:
    """``?shortcode=!abc&redirecturl=/AccountsReceivable/View.aspx?InvoiceID=…`` as an address of the page."""
    code, url = request.args.get("shortcode", ""), request.args.get("redirecturl", "")
    org = next((org.id for org in world.organisations.values() if org.profile["ShortCode"] == code), "")
    kind = next((kind for part, kind in KINDS.items() if part.lower() in url.lower()), "sales")
    key = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", url.lower())
    return f"/#{org}/{kind}/{key.group(0) if key else ''}"
