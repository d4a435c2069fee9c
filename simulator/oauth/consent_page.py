"""HTML of the consent page and of its errors."""

from markupsafe import escape

from ..organisation import Organisation
from .registry import App

SCOPE_TEXTS = {
    "accounting.invoices": "Create and edit invoices, bills and credit notes",
    "accounting.payments": "Create and edit payments",
    "accounting.banktransactions": "Create and edit bank transactions",
    "accounting.contacts": "Create and edit contacts",
    "accounting.settings": "Change organisation settings",
    "accounting.settings.read": "View organisation settings",
    "accounting.attachments": "Add and view attachments",
    "offline_access": "Keep access while you are away",
}
_CARRIED = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
            "nonce", "user")  # fmt: skip
_STYLE = """
body{margin:0;font:16px/1.5 system-ui,sans-serif;background:#eef2f5;color:#16242f}
main{max-width:30rem;margin:8vh auto;background:#fff;border-radius:12px;padding:2rem;box-shadow:0 2px 16px #0002}
h1{font-size:1.35rem;margin:0 0 .3rem}p{color:#4d5b66;margin:.3rem 0 1rem}ul{padding-left:1.2rem;color:#4d5b66}
label{display:flex;gap:.7rem;padding:.65rem .8rem;border:1px solid #d5dde3;border-radius:8px;margin:.4rem 0}
label:hover{border-color:#1478a8}small{align-self:center;color:#6b7a86;margin-left:auto}
button{font:inherit;padding:.6rem 1.3rem;border-radius:8px;border:1px solid #c3ced6;background:#fff;cursor:pointer}
button.allow{background:#1478a8;border-color:#1478a8;color:#fff;margin-right:.6rem}
footer{margin-top:1.5rem;font-size:.85rem;color:#6b7a86}code{word-break:break-all}
"""


def _document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main>{body}<footer>Simulated Xero: nothing here leaves this machine.</footer></main></body></html>"
    )


def page(app: App, organisations: list[Organisation], values) -> str:
    """The form: which organisations, allow or not."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(values[name])}">' for name in _CARRIED if name in values
    )
    scopes = [SCOPE_TEXTS.get(scope, scope) for scope in values.get("scope", "").split()]
    body = (
        f"<h1>{escape(app.name)} wants access to</h1><p>Choose the organisations it may use.</p>"
        f'<form method="post" action="/identity/connect/authorize">{hidden}{_choices(organisations)}'
        f"<p>It will be able to:</p><ul>{''.join(f'<li>{escape(text)}</li>' for text in scopes)}</ul>"
        '<button class="allow" name="decision" value="allow">Allow access</button>'
        '<button name="decision" value="deny">Cancel</button></form>'
    )
    return _document(f"Connect {app.name}", body)


def _choices(organisations: list[Organisation]) -> str:
    rows = []
    for position, org in enumerate(organisations):
        checked = " checked" if position == 0 else ""
        profile = org.profile
        place = f"{profile['CountryCode']} &middot; {profile['BaseCurrency']}"
        rows.append(
            f'<label><input type="checkbox" name="organisation" value="{org.id}"{checked}>'
            f"{escape(profile['Name'])}<small>{place}</small></label>"
        )
    return "".join(rows)


def error(code: str, message: str) -> str:
    """The page that ends a wrong request, as Xero shows it: error code and sentence, no way back to the app."""
    body = f"<h1>Sorry, something went wrong</h1><p>{escape(message)}</p><p>Error: <code>{escape(code)}</code></p>"
    return _document("Error", body)
