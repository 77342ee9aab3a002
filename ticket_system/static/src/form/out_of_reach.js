import { toRaw, useEnv } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

export const isAccessError = (error) => error.exceptionName === "odoo.exceptions.AccessError";

const left = new WeakSet(); // models of forms

/**
 * A ticket may be handed over to where the agent sees none: then its form goes back to where
 * one came from.
 *
 * @returns {(record) => Promise<boolean>} whether that is so
 */
export function useLeaveOutOfReach() {
    const env = useEnv();
    const orm = useService("orm");
    const notification = useService("notification");
    return async ({ resModel, resId, data, model }) => {
        if (await orm.searchCount(resModel, [["id", "=", resId]])) {
            return false;
        }
        if (!env.inDialog && !left.has(toRaw(model))) {
            left.add(toRaw(model));
            const message = _t("“%s” is with others now, out of your sight.", data.name);
            notification.add(message, { type: "success" });
            env.config.historyBack();
        }
        return true;
    };
}
