import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

const TIME_TO_UNDO = 10; // s
const UNDONE = "ticket_system.undone";

/** Calls the server to undo something, and shows the draft that comes of it, if any. */
export async function undo(env, model, method, args) {
    const { action: actions, orm } = env.services;
    const draft = await orm.call(model, method, args);
    await actions.doAction({ type: "ir.actions.client", tag: "soft_reload" });
    env.bus.trigger("ticket_system.changed");
    if (draft) {
        env.bus.trigger(UNDONE, draft);
        await actions.doAction(draft, {
            onClose: (infos) => infos?.isLeft || env.bus.trigger("ticket_system.reload"),
        });
    }
}

/**
 * Tells what has been done, and offers to undo it.
 *
 * Parameters: `message`; `undo`, the call of the server that does it: model, method,
 * arguments, if it can be; `seconds` for that, if more than usual; `open`, an action that
 * shows what came of it; `next`, the action to go on with.
 */
function changed(env, action) {
    const { message, undo: call, seconds = 0, open, next } = action.params;
    const { action: actions, notification } = env.services;
    env.bus.trigger("ticket_system.changed");
    const undoing = {
        name: _t("Undo"),
        onClick: () => {
            close();
            return undo(env, ...call);
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
        buttons: [...(call ? [undoing] : []), ...(open ? [opening] : [])],
        onClose: () => env.bus.removeEventListener(UNDONE, closeIfUndone),
    });
    const closeIfUndone = ({ detail: { res_model, res_id } }) =>
        call && call[0] === res_model && call[2][0].includes(res_id) && close();
    env.bus.addEventListener(UNDONE, closeIfUndone);
    return next || { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("ticket_system.changed", changed);
