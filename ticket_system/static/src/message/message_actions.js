import { registerMessageAction } from "@mail/core/common/message_actions";

import { _t } from "@web/core/l10n/translation";

registerMessageAction("ticket_system.print", {
    condition: ({ thread }) => thread?.model === "ticket.ticket",
    icon: "fa fa-print",
    name: _t("Print"),
    onSelected: ({ message, owner }) =>
        owner.env.services.action.doAction("ticket_system.message_report_action", {
            additionalContext: { active_ids: [message.id], active_model: "mail.message" },
        }),
    sequence: 130,
});

registerMessageAction("ticket_system.original", {
    condition: ({ message }) => message.ticket_route?.has_original,
    icon: "fa fa-envelope-o",
    name: _t("Download Original Mail"),
    onSelected: async ({ message, owner }) => {
        const { action, orm } = owner.env.services;
        action.doAction(await orm.call("mail.message", "action_download_original", [message.id]));
    },
    sequence: 131,
});
