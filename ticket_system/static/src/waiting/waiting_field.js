import { Component, xml } from "@odoo/owl";

import { formatDateTime } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime, Duration } = luxon;

const UNITS = ["weeks", "days", "hours", "minutes"];

/** How long somebody has waited by now, in the largest unit; red from a day on. */
export class WaitingField extends Component {
    static template = xml`
        <span t-if="since" t-att-class="{ 'text-danger': isLong }" t-att-title="sinceText" t-esc="text"/>
    `;
    static props = { ...standardFieldProps };

    get since() {
        return this.props.record.data[this.props.name];
    }

    get sinceText() {
        return formatDateTime(this.since);
    }

    get waited() {
        return DateTime.now().diff(this.since);
    }

    get isLong() {
        return this.waited.as("days") >= 1;
    }

    get text() {
        const unit = UNITS.find((name) => this.waited.as(name) >= 1) || UNITS.at(-1);
        const count = Math.max(Math.floor(this.waited.as(unit)), 0);
        return Duration.fromObject({ [unit]: count }).toHuman({ unitDisplay: "short" });
    }
}

export const waitingField = { component: WaitingField, supportedTypes: ["datetime"] };

registry.category("fields").add("ticket_waiting", waitingField);
