import { Component, markup } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Shows the automatic answer as it is typed, filled in; nothing is saved by that. */
export class AnswerPreview extends Component {
    static template = "ticket_system.AnswerPreview";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
    }

    async preview() {
        await this.props.record.isDirty(); // what is typed has arrived
        const { data, resId } = this.props.record;
        const { subject, body } = await this.orm.call("fetchmail.server", "preview_autoresponse", [
            resId ? [resId] : [],
            data.autoresponder_subject || "",
            (data.autoresponder_body || "").toString(),
        ]);
        this.dialog.add(ConfirmationDialog, {
            title: _t("Preview"),
            body: markup`<p class="fw-bold text-break">${subject}</p>${markup(body)}`,
        });
    }
}

registry.category("view_widgets").add("ticket_answer_preview", { component: AnswerPreview });
