import { Component, markup } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Shows what a number of days, as it is typed, would remove; nothing is saved by that.
 *
 * Options: the field of the days; the method that gives the action, and its model. It
 * is called on `isOfRecord`: the record itself, else on none.
 */
export class PreviewButton extends Component {
    static template = "ticket_system.PreviewButton";
    static props = {
        ...standardWidgetProps,
        model: String,
        method: String,
        field: String,
        isOfRecord: Boolean,
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get days() {
        return this.props.record.data[this.props.field];
    }

    get isOffered() {
        const { isOfRecord, record } = this.props;
        return this.days > 0 && (!isOfRecord || Boolean(record.resId));
    }

    async preview() {
        const { isOfRecord, method, model, record } = this.props;
        await record.isDirty(); // what is typed has arrived
        const ids = isOfRecord ? [record.resId] : [];
        const action = await this.orm.call(model, method, [ids, this.days]);
        await this.action.doAction({ ...action, help: markup(action.help) });
    }
}

registry.category("view_widgets").add("ticket_preview", {
    component: PreviewButton,
    extractProps: ({ options }) => ({ isOfRecord: false, ...options }),
});
