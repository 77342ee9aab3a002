import { registry } from "@web/core/registry";

/** Shows the ticket `params.res_id` in the place of the one shown; the way back stays. */
async function nextTicket(env, { params }) {
    const close = { type: "ir.actions.act_window_close", infos: { isLeft: true } };
    await env.services.action.doAction(close); // a dialog
    env.bus.trigger("ticket_system.show", params.res_id);
}

registry.category("actions").add("ticket_system.next_ticket", nextTicket);
