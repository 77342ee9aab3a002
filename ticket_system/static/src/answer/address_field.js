import { Component } from "@odoo/owl";

import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const SHORTEST = 2; // characters before anything is offered

class AddressInput extends AutoComplete {
    /** There may be several addresses: none is overwritten by the first key. */
    onInputFocus(ev) {
        this.props.onFocus(ev);
    }
}

/** Addresses separated by commas; the last one is completed while it is typed. */
export class AddressField extends Component {
    static template = "ticket_system.AddressField";
    static components = { AddressInput };
    static props = { ...standardFieldProps, placeholder: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    get sources() {
        return [{ options: (text) => this.complete(text) }];
    }

    async complete(text) {
        const [, others, term] = text.match(/^(.*,\s*)?([^,]*)$/s);
        if (term.trim().length < SHORTEST) {
            return [];
        }
        const found = await this.orm.call("ticket.reply", "complete_address", [
            this.props.record.data.ticket_id.id,
            term.trim(),
        ]);
        return found.map((address) => ({
            label: address,
            onSelect: () => this.update(`${others || ""}${address}, `),
        }));
    }

    update(value) {
        return this.props.record.update({ [this.props.name]: value });
    }
}

registry.category("fields").add("ticket_addresses", {
    component: AddressField,
    supportedTypes: ["char"],
    extractProps: ({ placeholder }) => ({ placeholder }),
});
