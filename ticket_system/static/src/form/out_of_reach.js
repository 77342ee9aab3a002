import { toRaw, useEnv } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

export const isAccessError = (error) => error.exceptionName === "odoo.exceptions.AccessError";

const left = new WeakSet(); // models of forms

/** How many of the tickets were handed over to where the agent sees none. */
function useLost() {
    const orm = useService("orm");
    return async (records) => {
        const ids = records.map(({ resId }) => resId);
        return ids.length - (await orm.searchCount("ticket.ticket", [["id", "in", ids]]));
    };
}

/** Tells of tickets in a list that they are out of reach now, if they are. */
export function useTellOutOfReach() {
    const lost = useLost();
    const notification = useService("notification");
    return async (records) => {
        const count = await lost(records);
        if (count) {
            const message = _t("With others now, out of your sight: %s", count);
            notification.add(message, { type: "success" });
        }
    };
}

/**
 * A form goes back to where one came from when its ticket is out of reach.
 *
 * @returns {(record) => Promise<boolean>} whether that is so
 */
export function useLeaveOutOfReach() {
    const env = useEnv();
    const lost = useLost();
    const notification = useService("notification");
    return async (record) => {
        if (!(await lost([record]))) {
            return false;
        }
        const model = toRaw(record.model);
        if (!env.inDialog && !left.has(model)) {
            left.add(model);
            const message = _t("“%s” is with others now, out of your sight.", record.data.name);
            notification.add(message, { type: "success" });
            env.config.historyBack();
        }
        return true;
    };
}
