"""Words that several checks, the health page and alerts share."""

from dataclasses import dataclass

from odoo.tools import format_datetime

from ..link.access import ACCOUNTANT, XERO_ADMINISTRATOR


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
        "accounting.settings": env._("chart of accounts, currencies and items"),
        "accounting.attachments": env._("attachments of documents"),
        "accounting.manualjournals": env._("journal entries"),
        "accounting.banktransactions": env._("money spent, received and transferred"),
        "accounting.banktransactions.read": env._("money spent, received and transferred"),
        "accounting.reports.trialbalance.read": env._("the trial balance"),
        "accounting.reports.banksummary.read": env._("the bank summary"),
    }


@dataclass(frozen=True)
class Action:
    """What a click on the health page does: it shows a list, or has a method called.

    :ivar label: translated
    :ivar method: it gets the ids of connections first
    :ivar model: whose method
    :ivar window: external id of the list that is shown in its place, of the connection's records
    :ivar group: external id of the group that it is there for; empty for everybody who sees the page
    """

    label: str
    method: str = ""
    model: str = "xero.health"
    window: str = ""
    group: str = ""


def page_actions(env) -> dict:
    """Return ``{name: Action}``."""

    def managed(label, method):
        return Action(label, method, "xero.connection", group=XERO_ADMINISTRATOR)

    def listed(label, name):
        return Action(label, window=f"xero_connector.{name}")

    return {
        "connect": managed(env._("Connect"), "action_connect"),
        "recover": managed(env._("Find Out and Go On"), "action_recover"),
        "reconnect": managed(env._("Reconnect"), "action_connect"),
        "choose": managed(env._("Choose Organisation"), "action_choose"),
        "check": managed(env._("Check"), "action_check"),
        "setup": managed(env._("Open the Guide"), "action_setup"),
        "resume": managed(env._("Resume Now"), "action_resume"),
        "jobs": listed(env._("Show Jobs"), "action_xero_sync_job"),
        "failed": Action(env._("Show Failed Jobs"), "action_open_failed"),
        "retry": Action(env._("Try All Again"), "action_retry_failed"),
        "read": Action(env._("Read Again"), "action_read_again"),
        "webhook": Action(env._("Webhook Guide"), "action_webhook_guide", group=XERO_ADMINISTRATOR),
        "mapping": Action(env._("Open Mappings"), "action_open_mappings", "xero.connection"),
        "conflicts": listed(env._("Review Conflicts"), "action_xero_conflict"),
        "drafts": Action(env._("Show Drafts"), "action_open_drafts"),
        "rates": listed(env._("Compare Rates"), "action_xero_rate"),
        "quarantine": listed(env._("Show Quarantine"), "action_xero_quarantine"),
        "reconcile": Action(env._("Reconcile"), "action_reconcile", "xero.connection", group=ACCOUNTANT),
        "reconciliation": Action(env._("Show Differences"), "action_open_reconciliation"),
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
