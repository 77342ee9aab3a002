import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const select = (subject) => ({
    content: `Select ${subject}`,
    trigger: `.o_data_row:has(td:contains('${subject}')) .o_list_record_selector input`,
    run: "click",
});

const mergeFromMenu = (menu) => [
    {
        content: "The further actions",
        trigger: menu,
        run: "click",
    },
    {
        content: "Merge",
        trigger: ".o-dropdown-item:contains('Merge'), .o_menu_item:contains('Merge')",
        run: "click",
    },
];

tours.add("ticket_system_merge", {
    steps: () => [
        select("Broken wheel"),
        select("The saddle, too"),
        ...mergeFromMenu(".o_cp_action_menus button:contains('Actions')"),
        {
            content: "The oldest is kept unless one says otherwise: keep the other",
            trigger: ".modal .o_radio_item:contains('The saddle, too') input",
            run: "click",
        },
        {
            content: "What is going to happen is told",
            trigger: ".modal [name=preview]:contains('“Broken wheel” moves its messages')",
        },
        {
            content: "They are of one customer: no warning",
            trigger: ".modal:not(:has(.alert:visible)) button[name=action_merge]",
            run: "click",
        },
        {
            content: "One is left",
            trigger:
                ".o_list_view:not(:has(td:contains('Broken wheel'))) td:contains('The saddle, too')",
        },
        {
            content: "The notification leads to it",
            trigger: ".o_ticket_changed .o_notification_buttons button",
            run: "click",
        },
        {
            content: "Both mails are in its history",
            trigger: ".o-mail-Thread:has(.o-mail-Message:contains('Received'):eq(1))",
        },
        {
            content: "The log leads to the other",
            trigger: ".o-mail-Message:contains('Merged into this ticket') a:contains('#')",
            run: "click",
        },
        {
            content: "That one can no longer be answered, and leads back",
            trigger: ".o_form_view:not(:has(button[name=action_reply])) .o_ticket_merged button",
            run: "click",
        },
        {
            content: "Here it goes on",
            trigger:
                ".o_form_view:has(button[name=action_reply]) .o_last_breadcrumb_item:contains('The saddle, too')",
        },
    ],
});

const open = (subject) => [
    {
        content: `Open ${subject}`,
        trigger: `.o_data_row td[name=name]:contains('${subject}')`,
        run: "click",
    },
    {
        content: "Its history is there",
        trigger: `.o_form_view:has(.o_last_breadcrumb_item:contains('${subject}')) .o-mail-Message:contains('Received')`,
    },
];

tours.add("ticket_system_merge_one", {
    steps: () => [
        ...open("The saddle, too"),
        {
            content: "Back to the list; the history stays known",
            trigger: ".o_breadcrumb .breadcrumb-item a",
            run: "click",
        },
        ...open("Broken wheel"),
        ...mergeFromMenu(".o_cp_action_menus button:has(.fa-cog)"),
        {
            content: "The customer's other ticket is offered",
            trigger: ".modal .o_radio_item:contains('The saddle, too') input",
            run: "click",
        },
        {
            content: "Merge",
            trigger:
                ".modal:has([name=preview]:contains('and is closed')) button[name=action_merge]",
            run: "click",
        },
        {
            content: "The ticket that was kept is open, with all that was written",
            trigger: ".o_form_view:has(.o_last_breadcrumb_item:contains('The saddle, too'))",
        },
        {
            content: "The other's mail as well",
            trigger: ".o-mail-Thread:has(.o-mail-Message:contains('Received'):eq(1))",
        },
    ],
});

tours.add("ticket_system_split", {
    steps: () => [
        {
            content: "The message about something else",
            trigger: ".o-mail-Message:contains('Received'):contains('Bella Bell')",
            run: "hover && click .o-mail-Message:contains('Bella Bell') [title='Expand']",
        },
        {
            content: "A ticket of its own",
            trigger: ".o-dropdown-item:contains('Split Ticket')",
            run: "click",
        },
        {
            content: "With a subject of its own",
            trigger: ".modal [name=name] input",
            run: "edit The bell",
        },
        {
            content: "Move",
            trigger: ".modal button[name=action_split]",
            run: "click",
        },
        {
            content: "The new ticket is open",
            trigger: ".o_form_view:has(.o_last_breadcrumb_item:contains('The bell'))",
        },
        {
            content: "Its history is complete",
            trigger: ".o-mail-Chatter-topbar:not(:has(button[disabled]))",
        },
        {
            content: "The message is there",
            trigger: ".o-mail-Message:contains('Received'):contains('Bella Bell')",
        },
        {
            content: "Back to where it came from",
            trigger: ".o-mail-Message:contains('Messages moved from') a:contains('#')",
            run: "click",
        },
        {
            content: "It is no longer here",
            trigger:
                ".o_form_view:has(.o_last_breadcrumb_item:contains('Broken wheel')) .o-mail-Thread:not(:contains('Bella Bell'))",
        },
    ],
});
