import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

const DECISIVE = ["queue_id", "user_id", "is_private", "company_id"];

/** Goes back to where one came from when a ticket was handed over to where others see it. */
class TicketFormController extends FormController {
    setup() {
        super.setup();
        this.notification = useService("notification");
        this.isLeaving = false;
    }

    async onRecordSaved(record, changes) {
        await super.onRecordSaved(record, changes);
        if (!this.isLeaving && DECISIVE.some((name) => name in changes)) {
            await this.leaveIfOutOfReach(record);
        }
    }

    async leaveIfOutOfReach({ resModel, resId, data }) {
        if (this.env.inDialog || (await this.orm.searchCount(resModel, [["id", "=", resId]]))) {
            return;
        }
        const message = _t("“%s” is with others now, out of your sight.", data.name);
        this.notification.add(message, { type: "success" });
        this.isLeaving = true;
        this.env.config.historyBack();
        await new Promise(() => {}); // nothing more happens here: it could not be read
    }

    async beforeLeave() {
        if (this.isLeaving) {
            return true;
        }
        this.isLeaving = true;
        try {
            return await super.beforeLeave(...arguments);
        } finally {
            this.isLeaving = false;
        }
    }
}

registry.category("views").add("ticket_form", { ...formView, Controller: TicketFormController });
