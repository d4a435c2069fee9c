"""What went wrong with Xero, in words for the person who can act."""

from ...mappers.reason import said
from ...xero_api import errors


def explain(env, error: Exception) -> str:
    """Return ``error`` as a translated sentence with what to do; sentences of our own pass unchanged.

    :param error: of ``xero_api.errors``, or another
    """
    match error:
        case errors.TenantDisconnected():
            return env["xero.reason"]._("The organisation was disconnected in Xero, or your access to it has ended.")
        case errors.Forbidden(scope=str(scope)) if scope:
            return env["xero.reason"]._("The consent lacks the permission %s. Connect again to give it.", scope)
        case errors.Forbidden():
            return env["xero.reason"]._(
                "Xero does not allow this to the person who connected: check the role in Xero and the plan."
            )
        case errors.AppMisconfigured(error=word):
            return env["xero.reason"]._(
                "Xero refuses the app (%s): check client id, client secret and permissions.", word
            )
        case errors.ReauthRequired(reason="invalid_grant"):
            return env["xero.reason"]._("The consent has ended.")
        case errors.RateLimited(scope="day"):
            return env["xero.reason"]._("Today's Xero calls are used up. It continues when Xero's next day begins.")
        case errors.RateLimited():
            return env["xero.reason"]._("Xero's limit of calls was reached. It continues automatically.")
        case errors.Unavailable(intercepted=True) | errors.OutcomeUnknown(intercepted=True):
            return env["xero.reason"]._(
                "Something on the way to Xero, such as a proxy, a firewall or a page of maintenance, answered in "
                "Xero's place (%s). It continues automatically.",
                error.status,
            )
        case errors.Unavailable() | errors.OutcomeUnknown():
            return env["xero.reason"]._("Xero does not answer. It continues automatically.")
    return said(error)
