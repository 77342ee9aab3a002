import { Component, onMounted, onWillDestroy, useState } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** In an answer: who else has its ticket open. */
class Colleagues extends Component {
    static template = "ticket_system.Colleagues";
    static props = { ...standardWidgetProps };

    setup() {
        const bus = useService("bus_service");
        this.orm = useService("orm");
        this.state = useState({ names: "" });
        const onPresence = ({ id }) => id === this.ticketId && this.look();
        bus.subscribe("ticket_system.presence", onPresence);
        onMounted(() => this.look()); // the dialog does not wait for it
        onWillDestroy(() => bus.unsubscribe("ticket_system.presence", onPresence));
    }

    get ticketId() {
        return this.props.record.data.ticket_id.id;
    }

    /** A search, for the ticket may be out of reach by now. */
    async look() {
        const domain = [["id", "=", this.ticketId]];
        const specification = { editor_ids: { fields: { name: {} } } };
        const { records } = await this.orm.silent.webSearchRead("ticket.ticket", domain, {
            specification,
        });
        const editors = records.flatMap((ticket) => ticket.editor_ids);
        const others = editors.filter(({ id }) => id !== user.userId);
        this.state.names = others.map(({ name }) => name).join(", ");
    }
}

registry.category("view_widgets").add("ticket_colleagues", { component: Colleagues });
