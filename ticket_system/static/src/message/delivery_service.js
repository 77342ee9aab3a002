import { registry } from "@web/core/registry";

/** What became of an answer, shown at it in every history that is open. */
export const deliveryService = {
    dependencies: ["bus_service", "mail.store"],
    start(env, { bus_service: bus, "mail.store": store }) {
        bus.subscribe("ticket_system.delivery", ({ message_id, delivery, may_retry }) => {
            const message = store["mail.message"].get(message_id);
            if (message?.ticket_route) {
                Object.assign(message.ticket_route, { delivery, may_retry });
            }
        });
    },
};

registry.category("services").add("ticket_system.delivery", deliveryService);
