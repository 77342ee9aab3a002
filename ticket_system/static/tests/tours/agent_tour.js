import { registry } from "@web/core/registry";

/** Where the bar has no room for all statuses, it shows the current one as a menu. */
const currentStatus = (name) =>
    `.o_arrow_button_current:contains('${name}'), ` +
    `.o_statusbar_status > .dropdown-toggle:visible:contains('${name}')`;

/** The way from the list to the answer; `open` and `waiting`: statuses as they read. */
const answerTheCustomer = (open, waiting) => ({
    url: "/odoo/tickets",
    steps: () => [
        {
            content: "Open the ticket from the list",
            trigger: ".o_data_row td:contains('Broken wheel')",
            run: "click",
        },
        {
            content: "The customer's message is in the history",
            trigger: ".o-mail-Message:contains('Carla Customer') .o-mail-Message-body",
        },
        {
            content: "Take it",
            trigger: "button[name=action_take]",
            run: "click",
        },
        {
            content: "It is open now",
            trigger: currentStatus(open),
        },
        {
            content: "Answer",
            trigger: "button[name=action_reply]",
            run: "click",
        },
        {
            content: "The recipient is filled in",
            trigger: ".modal [name=email_to] input",
            run() {
                if (!this.anchor.value.includes("carla@customer.example")) {
                    throw new Error(`To: ${this.anchor.value}`);
                }
            },
        },
        {
            content: "A copy to somebody whose name begins so",
            trigger: ".modal [name=email_cc] input",
            run: "edit ben",
        },
        {
            content: "Who took part is offered",
            trigger: ".o-autocomplete--dropdown-item a:contains('ben@customer.example')",
            run: "click",
        },
        {
            content: "The address is filled in",
            trigger: ".modal [name=email_cc] input:value(ben@customer.example)",
        },
        {
            content: "Write the answer",
            trigger: ".modal .odoo-editor-editable",
            run: "editor We send a new wheel.",
        },
        {
            content: "Wait for the customer afterwards",
            trigger: `.modal [name=status_id] span:contains('${waiting}')`,
            run: "click",
        },
        {
            content: "Send",
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            content: "The status has changed",
            trigger: currentStatus(waiting),
        },
        {
            content: "The answer is in the history",
            trigger: ".o-mail-Message-body:contains('We send a new wheel.')",
        },
    ],
});
const tours = registry.category("web_tour.tours");
tours.add("ticket_system_agent", answerTheCustomer("Open", "Waiting for Customer"));
tours.add("ticket_system_agent_german", answerTheCustomer("Offen", "Warten auf Kunde"));

registry.category("web_tour.tours").add("ticket_system_batch", {
    url: "/odoo/tickets",
    steps: () => [
        {
            content: "Select the ticket",
            trigger: ".o_data_row:has(td:contains('Broken wheel')) .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Into the trash",
            trigger: "button[name=action_trash]",
            run: "click",
        },
        {
            content: "It is gone from the list",
            trigger: ".o_list_view:not(:has(.o_data_row td:contains('Broken wheel')))",
        },
        {
            content: "All can be used again",
            trigger: ".o_control_panel:not(:has(.o_list_button_add[disabled]))",
        },
        {
            content: "Undo",
            trigger: ".o_notification:contains('1 ticket') button:contains('Undo')",
            run: "click",
        },
        {
            content: "It is back",
            trigger: ".o_data_row td:contains('Broken wheel')",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_discuss", {
    steps: () => [
        {
            content: "Answer what is starred",
            trigger: ".o-mail-Message:contains('Carla Customer')",
            run: "hover && click .o-mail-Message [title='Reply by Mail']",
        },
        {
            content: "Write",
            trigger: ".modal .odoo-editor-editable",
            run: "editor We send a new one.",
        },
        {
            content: "Send it, and go on",
            trigger: ".modal button:contains('Send and Next')",
            run: "click",
        },
        {
            content: "The next ticket is open, though none was before",
            trigger: ".o_form_view .o_statusbar_buttons button:contains('Reply')",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_take_over", {
    steps: () => [
        {
            content: "Somebody is at it",
            trigger: ".o_ticket_presence:contains('Ali Agent')",
        },
        {
            content: "Take over",
            trigger: ".o_ticket_presence button:contains('Take Over')",
            run: "click",
        },
        {
            content: "Nobody else is at it",
            trigger: ".o_form_view:not(:has(.o_ticket_presence))",
        },
        {
            content: "It is mine",
            trigger: "[name=user_id] input:value(Tina Agent)",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_no_set_up", {
    url: "/odoo/tickets",
    steps: () => [
        {
            content: "The agent's own menus are there",
            trigger: ".o_menu_sections [data-menu-xmlid='ticket_system.menu_queues']",
        },
        {
            content: "The set-up is not",
            trigger:
                ".o_menu_sections:not(:has([data-menu-xmlid='ticket_system.menu_configuration']))",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_hand_over", {
    steps: () => [
        { trigger: "[name=queue_id] input", run: "edit Accounting" },
        {
            content: "A queue of others",
            trigger: ".o-autocomplete--dropdown-item a:contains('Accounting')",
            run: "click",
        },
        { trigger: ".o_form_button_save", run: "click" },
        {
            content: "It is told, and the list is back without it",
            trigger: ".o_notification:contains('Broken wheel')",
        },
        {
            trigger:
                ".o_list_view:has(.o_data_row):not(:has(.o_data_row td:contains('Broken wheel')))",
        },
        {
            content: "A call for the others",
            trigger: ".o_list_button_add",
            run: "click",
        },
        { trigger: "[name=name] textarea, [name=name] input", run: "edit Call of Monday" },
        { trigger: "[name=queue_id] input", run: "edit Accounting" },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains('Accounting')",
            run: "click",
        },
        { trigger: ".o_form_button_save", run: "click" },
        {
            content: "It is told, too",
            trigger: ".o_notification:contains('Call of Monday')",
        },
        { trigger: ".o_list_view .o_data_row" },
    ],
});
