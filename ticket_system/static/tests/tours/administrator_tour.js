import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ticket_system_quarantine", {
    url: "/odoo/tickets",
    steps: () => [
        {
            content: "The counter tells that a mail waits",
            trigger: ".o_ticket_quarantine_menu:contains('1')",
            run: "click",
        },
        {
            content: "All that wait can be tried again at once",
            trigger: ".o_control_panel button[name=action_retry_all]",
        },
        {
            content: "Open it",
            trigger: ".o_data_row td:contains('A mail like no other')",
            run: "click",
        },
        {
            content: "The reason is told",
            trigger: ".alert-danger:contains('No space left')",
        },
        {
            content: "Try again",
            trigger: "button[name=action_retry]",
            run: "click",
        },
        {
            content: "Now it is a ticket",
            trigger: ".o_arrow_button_current:contains('Done')",
        },
        {
            content: "The counter is gone without a reload",
            trigger: ".o_menu_systray:not(:has(.o_ticket_quarantine_menu))",
        },
    ],
});
