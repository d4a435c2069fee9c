"""What waits for a person's decision, and whether both books agree."""

from datetime import timedelta

from ..check import ATTENTION, OK, Check

MARKS_TOLD = timedelta(days=7)


class Mapping(Check):
    """Accounts and taxes that wait for a decision."""

    topic = "mapping"

    def label(self, env):
        return env._("Accounts and taxes")

    def judge(self, facts, is_open):
        if facts.mapping_gaps:
            return self.found(ATTENTION, "gaps", {"count": facts.mapping_gaps}, ("mapping",))
        return self.found()

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("Every account and tax in use has its counterpart.")
        return env._("Accounts and taxes that wait for a decision: %s.", values["count"])

    def advice(self, env, code):
        return {"gaps": env._("Documents that use them wait until you decide.")}.get(code, "")


class Conflicts(Check):
    """Records that changed on both sides."""

    topic = "conflicts"

    def label(self, env):
        return env._("Conflicts")

    def judge(self, facts, is_open):
        if facts.conflicts:
            return self.found(ATTENTION, "open", {"count": facts.conflicts}, ("conflicts",))
        return self.found()

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("No record was changed on both sides.")
        return env._("Records that changed on both sides and wait for a decision: %s.", values["count"])

    def advice(self, env, code):
        return {"open": env._("Review them: nothing is overwritten meanwhile.")}.get(code, "")


class Drafts(Check):
    """Documents that were reset to draft and forgotten: Xero's ledger still has them. Nothing where there are none."""

    topic = "drafts"

    def label(self, env):
        return env._("Drafts that Xero keeps")

    def judge(self, facts, is_open):
        if not facts.old_drafts:
            return None
        return self.found(ATTENTION, "old", {"count": facts.old_drafts}, ("drafts",))

    def sentence(self, env, code, values):
        return env._(
            "Documents that were reset to draft more than a week ago and are unchanged in Xero: %s.", values["count"]
        )

    def advice(self, env, code):
        return {"old": env._("Post each again and Xero is updated, or cancel it and it is voided there.")}.get(code, "")


class Rates(Check):
    """Exchange rates of Xero that a person has to look at, or that Odoo has otherwise. Nothing where all is well."""

    topic = "rates"

    def label(self, env):
        return env._("Exchange rates")

    def judge(self, facts, is_open):
        if facts.rates_open:
            return self.found(ATTENTION, "open", {"count": facts.rates_open}, ("rates",))
        if facts.rates_apart:
            return self.found(ATTENTION, "apart", {"count": facts.rates_apart}, ("rates",))
        return None

    def sentence(self, env, code, values):
        if code == "open":
            return env._("Exchange rates of Xero that wait for a decision: %s.", values["count"])
        return env._(
            "Days of the last month on which Odoo's exchange rate is more than 5 %% from Xero's: %s.", values["count"]
        )

    def advice(self, env, code):
        return {"apart": env._("Compare the two: the same document has another worth in each book.")}.get(code, "")


class Quarantine(Check):
    """What Xero gave and nobody could read."""

    topic = "quarantine"
    # People are told once, while there is any.
    told_every = timedelta(days=365)

    def label(self, env):
        return env._("Quarantine")

    def judge(self, facts, is_open):
        if facts.quarantined:
            return self.found(ATTENTION, "odd", {"count": facts.quarantined}, ("quarantine",), alert=True)
        return self.found()

    def sentence(self, env, code, values):
        if code == "ok":
            return env._("Everything that Xero gave could be read.")
        return env._(
            "Elements of Xero that could not be read or imported: %s. Nothing else waits for them.", values["count"]
        )

    def advice(self, env, code):
        return {
            "odd": env._(
                "See what is wrong with each, fix it in Xero and try again; dismiss what nobody needs."
            ),
        }.get(code, "")


class Marks(Check):
    """Marks of this Odoo that do not hold. Nothing where every mark does; of any number people hear once."""

    topic = "marks"
    # People are told once, while there is any.
    told_every = timedelta(days=365)

    def label(self, env):
        return env._("Marks in Xero")

    def judge(self, facts, is_open):
        if not facts.false_marks_at or facts.false_marks_at < facts.now - MARKS_TOLD:
            return None
        return self.found(ATTENTION, "false", {"at": facts.false_marks_at}, alert=True)

    def sentence(self, env, code, values):
        return env._(
            "Records in Xero falsely say that they were made by this Odoo, last read on %s. None was linked or changed "
            "anything here.",
            values.get("at"),
        )

    def advice(self, env, code):
        return {
            "false": env._(
                "The log names them. A copy made in Xero is harmless; if nobody knows of one, look who else may write "
                "there."
            ),
        }.get(code, "")


class Books(Check):
    """Whether both books agree. Nothing where they were never compared and cannot be."""

    topic = "books"
    # The books are compared once a week.
    told_every = timedelta(days=7)

    def label(self, env):
        return env._("Reconciliation")

    def judge(self, facts, is_open):
        if facts.books_failed_at:
            values = {"at": facts.books_failed_at, "reason": facts.books_reason}
            return self.found(ATTENTION, "failed", values, ("reconcile",), alert=True)
        if facts.differences is None:
            return None
        values = {"count": facts.differences, "at": facts.reconciled_at}
        if not facts.reconciled_at:
            return self.found(OK, "never", {}, ("reconcile",))
        if facts.differences:
            told = is_open or not facts.books_by_person
            return self.found(ATTENTION, "differ", values, ("reconciliation", "reconcile"), alert=told)
        if facts.books_waiting:
            values["count"] = facts.books_waiting
            return self.found(ATTENTION, "waiting", values, ("reconciliation", "reconcile"))
        return self.found(OK, "agree", values, ("reconcile",))

    def sentence(self, env, code, values):
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

    def advice(self, env, code):
        return {
            "differ": env._("Open the differences and fix them."),
            "failed": env._("Fix the cause, then click Reconcile. It is tried again tomorrow."),
            "waiting": env._("Open Runs and let the history go on, then reconcile again."),
            "never": env._("Click Reconcile to prove that they agree."),
        }.get(code, "")
