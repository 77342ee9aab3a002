import { registry } from "@web/core/registry";

/** Shows the ticket `params.res_id` in the place of the one shown, if there is one; the way
 *  back stays. */
async function nextTicket(env, { params }) {
    const close = { type: "ir.actions.act_window_close", infos: { isLeft: true } };
    await env.services.action.doAction(close); // a dialog
    const wish = { resId: params.res_id, isMet: false };
    env.bus.trigger("ticket_system.show", wish);
    if (!wish.isMet) {
        await env.services.action.doAction({
            type: "ir.actions.act_window",
            res_model: "ticket.ticket",
            res_id: params.res_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("ticket_system.next_ticket", nextTicket);
