"""What the findings mean to people: what is so, and what to do about it."""

from odoo.tools import format_datetime

TOPICS = ("connection", "consent", "scopes", "workers", "queue", "failures", "silence", "calls", "webhook", "clock",
          "mapping", "conflicts", "books")  # fmt: skip


def topic_labels(env) -> dict:
    """Return ``{topic: name}``."""
    return {
        "connection": env._("Connection"),
        "consent": env._("Consent"),
        "scopes": env._("Permissions"),
        "workers": env._("Workers"),
        "queue": env._("Queue"),
        "failures": env._("Failed jobs"),
        "silence": env._("Reading from Xero"),
        "calls": env._("Calls to Xero"),
        "webhook": env._("Webhooks"),
        "clock": env._("Clock"),
        "mapping": env._("Accounts and taxes"),
        "conflicts": env._("Conflicts"),
        "books": env._("Both books"),
    }


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
        "reconcile": ("action_reconcile", env._("Reconcile"), False),
        "reconciliation": ("action_open_reconciliation", env._("Show Differences"), False),
    }


def failure_todos(env) -> dict:
    """Return what to do about each ``failure_type``."""
    return {
        "mapping": env._("Say what the account or tax is called in Xero; what waited for it is sent by itself then."),
        "validation": env._("Open a job and read Xero's words, correct the document, and try again."),
        "duplicate": env._("The number or name is taken in Xero: change one of the two, or match the records."),
        "locked_period": env._("Move the document's date behind the lock date, or lift the lock in Xero."),
        "closed": env._("The document is paid or closed in Xero: undo the payment there, or make a credit note."),
        "dependency": env._("Mend the record that these wait for; they follow by themselves."),
        "total_mismatch": env._("Compare lines and taxes in both books, then sync again."),
        "auth": env._("Connect again and give every permission that is asked for."),
        "rate_limit": env._("Nothing to do: it goes on when Xero allows more calls."),
        "network": env._("Nothing to do: it is tried again. If it stays, check the server's way to the internet."),
        "plan": env._("The organisation's plan in Xero does not allow it: upgrade it, or leave these out of syncing."),
        "bug": env._("Try again; if it stays, open a job and send its reason to whoever looks after the server."),
    }


def sentence(env, finding) -> str:
    """Return what ``finding`` says, in the language and time zone of ``env``."""
    return _SENTENCES[finding.topic](env, finding.code, _shown(env, finding.values))


def advice(env, finding) -> str:
    """Return what to do about ``finding``; empty when nothing is to be done."""
    make = _ADVICE.get((finding.topic, finding.code))
    return make(env) if make else ""


def moment(env, value) -> str:
    """Return a moment as people write it, in the zone of ``env``."""
    return format_datetime(env, value, dt_format="medium") if value else ""


def _shown(env, values):
    """Values from a finding, or from an incident, which keeps moments as texts."""
    names = {"until", "end", "since", "last", "changes", "at", "refused"}
    return {name: moment(env, value) if name in names else value for name, value in values.items()}


def _connection(env, code, values):
    return {
        "ok": env._("Connected; Xero may be called."),
        "copy": env._("This database is a copy: nothing is sent, so that the live books stay as they are."),
        "parked": values.get("reason") or env._("Xero has to be connected again."),
        "new": env._("Not connected yet."),
        "choose": env._("The consent is given; which organisation it is for has not been chosen."),
        "disconnected": env._("Disconnected. What is posted is not sent."),
        "paused": env._(
            "Paused until %(until)s: %(reason)s", until=values.get("until", ""), reason=values.get("reason", "")
        ),
    }[code]


def _consent(env, code, values):
    end = values.get("end", "")
    return {
        "none_needed": env._("A custom connection needs no consent."),
        "unknown": env._("No consent is given at present."),
        "ended": env._("The consent ended on %s.", end),
        "ends_soon": env._("The consent ends on %s if nothing renews it.", end),
        "ends": env._("Good until %s; every use begins its 60 days anew.", end),
    }[code]


