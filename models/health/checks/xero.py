"""What Xero's side tells: calls, deliveries, time."""

from datetime import timedelta

from ..check import ATTENTION, BROKEN, DAY, OK, Check, calls_left, is_flowing, is_paused, is_reserve, is_working

# Xero tries for 24 hours to deliver and then switches a webhook off.
WEBHOOK_GRACE = timedelta(hours=24)
# Xero tries an address with wrong signatures on purpose, right beside right ones.
REFUSED_GRACE = timedelta(minutes=10)
CLOCK_SECONDS = 60


class Calls(Check):
    """What is left of the day's calls."""

    topic = "calls"
    told_every = DAY

    def label(self, env):
        return env._("Calls to Xero")

    def judge(self, facts, is_open):
        left = calls_left(facts)
        if left is None:
            return self.found(OK, "unknown")
        values = {"left": left, "limit": facts.day_limit}
        if left == 0:
            values["until"] = facts.paused_until if is_paused(facts) else None
            return self.found(BROKEN, "used_up", values, alert=is_working(facts))
        if is_reserve(facts):
            return self.found(ATTENTION, "reserve", values)
        return self.found(OK, "left", values)

    def sentence(self, env, code, values):
        left, limit = values.get("left"), values.get("limit")
        until = values.get("until") or env._("when Xero's next day begins")
        return {
            "unknown": env._("Seen with the first call."),
            "used_up": env._("Today's calls are used up. It goes on %s.", until),
            "reserve": env._(
                "%(left)s of %(limit)s calls are left today; those are kept for people.", left=left, limit=limit
            ),
            "left": env._("%(left)s of %(limit)s calls are left today.", left=left, limit=limit),
        }[code]

    def advice(self, env, code):
        return {
            "used_up": env._("Nothing is lost. Ask Xero for a higher limit if it happens often."),
            "reserve": env._("Background work goes on tomorrow; what people click is sent now."),
        }.get(code, "")


class Webhook(Check):
    """Whether Xero's deliveries arrive."""

    topic = "webhook"
    told_every = DAY

    def label(self, env):
        return env._("Webhooks")

    def judge(self, facts, is_open):
        seen, changes = facts.webhook_seen_at, facts.changes_read_at
        refused = {"count": facts.webhook_refused, "refused": facts.webhook_refused_at} if facts.webhook_refused else {}
        if not facts.webhook_key_set:
            code = "keyless" if refused else "none"
            return self.found(ATTENTION if refused else OK, code, refused, ("webhook",))
        missed = is_flowing(facts) and changes and seen and changes - seen > WEBHOOK_GRACE
        if self._refuses(facts):
            return self.found(ATTENTION, "refused", refused, ("webhook",), alert=bool(missed))
        if not seen:
            late = facts.connected_at and facts.now - facts.connected_at > WEBHOOK_GRACE
            return self.found(ATTENTION if late else OK, "never", actions=("webhook",))
        if missed:
            values = {"last": seen, "changes": changes}
            return self.found(ATTENTION, "disabled", values, ("webhook",), alert=True)
        odd = {"odd": facts.webhook_odd} if facts.webhook_odd else {}
        return self.found(OK, "seen", {"last": seen, **refused, **odd}, ("webhook",))

    def _refuses(self, facts) -> bool:
        """Whether deliveries are refused and none is right: the key is another one, or somebody else posts."""
        refused, seen = facts.webhook_refused_at, facts.webhook_seen_at
        if not refused or not seen:
            return bool(refused)
        return refused - seen > REFUSED_GRACE and facts.now - refused < WEBHOOK_GRACE

    def sentence(self, env, code, values):
        told = self._told(env, code, values)
        if not values.get("odd"):
            return told
        return " ".join([told, env._("Rightly signed events that said nothing readable: %s.", values["odd"])])

    def _told(self, env, code, values):
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
                "%(count)s deliveries were refused for a wrong signature, the last on %(refused)s, and no right one "
                "came "
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

    def advice(self, env, code):
        return {
            "none": env._("Set it up to see changes within seconds."),
            "keyless": env._(
                "Copy the signing key from Xero's developer portal into the app here, or delete the webhook there."
            ),
            "refused": env._(
                "Copy the signing key from Xero's developer portal again. If it is the right one, somebody else posts "
                "to the "
                "address; that is refused and changes nothing."
            ),
            "never": env._("Check the delivery URL and the signing key in Xero's developer portal."),
            "disabled": env._("Open the app in Xero's developer portal and enable the webhook again."),
        }.get(code, "")


class Clock(Check):
    """Whether Odoo's clock and Xero's agree."""

    topic = "clock"

    def label(self, env):
        return env._("Clock")

    def judge(self, facts, is_open):
        seconds = round(facts.clock_offset)
        level = ATTENTION if abs(seconds) > CLOCK_SECONDS else OK
        return self.found(level, "off" if level != OK else "ok", {"seconds": seconds})

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("Odoo's clock and Xero's agree.")
        if values["seconds"] < 0:
            return env._("Xero's clock is %s seconds behind this server's.", -values["seconds"])
        return env._("Xero's clock is %s seconds ahead of this server's.", values["seconds"])

    def advice(self, env, code):
        return {"off": env._("Have the server keep its time (NTP).")}.get(code, "")
