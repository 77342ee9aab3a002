import { onWillUnmount } from "@odoo/owl";

import { HtmlField, htmlField } from "@html_editor/fields/html_field";
import { closestElement } from "@html_editor/utils/dom_traversal";
import { parseHTML } from "@html_editor/utils/html";

import { browser } from "@web/core/browser/browser";
import { hasTouch } from "@web/core/browser/feature_detection";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

import { TemplateDialog } from "./template_dialog";

const AUTOSAVE = 3000; // ms

/** The text of an answer: kept as a draft while it is written; takes templates. */
export class AnswerField extends HtmlField {
    static template = "ticket_system.AnswerField";

    setup() {
        super.setup();
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        const bus = useService("bus_service");
        const onWritten = ({ id }) =>
            id === this.props.record.data.ticket_id?.id && this.tellNews();
        const timer = browser.setInterval(() => this.keepDraft(), AUTOSAVE);
        bus.subscribe("ticket_system.written", onWritten);
        this.env.bus.trigger("ticket_system.writing");
        onWillUnmount(() => {
            browser.clearInterval(timer);
            bus.unsubscribe("ticket_system.written", onWritten);
        });
    }

    /** The first save gives the draft an id; the editor and its cursor stay. */
    get wysiwygKey() {
        return `${this.state.key}`;
    }

    get ticketIds() {
        const { ticket_id, ticket_ids } = this.props.record.data;
        return ticket_id ? [ticket_id.id] : ticket_ids.currentIds;
    }

    /** In paragraphs, for a mail program keeps no distance between Odoo's own blocks. */
    getConfig() {
        return {
            ...super.getConfig(),
            baseContainers: ["P"],
            onEditorReady: () => this.placeCursor(),
        };
    }

    /**
     * The cursor waits where the answer is to be written, above the signature; in a draft
     * without room left behind the first line that its author wrote.
     *
     * Where the recipient is known, writing may begin there at once; on a phone after a
     * touch, for the keyboard would hide the rest.
     */
    placeCursor() {
        const { editable, shared } = this.editor;
        const { record } = this.props;
        const blocks = [...editable.children];
        const room = blocks.find((block) => !block.textContent.trim());
        const [first, second = first] = blocks;
        const written = record.resModel === "ticket.forward" ? first : second;
        if (room) {
            shared.selection.setCursorStart(room);
        } else if (written && !record.isNew) {
            shared.selection.setCursorEnd(written);
        } else {
            return;
        }
        if (record.data.email_to) {
            browser.setTimeout(() =>
                hasTouch() ? document.activeElement.blur() : shared.selection.focusEditable()
            );
        }
    }

    async keepDraft() {
        const { record } = this.props;
        if (this.isDirty || record.dirty) {
            await record.save({ reload: false });
            this.env.bus.trigger("ticket_system.writing");
        }
    }

    /**
     * Somebody wrote on the ticket meanwhile: shows it above the answer.
     *
     * An answer that nobody has begun yet does not become a draft by that.
     */
    async tellNews() {
        const { record } = this.props;
        if (record.isNew && !this.isDirty && !record.dirty) {
            const message = _t("Somebody wrote on this ticket meanwhile.");
            this.notification.add(message, { type: "warning" });
            return;
        }
        await record.save({ reload: false });
        if (await this.ormService.call(record.resModel, "look_for_news", [record.resId])) {
            await record.load();
        }
    }

    /** Moves the cursor out of a line with text, into a new one below. */
    makeRoom() {
        const { document, shared } = this.editor;
        const { anchorNode } = shared.selection.getEditableSelection();
        const line = closestElement(anchorNode, "p, .o-paragraph");
        if (line?.textContent.trim()) {
            const room = document.createElement("p");
            room.append(document.createElement("br"));
            line.after(room);
            shared.selection.setCursorStart(room);
        }
    }

    chooseTemplate() {
        this.dialog.add(
            TemplateDialog,
            {
                ticketIds: this.ticketIds,
                onChosen: (offer) => this.insertTemplate(offer),
            },
            { onClose: () => this.editor.shared.selection.focusEditable() }
        );
    }

    /** Puts the text in at the cursor; what is there stays. */
    async insertTemplate({ id, subject, body }) {
        const { dom, history, selection } = this.editor.shared;
        selection.focusEditable();
        this.makeRoom();
        dom.insert(parseHTML(this.editor.document, body));
        history.addStep();
        const { record } = this.props;
        if (subject) {
            await record.update({ subject });
        }
        const files = await this.ormService.call("ticket.template", "take_files", [
            id,
            this.ticketIds,
        ]);
        if (files.length) {
            await record.data.attachment_ids.addAndRemove({ add: files });
        }
    }
}

registry.category("fields").add("ticket_answer", {
    ...htmlField,
    component: AnswerField,
    additionalClasses: [...(htmlField.additionalClasses || []), "o_field_html"],
});