def _scopes(env, code, values):
    if code == "ok":
        return env._("Every permission that is needed is given.")
    labels = scope_labels(env)
    lacking = ", ".join(labels.get(scope, scope) for scope in values["scopes"])
    return env._("The consent lacks: %(purposes)s (%(names)s).", purposes=lacking, names=", ".join(values["scopes"]))


def _workers(env, code, values):
    return {
        "ok": env._("The workers run."),
        "off": env._("All workers are switched off: nothing is sent or read."),
        "silent": env._("No worker has run since %s.", values.get("last", "")),
    }[code]


def _queue(env, code, values):
    count, since = values.get("waiting", 0), values.get("since", "")
    return {
        "empty": env._("Nothing waits."),
        "waiting": env._("%(count)s wait, the oldest since %(since)s.", count=count, since=since),
        "held": env._("Nothing is sent or booked until both sides are matched; %s wait.", count),
        "hangs": env._("A worker has been busy with one call since %s.", since),
        "stands": env._("The queue does not move: %(count)s wait, due since %(since)s.", count=count, since=since),
    }[code]


def _failures(env, code, values):
    if code == "ok":
        return env._("Nothing failed.")
    return env._("%s jobs failed and wait for a person.", values["count"])


def _silence(env, code, values):
    if code == "ok":
        return env._("Everything is read on time.")
    labels = flow_labels(env)
    names = ", ".join(labels[name] for name in values["flows"])
    return env._("Not read for too long: %s.", names) if code == "silent" else env._("Late: %s.", names)


def _calls(env, code, values):
    left, limit, until = values.get("left"), values.get("limit"), values.get("until")
    return {
        "unknown": env._("Seen with the first call."),
        "used_up": env._("Today's calls are used up. It goes on %s.", until or env._("when Xero's day begins anew")),
        "reserve": env._(
            "%(left)s of %(limit)s calls are left today; those are kept for people.", left=left, limit=limit
        ),
        "left": env._("%(left)s of %(limit)s calls are left today.", left=left, limit=limit),
    }[code]


def _webhook(env, code, values):
    count, refused = values.get("count", 0), values.get("refused", "")
    if code == "seen" and count:
        return env._(
            "The last delivery came on %(last)s. In all %(count)s with a wrong signature were refused, the last on "
            "%(refused)s.",
            last=values.get("last", ""),
            count=count,
            refused=refused,
        )
    return {
        "keyless": env._(
            "%(count)s deliveries came and were refused, the last on %(refused)s: no signing key is stored here.",
            count=count,
            refused=refused,
        ),
        "refused": env._(
            "%(count)s deliveries were refused for a wrong signature, the last on %(refused)s, and no right one came "
            "since.",
            count=count,
            refused=refused,
        ),
        "none": env._("Not set up. Changes in Xero arrive with the next reading, within 10 to 30 minutes."),
        "never": env._("No delivery has come yet."),
        "disabled": env._(
            "The last delivery came on %(last)s, but changes were read until %(changes)s: Xero seems to have "
            "switched the webhook off.",
            last=values.get("last", ""),
            changes=values.get("changes", ""),
        ),
        "seen": env._("The last delivery came on %s.", values.get("last", "")),
    }[code]


def _clock(env, code, values):
    if code == "ok":
        return env._("Odoo's clock and Xero's agree.")
    if values["seconds"] < 0:
        return env._("Xero's clock is %s seconds behind this server's.", -values["seconds"])
    return env._("Xero's clock is %s seconds ahead of this server's.", values["seconds"])


def _mapping(env, code, values):
    if code == "ok":
        return env._("Every account and tax in use has its counterpart.")
    return env._("Accounts and taxes that wait for a decision: %s.", values["count"])


def _conflicts(env, code, values):
    if code == "ok":
        return env._("No record was changed on both sides.")
    return env._("Records that changed on both sides and wait for a decision: %s.", values["count"])


