"""What a button answers that opens no screen."""


def notice(message: str, *, kind: str = "success", reload: bool = True, **shown) -> dict:
    """Return an action that shows ``message`` in a corner of the screen.

    :param kind: ``success``, ``warning`` or ``danger``
    :param reload: whether the screen is read again afterwards
    :param shown: ``title`` and ``sticky``, as Odoo's client takes them
    """
    params = {"type": kind, "message": message, **shown}
    if reload:
        params["next"] = {"type": "ir.actions.client", "tag": "soft_reload"}
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
