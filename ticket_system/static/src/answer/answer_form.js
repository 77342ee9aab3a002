import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/**
 * An answer that nobody has begun does not become a draft when the dialog or the page is
 * left; one that somebody has begun is kept to its last word, and not thrown away unasked.
 */
class AnswerFormController extends FormController {
    setup() {
        super.setup();
        this.dialog = useService("dialog");
        if (this.env.inDialog) {
            this.env.dialogData.dismiss = () => this.dismiss();
        }
        this.isBeingTyped = false;
        useBus(this.model.bus, "FIELD_IS_DIRTY", ({ detail }) => {
            this.isBeingTyped = detail;
        });
    }

    get isBegun() {
        const { root } = this.model;
        return !root.isNew || root.dirty || this.isBeingTyped;
    }

    async dismiss() {
        if (!(await this.mayDismiss())) {
            await new Promise(() => {}); // it stays open
        }
    }

    async mayDismiss() {
        return !this.isBegun || this.model.root.save({ reload: false });
    }

    async beforeUnload(ev) {
        if (this.isBegun) {
            await super.beforeUnload(ev);
        }
    }

    async beforeExecuteActionButton(button) {
        if (button.name === "action_discard" && !(await this.mayDiscard())) {
            return false;
        }
        return super.beforeExecuteActionButton(button);
    }

    /** @returns {Promise<boolean>} whether there is nothing to lose, or the author agrees */
    async mayDiscard() {
        if (!this.isBegun) {
            return true;
        }
        document.getSelection().removeAllRanges(); // else a phone shows the editor's bar
        return new Promise((resolve) => {
            const question = {
                title: _t("Discard this answer?"),
                body: _t("What you wrote will be lost."),
                confirmLabel: _t("Discard"),
                confirm: () => resolve(true),
                cancelLabel: _t("Go On Writing"),
                cancel: () => resolve(false),
            };
            const onClose = () => resolve(false);
            this.dialog.add(ConfirmationDialog, question, { onClose });
        });
    }
}

/** An answer to several tickets has no draft: it is not given up by Escape alone. */
class BatchFormController extends AnswerFormController {
    mayDismiss() {
        return this.mayDiscard();
    }
}

const views = registry.category("views");
views.add("ticket_answer_form", { ...formView, Controller: AnswerFormController });
views.add("ticket_batch_form", { ...formView, Controller: BatchFormController });