def _books(env, code, values):
    return {
        "never": env._("The books have not been compared yet."),
        "differ": env._("%(count)s differences on %(at)s.", count=values.get("count"), at=values.get("at")),
        "failed": env._(
            "The weekly comparison of %(at)s was not finished: %(reason)s",
            at=values.get("at"),
            reason=values.get("reason"),
        ),
        "waiting": env._(
            "What is in both books agreed on %(at)s; %(count)s documents waited for a history.",
            count=values.get("count"),
            at=values.get("at"),
        ),
        "agree": env._("They agreed on %s.", values.get("at")),
    }[code]


_SENTENCES = {
    "connection": _connection,
    "consent": _consent,
    "scopes": _scopes,
    "workers": _workers,
    "queue": _queue,
    "failures": _failures,
    "silence": _silence,
    "calls": _calls,
    "webhook": _webhook,
    "clock": _clock,
    "mapping": _mapping,
    "conflicts": _conflicts,
    "books": _books,
}
_ADVICE = {
    ("connection", "copy"): lambda env: env._(
        "Leave it, unless this copy shall work with a Xero of its own: then connect it again."
    ),
    ("connection", "parked"): lambda env: env._("Reconnect. Documents wait in the queue, nothing is lost."),
    ("connection", "new"): lambda env: env._("Connect, and choose the organisation in Xero."),
    ("connection", "choose"): lambda env: env._("Choose the organisation by its name."),
    ("connection", "disconnected"): lambda env: env._("Connect again; nothing is sent twice."),
    ("connection", "paused"): lambda env: env._("It goes on by itself. Resume only if you know that Xero answers."),
    ("consent", "ended"): lambda env: env._("Reconnect. Documents wait in the queue, nothing is lost."),
    ("consent", "ends_soon"): lambda env: env._(
        "Reconnect, and check that the scheduled action Xero: Keep Consents Alive runs."
    ),
    ("scopes", "missing"): lambda env: env._("Reconnect and allow everything that is asked for."),
    ("workers", "off"): lambda env: env._("Switch on the scheduled actions Xero: Worker 1 to 5."),
    ("workers", "silent"): lambda env: env._(
        "Ask whoever looks after the server: its scheduled actions do not run (max_cron_threads)."
    ),
    ("queue", "held"): lambda env: env._("Match the records in the guide, or end the wait there."),
    ("queue", "hangs"): lambda env: env._("Ask whoever looks after the server to look at the worker process."),
    ("queue", "stands"): lambda env: env._("Check that the workers run, then open the jobs."),
    ("failures", "failed"): lambda env: env._("Open the reasons below, mend the cause, and retry."),
    ("silence", "silent"): lambda env: env._("Click Read Again. If it stays silent, look at queue and workers."),
    ("silence", "late"): lambda env: env._("It is read with the next free calls, or click Read Again."),
    ("calls", "used_up"): lambda env: env._("Nothing is lost. Ask Xero for a higher limit if it happens often."),
    ("calls", "reserve"): lambda env: env._("Background work goes on tomorrow; what people click is sent now."),
    ("webhook", "none"): lambda env: env._("Set it up to see changes within seconds."),
    ("webhook", "keyless"): lambda env: env._(
        "Copy the signing key from Xero's developer portal into the app here, or delete the webhook there."
    ),
    ("webhook", "refused"): lambda env: env._(
        "Copy the signing key from Xero's developer portal anew. If it is the right one, somebody else posts to the "
        "address; that is refused and changes nothing."
    ),
    ("webhook", "never"): lambda env: env._("Check the delivery URL and the signing key in Xero's developer portal."),
    ("webhook", "disabled"): lambda env: env._("Open the app in Xero's developer portal and enable the webhook again."),
    ("clock", "off"): lambda env: env._("Have the server keep its time (NTP)."),
    ("mapping", "gaps"): lambda env: env._("Documents that use them wait until you decide."),
    ("conflicts", "open"): lambda env: env._("Review them: nothing is overwritten meanwhile."),
    ("books", "differ"): lambda env: env._("Open the differences and repair them."),
    ("books", "failed"): lambda env: env._("Mend the cause, then click Reconcile. It is tried again tomorrow."),
    ("books", "waiting"): lambda env: env._("Open Runs and let the history go on, then reconcile again."),
    ("books", "never"): lambda env: env._("Click Reconcile to prove that they agree."),
}
