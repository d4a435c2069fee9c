"""The context: what server code hands on in it, and no client can, and what clients send, which may be anything."""


class Own:
    """A value that only code of this server can have put into a context."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def own(**values) -> dict:
    """Return ``values`` for ``with_context``.

    :param values: of any kind, by name
    """
    return {name: Own(value) for name, value in values.items()}


def own_value(env, name: str, default=None):
    """Return what server code put into the context of ``env`` as ``name``; ``default`` for what a client sent."""
    found = env.context.get(name)
    return found.value if isinstance(found, Own) else default


def sent_value(env, name: str, kind: type):
    """Return what a client sent in the context of ``env`` as ``name``; the empty value of ``kind`` for anything that is
    none of it.
    """
    found = env.context.get(name)
    return found if isinstance(found, kind) else kind()
