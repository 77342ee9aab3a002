import { Component, markup } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/**
 * Shows what a number of days, as it is typed, would remove; nothing is saved by that.
 * Lists save a row as soon as it is left, so there the stored number is put back.
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
        this.notification = useService("notification");
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
        const ids = isOfRecord ? [record.resId] : [];
        const { days } = this;
        const action = await this.orm.call(model, method, [ids, days]);
        const isPutBack = isOfRecord && (await this.putBack());
        await this.action.doAction(
            { ...action, help: markup(action.help) },
            { onClose: () => isPutBack && this.tellPutBack(days) }
        );
    }

    /** Whether another number was typed than the stored one. */
    async putBack() {
        const { field, model, record } = this.props;
        const [stored] = await this.orm.read(model, [record.resId], [field]);
        if (stored[field] === this.days) {
            return false;
        }
        await record.update({ [field]: stored[field] });
        return true;
    }

    tellPutBack(days) {
        this.notification.add(
            _t("This was a preview: nothing is changed. Enter %s again to set it.", days),
            { type: "info" }
        );
    }
}

registry.category("view_widgets").add("ticket_preview", {
    component: PreviewButton,
    extractProps: ({ options }) => ({ isOfRecord: false, ...options }),
});
