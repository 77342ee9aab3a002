import { messageActionsRegistry, registerMessageAction } from "@mail/core/common/message_actions";

import { _t } from "@web/core/l10n/translation";

import { undo } from "../changed/changed";

const isTicket = (thread) => thread?.model === "ticket.ticket";

/** A call of the server that returns an action; afterwards the history is brought up to date. */
async function openAnswer({ message, owner }, method, args) {
    const { action, orm } = owner.env.services;
    const { thread } = message; // it may be shown elsewhere, too: in Discuss
    action.doAction(await orm.call("ticket.ticket", method, [[thread.id], ...args]), {
        onClose: () => thread.fetchNewMessages(),
    });
}

registerMessageAction("ticket_system.reply", {
    condition: ({ message }) => message.ticket_route,
    icon: "fa fa-reply",
    name: _t("Reply by Mail"),
    onSelected: (params) => openAnswer(params, "action_reply", [params.message.id]),
    sequence: 15,
});

registerMessageAction("ticket_system.reply_all", {
    condition: ({ message }) => message.ticket_route,
    icon: "fa fa-reply-all",
    name: _t("Reply to All by Mail"),
    onSelected: (params) => openAnswer(params, "action_reply", [params.message.id, true]),
    sequence: 16,
});

registerMessageAction("ticket_system.forward", {
    condition: ({ message }) => message.ticket_route,
    icon: "fa fa-share",
    name: _t("Forward by Mail"),
    onSelected: (params) => openAnswer(params, "action_forward", [params.message.id]),
    sequence: 17,
});

registerMessageAction("ticket_system.send_again", {
    condition: ({ message }) => message.ticket_route?.may_retry,
    icon: "fa fa-repeat",
    name: _t("Send Again"),
    onSelected: async ({ message, owner }) => {
        await owner.env.services.orm.call("mail.message", "action_send_again", [message.id]);
        await message.thread.fetchThreadData(["activities"]);
    },
    sequence: 14,
});

registerMessageAction("ticket_system.take_back", {
    condition: ({ message }) =>
        message.ticket_route?.may_undo && message.ticket_route.delivery === "queued",
    icon: "fa fa-undo",
    name: _t("Take Back"),
    onSelected: ({ message, owner }) =>
        undo(owner.env, "mail.message", "action_take_back", [message.id]),
    sequence: 14,
});

registerMessageAction("ticket_system.split", {
    condition: ({ message }) => message.ticket_route,
    icon: "fa fa-scissors",
    name: _t("Split Ticket"),
    onSelected: (params) => openAnswer(params, "action_split", [params.message.id]),
    sequence: 125,
});

registerMessageAction("ticket_system.print", {
    condition: ({ thread }) => isTicket(thread),
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

/** The chatter's own ways to answer know neither the account nor drafts. */
for (const id of ["reply-all", "forward"]) {
    const definition = messageActionsRegistry.get(id);
    const condition = definition.condition;
    definition.condition = (params) => !isTicket(params.thread) && condition(params);
}
