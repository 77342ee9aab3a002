import { Component, onWillStart, onWillUnmount, useState } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/** For administrators: how many mails wait in quarantine, if any. */
export class QuarantineMenu extends Component {
    static template = "ticket_system.QuarantineMenu";
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ count: 0 });
        const bus = useService("bus_service");
        const update = ({ count }) => (this.state.count = count);
        bus.subscribe("ticket_system.quarantine", update);
        onWillUnmount(() => bus.unsubscribe("ticket_system.quarantine", update));
        onWillStart(async () => {
            if (await user.hasGroup("ticket_system.group_administrator")) {
                this.state.count = await this.orm.searchCount("ticket.mail", [
                    ["state", "=", "quarantined"],
                ]);
            }
        });
    }

    open() {
        this.action.doAction("ticket_system.ticket_mail_action", {
            additionalContext: { search_default_quarantined: 1 },
            clearBreadcrumbs: true,
        });
    }
}

registry
    .category("systray")
    .add("ticket_system.quarantine", { Component: QuarantineMenu }, { sequence: 40 });
