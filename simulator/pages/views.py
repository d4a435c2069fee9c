"""Serves the page for people."""

from pathlib import Path

from werkzeug.wrappers import Response

STATIC = Path(__file__).parent / "static"
FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}


def page(path: str) -> Response:
    """The page and its two files; anything else is 404."""
    if path not in FILES:
        return Response("Not found", status=404, content_type="text/plain")
    name, mimetype = FILES[path]
    return Response((STATIC / name).read_bytes(), mimetype=mimetype)
