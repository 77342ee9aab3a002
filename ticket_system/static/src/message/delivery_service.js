import { registry } from "@web/core/registry";

/** What became of an answer, shown at it in every history that is open.
 *  A history that was read before and comes in afterwards does not take it back. */
export const deliveryService = {
    dependencies: ["bus_service", "mail.store"],
    start(env, { bus_service: bus, "mail.store": store }) {
        store.ticketDeliveries = {};
        bus.subscribe("ticket_system.delivery", ({ message_id, delivery, may_retry }) => {
            store.ticketDeliveries[message_id] = { delivery, may_retry };
            store["mail.message"].get(message_id)?.showDelivery();
        });
    },
};

registry.category("services").add("ticket_system.delivery", deliveryService);
