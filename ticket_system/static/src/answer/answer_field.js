import { onWillUnmount } from "@odoo/owl";

import { HtmlField, htmlField } from "@html_editor/fields/html_field";

import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

const AUTOSAVE = 3000; // ms

/** The text of an answer: kept as a draft while it is written. */
export class AnswerField extends HtmlField {
    setup() {
        super.setup();
        const timer = browser.setInterval(() => this.keepDraft(), AUTOSAVE);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    /** The first save gives the draft an id; the editor and its cursor stay. */
    get wysiwygKey() {
        return `${this.state.key}`;
    }

    async keepDraft() {
        const { record } = this.props;
        if (this.isDirty || record.dirty) {
            await record.save({ reload: false });
        }
    }
}

registry.category("fields").add("ticket_answer", { ...htmlField, component: AnswerField });
