import { Chatter } from "@mail/chatter/web_portal/chatter";

import { patch } from "@web/core/utils/patch";

/** The form asks for a history once for each ticket it loads; a render of the ticket before,
 *  which something that came in has caused meanwhile, would use that up. */
patch(Chatter.prototype, {
    changeThread(threadModel) {
        super.changeThread(...arguments);
        if (threadModel === "ticket.ticket" && this.env.chatter) {
            Object.assign(this.env.chatter, { fetchThreadData: true, fetchMessages: true });
        }
    },
});
