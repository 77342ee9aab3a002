import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
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

    get isBegun() {
        const { root } = this.model;
        return !root.isNew || root.dirty || this.isBeingTyped;
    }

    async beforeUnload(ev) {
        if (this.isBegun) {
            await super.beforeUnload(ev);
        }
    }
}

/** An answer to several tickets has no draft: it is not given up by Escape alone. */
class BatchFormController extends AnswerFormController {
    setup() {
        super.setup();
        const dialog = useService("dialog");
        const ask = (confirm) =>
            dialog.add(ConfirmationDialog, {
                title: _t("Discard this answer?"),
                body: _t("What you wrote is kept nowhere."),
                confirmLabel: _t("Discard"),
                confirm,
                cancelLabel: _t("Go On Writing"),
                cancel: () => {},
            });
        this.env.dialogData.dismiss = () => this.isBegun && new Promise(ask);
    }
}

const views = registry.category("views");
views.add("ticket_answer_form", { ...formView, Controller: AnswerFormController });
views.add("ticket_batch_form", { ...formView, Controller: BatchFormController });
