import { Thread } from "@mail/core/common/thread";

import { patch } from "@web/core/utils/patch";

const TOP = 30; // px

/** A ticket's history keeps its place when something is written, unless its beginning is
 *  shown or the message is mine: then one sees it come. */
patch(Thread.prototype, {
    applyScrollContextually(thread) {
        const { model, newestPersistentMessage: newest } = thread;
        const isNew = newest?.id > this.newestPersistentMessage?.id;
        const isAwaited = this.snapshot?.scrollTop < TOP || newest?.isSelfAuthored;
        if (model === "ticket.ticket" && this.snapshot && isNew && isAwaited) {
            this.setScroll(0);
        } else {
            super.applyScrollContextually(thread);
        }
    },
});
