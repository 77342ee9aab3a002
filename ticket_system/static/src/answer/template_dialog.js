import { Component, markup, onWillStart, useState } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { normalize } from "@web/core/l10n/utils";
import { groupBy } from "@web/core/utils/arrays";
import { useAutofocus, useService } from "@web/core/utils/hooks";

/** The templates offered on a ticket, by category, searched while typing, with a preview. */
export class TemplateDialog extends Component {
    static template = "ticket_system.TemplateDialog";
    static components = { Dialog };
    static props = {
        ticketIds: { type: Array, element: Number },
        onChosen: Function,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        useAutofocus();
        this.state = useState({ term: "", index: 0 });
        onWillStart(async () => {
            const offers = await this.orm.call("ticket.template", "offers", [this.props.ticketIds]);
            this.offers = offers.map((offer) => ({ ...offer, body: markup(offer.body) }));
        });
    }

    get categories() {
        const term = normalize(this.state.term);
        const found = this.offers.filter(({ name, category, body }) =>
            normalize(`${name} ${category} ${body}`).includes(term)
        );
        return Object.entries(groupBy(found, "category"));
    }

    get found() {
        return this.categories.flatMap(([, offers]) => offers);
    }

    get current() {
        return this.found[this.state.index] || this.found[0];
    }

    onInput(ev) {
        Object.assign(this.state, { term: ev.target.value, index: 0 });
    }

    onKeydown(ev) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[ev.key];
        if (step) {
            ev.preventDefault();
            const last = this.found.length - 1;
            this.state.index = Math.min(Math.max(this.state.index + step, 0), last);
        } else if (ev.key === "Enter" && this.current) {
            ev.preventDefault();
            this.choose(this.current);
        }
    }

    show(offer) {
        this.state.index = this.found.indexOf(offer);
    }

    choose(offer) {
        this.props.onChosen(offer);
        this.props.close();
    }
}
