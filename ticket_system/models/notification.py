CLOSE = {"type": "ir.actions.act_window_close"}  # a form behind it reloads


def notification(kind, message, following=None, **params):
    """The client action that tells `message` and goes on with the action `following`.

    :param kind: "success", "warning" or "danger"
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {"type": kind, "message": message, "next": following, **params},
    }
