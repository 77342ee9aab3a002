import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** Tells what has been done to some tickets, and offers to undo it. */
function changed(env, action) {
    const { message, undo } = action.params;
    const { action: actions, notification, orm } = env.services;
    const close = notification.add(message, {
        type: "success",
        buttons: [
            {
                name: _t("Undo"),
                onClick: async () => {
                    close();
                    await orm.call("ticket.ticket", "action_undo", [undo]);
                    await actions.doAction({ type: "ir.actions.client", tag: "soft_reload" });
                },
            },
        ],
    });
    return { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("ticket_system.changed", changed);
