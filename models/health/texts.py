"""Words that several checks, the health page and alerts share."""

from odoo.tools import format_datetime


def flow_labels(env) -> dict:
    """Return ``{flow: name}``."""
    return {
        "contacts_out": env._("Contacts to Xero"),
        "documents_out": env._("Documents to Xero"),
        "payments_out": env._("Payments to Xero"),
        "contacts_in": env._("Contacts from Xero"),
        "documents_in": env._("Documents from Xero"),
        "payments_in": env._("Payments and credits from Xero"),
        "webhooks": env._("Webhooks"),
        "reference": env._("Accounts, taxes, lock dates"),
    }


def scope_labels(env) -> dict:
    """Return what each permission is for."""
    return {
        "accounting.invoices": env._("invoices, bills and credit notes"),
        "accounting.payments": env._("payments and credits"),
        "accounting.contacts": env._("customers and vendors"),
        "accounting.settings.read": env._("chart of accounts, tax rates and lock dates"),
        "accounting.attachments": env._("attachments of documents"),
    }


def action_labels(env) -> dict:
    """Return ``{action: (method of the connection, label, for administrators only)}``."""
    return {
        "connect": ("action_connect", env._("Connect"), True),
        "recover": ("action_recover", env._("Find Out and Go On"), True),
        "reconnect": ("action_connect", env._("Reconnect"), True),
        "choose": ("action_choose", env._("Choose Organisation"), True),
        "check": ("action_check", env._("Check"), True),
        "setup": ("action_setup", env._("Open the Guide"), True),
        "resume": ("action_resume", env._("Resume Now"), True),
        "jobs": ("action_open_jobs", env._("Show Jobs"), False),
        "failed": ("action_open_failed", env._("Show Failed Jobs"), False),
        "retry": ("action_retry_failed", env._("Retry All"), False),
        "read": ("action_read_again", env._("Read Again"), False),
        "webhook": ("action_webhook_guide", env._("Webhook Guide"), True),
        "mapping": ("action_open_mappings", env._("Open Mappings"), False),
        "conflicts": ("action_open_conflicts", env._("Review Conflicts"), False),
        "drafts": ("action_open_drafts", env._("Show Drafts"), False),
        "quarantine": ("action_open_quarantine", env._("Show Quarantine"), False),
        "reconcile": ("action_reconcile", env._("Reconcile"), False),
        "reconciliation": ("action_open_reconciliation", env._("Show Differences"), False),
    }


def failure_todos(env) -> dict:
    """Return what to do about each ``failure_type``."""
    return {
        "mapping": env._(
            "Say what the account or tax is called in Xero; what waited for it is then sent automatically."
        ),
        "validation": env._("Open a job and read Xero's words, correct the document, and try again."),
        "duplicate": env._("The number or name is taken in Xero: change one of the two, or match the records."),
        "locked_period": env._("Move the document's date behind the lock date, or lift the lock in Xero."),
        "closed": env._("The document is paid or closed in Xero: undo the payment there, or make a credit note."),
        "dependency": env._("Fix the record that these wait for; they follow automatically."),
        "total_mismatch": env._("Compare lines and taxes in both books, then sync again."),
        "auth": env._("Connect again and give every permission that is asked for."),
        "rate_limit": env._("Nothing to do: it goes on when Xero allows more calls."),
        "network": env._("Nothing to do: it is tried again. If it stays, check the server's way to the internet."),
        "plan": env._("The organisation's plan in Xero does not allow it: upgrade it, or leave these out of syncing."),
        "bug": env._("Try again; if it stays, open a job and send its reason to whoever looks after the server."),
    }


def moment(env, value) -> str:
    """Return a moment as people write it, in the zone of ``env``."""
    return format_datetime(env, value, dt_format="medium") if value else ""


def shown(env, values):
    """Return the values from a finding, or from an incident, which keeps moments as texts."""
    names = {"until", "end", "since", "last", "changes", "at", "refused"}
    return {name: moment(env, value) if name in names else value for name, value in values.items()}
