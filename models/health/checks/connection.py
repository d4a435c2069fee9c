"""Whether the organisation can be reached, and may be."""

from datetime import timedelta

from ..check import (
    ATTENTION,
    BROKEN,
    DAY,
    NEEDED_SCOPES,
    OK,
    STANDS,
    Check,
    is_day_used_up,
    is_paused,
    missing_scopes,
)
from ..texts import scope_labels

CONSENT_SOON = timedelta(days=7)
CONSENT_NEAR = timedelta(days=14)


class Connection(Check):
    """Whether Xero may be called at all."""

    topic = "connection"
    told_every = DAY

    def label(self, env):
        return env._("Connection")

    def judge(self, facts, is_open):
        if facts.is_copy:
            return self.found(BROKEN, "copy", actions=("recover",))
        if facts.held_for:
            return self.found(BROKEN, "held", {"reason": facts.held_for}, ("recover",), alert=True)
        if not facts.has_key:
            # Where another server has the key the queue moves, and nobody need be told.
            stands = facts.due_since and facts.now - facts.due_since > STANDS
            return self.found(BROKEN, "key", alert=bool(stands))
        match facts.state:
            case "reauth":
                return self.found(BROKEN, "parked", {"reason": facts.reason}, ("reconnect", "check"), alert=True)
            case "new":
                return self.found(ATTENTION, "new", actions=("connect",))
            case "choose":
                return self.found(ATTENTION, "choose", actions=("choose",))
            case "disconnected":
                return self.found(ATTENTION, "disconnected", actions=("connect",))
        if is_paused(facts) and not is_day_used_up(facts):
            values = {"until": facts.paused_until, "reason": facts.pause_reason}
            return self.found(ATTENTION, "paused", values, ("resume",))
        return self.found(actions=("check",))

    def sentence(self, env, code, values):
        return {
            "ok": env._("Connected; Xero may be called."),
            "copy": env._("This database is a copy: nothing is sent, so that the live books stay as they are."),
            "key": env._("This server has not the key that the secrets were stored with: it does not call Xero."),
            "held": values.get("reason") or env._("On hold until somebody has found out what this database is."),
            "parked": values.get("reason") or env._("Xero has to be connected again."),
            "new": env._("Not connected yet."),
            "choose": env._("The consent is given; which organisation it is for has not been chosen."),
            "disconnected": env._("Disconnected. What is posted is not sent."),
            "paused": env._(
                "Paused until %(until)s: %(reason)s", until=values.get("until", ""), reason=values.get("reason", "")
            ),
        }[code]

    def advice(self, env, code):
        return {
            "key": env._(
                "Whoever looks after the server gives it the key of the server that works, see xero_connector_key."
            ),
            "copy": env._(
                "Leave it, unless this is the real database now: then say so, and what becomes of the other one."
            ),
            "held": env._(
                "Nothing is sent and nothing is lost. Say what this database is; what Xero has that Odoo lost is "
                "shown then."
            ),
            "parked": env._("Reconnect. Documents wait in the queue, nothing is lost."),
            "new": env._("Connect, and choose the organisation in Xero."),
            "choose": env._("Choose the organisation by its name."),
            "disconnected": env._("Connect again; nothing is sent twice."),
            "paused": env._("It continues automatically. Resume only if you know that Xero answers."),
        }.get(code, "")


class Consent(Check):
    """How long the consent lasts."""

    topic = "consent"
    told_every = DAY

    def label(self, env):
        return env._("Consent")

    def judge(self, facts, is_open):
        if not facts.needs_consent:
            return self.found(OK, "none_needed")
        # A parked connection says what is wrong with its consent itself.
        if facts.state in ("new", "choose", "disconnected", "reauth", "held") or not facts.consent_ends_at:
            return self.found(OK, "unknown")
        left, values = facts.consent_ends_at - facts.now, {"end": facts.consent_ends_at}
        if left <= timedelta(0):
            return self.found(BROKEN, "ended", values, ("reconnect",), alert=True)
        if left < CONSENT_SOON:
            return self.found(ATTENTION, "ends_soon", values, ("reconnect",), alert=True)
        if left < CONSENT_NEAR:
            return self.found(ATTENTION, "ends_soon", values, ("reconnect",))
        return self.found(OK, "ends", values)

    def sentence(self, env, code, values):
        end = values.get("end", "")
        return {
            "none_needed": env._("A custom connection needs no consent."),
            "unknown": env._("No consent is given at present."),
            "ended": env._("The consent ended on %s.", end),
            "ends_soon": env._("The consent ends on %s if nothing renews it.", end),
            "ends": env._("Good until %s; every use starts its 60 days again.", end),
        }[code]

    def advice(self, env, code):
        return {
            "ended": env._("Reconnect. Documents wait in the queue, nothing is lost."),
            "ends_soon": env._(
                "Reconnect, and check that the scheduled action Xero: Keep Consents Alive runs."
            ),
        }.get(code, "")


class Scopes(Check):
    """Whether the consent allows what is needed."""

    topic = "scopes"

    def label(self, env):
        return env._("Permissions")

    def judge(self, facts, is_open):
        missing = missing_scopes(facts.requested_scopes, facts.granted_scopes)
        if not missing or facts.state in ("new", "disconnected"):
            return self.found()
        level = BROKEN if set(missing) & set(NEEDED_SCOPES) else ATTENTION
        return self.found(level, "missing", {"scopes": missing}, ("reconnect",))

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("Every permission that is needed is given.")
        labels = scope_labels(env)
        lacking = ", ".join(dict.fromkeys(labels.get(scope, scope) for scope in values["scopes"]))
        names = ", ".join(values["scopes"])
        return env._("The consent lacks: %(purposes)s (%(names)s).", purposes=lacking, names=names)

    def advice(self, env, code):
        return {"missing": env._("Reconnect and allow everything that is asked for.")}.get(code, "")
