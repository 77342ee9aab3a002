import { Attachment } from "@mail/core/common/attachment_model";

import { patch } from "@web/core/utils/patch";

patch(Attachment.prototype, {
    /** What was sent or received stays as it was. */
    get isDeletable() {
        return !this.message?.ticket_route && super.isDeletable;
    },
});
