import { Message } from "@mail/core/common/message_model";
import { fields } from "@mail/core/common/record";

import { patch } from "@web/core/utils/patch";

patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        /** Set on what customers and agents wrote to each other on a ticket. */
        this.ticket_route = fields.Attr(undefined, {
            onUpdate() {
                this.showDelivery();
            },
        });
    },

    showDelivery() {
        const { ticket_route: route, store, id } = this;
        const known = store.ticketDeliveries?.[id];
        const isNews = known && Object.keys(known).some((key) => known[key] !== route?.[key]);
        if (route && isNews) {
            this.ticket_route = { ...route, ...known }; // anew, so that it is shown
        }
    },

    /** The name of a ticket is its number and its subject. */
    get isSubjectDefault() {
        const subject = this.subject?.replace(/^((re|aw|fwd?|wg)\s*:\s*)*(\[.*?\] )?/i, "");
        return (
            super.isSubjectDefault ||
            Boolean(this.ticket_route && this.thread?.display_name?.endsWith(` ${subject}`))
        );
    },

    /** What was sent or received stays as it was. */
    get editable() {
        return !this.ticket_route && super.editable;
    },

    /** What came without a text is shown as such, not as removed. */
    get hasTextContent() {
        return Boolean(this.ticket_route?.is_foreign) || super.hasTextContent;
    },

    computeIsEmpty() {
        return !this.ticket_route?.is_foreign && super.computeIsEmpty();
    },

    /** The files but for the pictures that a mail shows in its text. */
    get listedAttachments() {
        const isShown = ({ id }) => new RegExp(`/web/image/${id}\\b`).test(this.body);
        return this.attachment_ids.filter((file) => !(this.ticket_route && isShown(file)));
    },

    get bubbleColor() {
        if (!this.ticket_route) {
            return super.bubbleColor;
        }
        return this.ticket_route.is_inbound ? "blue" : "green";
    },
});
