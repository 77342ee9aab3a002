import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

import { useLeaveOutOfReach } from "./out_of_reach";

const DECISIVE = ["queue_id", "user_id", "is_private", "company_id"];

/** Leaves a ticket that its agent has just handed over. */
class TicketFormController extends FormController {
    setup() {
        super.setup();
        this.leaveIfOutOfReach = useLeaveOutOfReach();
        this.isLeaving = false;
    }

    async onRecordSaved(record, changes) {
        await super.onRecordSaved(record, changes);
        const isDecisive = DECISIVE.some((name) => name in changes);
        if (isDecisive && !this.isLeaving && !this.env.inDialog) {
            this.isLeaving = true; // the changes are saved, though they still look unsaved
            if (await this.leaveIfOutOfReach(record)) {
                await new Promise(() => {}); // nothing more happens here
            }
            this.isLeaving = false;
        }
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
