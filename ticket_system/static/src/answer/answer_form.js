import { useBus } from "@web/core/utils/hooks";
import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** An answer that nobody has begun does not become a draft when the page is left. */
class AnswerFormController extends FormController {
    setup() {
        super.setup();
        this.isBeingTyped = false;
        useBus(this.model.bus, "FIELD_IS_DIRTY", ({ detail }) => {
            this.isBeingTyped = detail;
        });
    }

    async beforeUnload(ev) {
        const { root } = this.model;
        if (!root.isNew || root.dirty || this.isBeingTyped) {
            await super.beforeUnload(ev);
        }
    }
}

registry
    .category("views")
    .add("ticket_answer_form", { ...formView, Controller: AnswerFormController });
