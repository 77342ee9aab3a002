import { registry } from "@web/core/registry";

/** Messages came from another ticket or went there: a history known here is read anew. */
export const movedService = {
    dependencies: ["bus_service", "mail.store"],
    start(env, { bus_service: bus, "mail.store": store }) {
        bus.subscribe("ticket_system.moved", async ({ id }) => {
            const thread = store.Thread.get({ model: "ticket.ticket", id });
            if (!thread?.isLoaded) {
                return;
            }
            const messages = await thread.fetchMessages().catch(() => null); // out of reach
            if (messages) {
                const loadOlder = messages.length === store.FETCH_LIMIT;
                Object.assign(thread, { messages, loadOlder });
            }
        });
    },
};

registry.category("services").add("ticket_system.moved", movedService);
