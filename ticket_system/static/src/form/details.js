import { Component, useState, xml } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** On a phone the mails come first: the fields above them are folded until asked for. */
export class TicketDetails extends Component {
    static template = xml`
        <button
            type="button"
            class="o_ticket_details btn btn-link d-flex d-md-none align-items-baseline w-100 p-0 text-start"
            t-att-class="{ o_ticket_details_shown: state.isShown }"
            t-att-aria-expanded="state.isShown"
            t-on-click="() => (this.state.isShown = !this.state.isShown)"
        >
            <span class="flex-grow-1 text-truncate" t-esc="summary"/>
            <i class="fa ms-2" t-att-class="state.isShown ? 'fa-caret-up' : 'fa-caret-down'"/>
        </button>
    `;
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ isShown: false });
    }

    get summary() {
        const { partner_id, partner_name, email_from, queue_id, user_id } = this.props.record.data;
        const customer = partner_id?.display_name || partner_name || email_from;
        const [name] = (customer || "").split("\n"); // the address stands below it
        const known = [name, queue_id?.display_name, user_id?.display_name].filter(Boolean);
        return known.join(" · ") || _t("Customer and Work");
    }
}

registry.category("view_widgets").add("ticket_details", { component: TicketDetails });
