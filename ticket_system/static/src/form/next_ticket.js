import { registry } from "@web/core/registry";

/** Shows the ticket `params.res_id` in the place of the one shown; the way back stays. */
async function nextTicket(env, { params }) {
    const { action } = env.services;
    await action.doAction({ type: "ir.actions.act_window_close" }); // the answer's dialog
    await action.switchView("form", { resId: params.res_id });
}

registry.category("actions").add("ticket_system.next_ticket", nextTicket);
