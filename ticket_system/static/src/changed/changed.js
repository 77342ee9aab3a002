import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

const TIME_TO_UNDO = 10; // s

/**
 * Tells what has been done, and offers to undo it.
 *
 * Parameters: `message`; `undo`, the call of the server that does it: model, method,
 * arguments, if it can be; `seconds` for that, if more than usual; `open`, an action that
 * shows what came of it; `next`, the action to go on with.
 */
function changed(env, action) {
    const { message, undo, seconds = 0, open, next } = action.params;
    const { action: actions, notification, orm } = env.services;
    env.bus.trigger("ticket_system.changed");
    const undoing = {
        name: _t("Undo"),
        onClick: async () => {
            close();
            const following = await orm.call(...undo);
            await actions.doAction({ type: "ir.actions.client", tag: "soft_reload" });
            env.bus.trigger("ticket_system.changed");
            if (following) {
                await actions.doAction(following);
            }
        },
    };
    const opening = {
        name: _t("Show Ticket"),
        onClick: () => {
            close();
            return actions.doAction(open);
        },
    };
    const close = notification.add(message, {
        type: "success",
        className: "o_ticket_changed",
        autocloseDelay: Math.max(seconds, TIME_TO_UNDO) * 1000,
        buttons: [...(undo ? [undoing] : []), ...(open ? [opening] : [])],
    });
    return next || { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("ticket_system.changed", changed);
