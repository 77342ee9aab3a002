import { browser } from "@web/core/browser/browser";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const call = (model, method, args) =>
    rpc(`/web/dataset/call_kw/${model}/${method}`, { model, method, args, kwargs: {} });

/** Drags as Odoo's own helper does, but lingers over the column until the board was reloaded. */
async function dragWhileTheBoardIsReloaded({ anchor }) {
    const { animationFrame, delay, drag, hover } = odoo.loader.modules.get("@odoo/hoot-dom");
    const { drop, moveTo } = await drag(anchor);
    await animationFrame();
    await hover(anchor, { position: { top: 20, left: 20 }, relative: true });
    await animationFrame();
    const column = document.querySelector(".o_kanban_group:nth-child(2)");
    await moveTo(column, { position: "top", relative: true });
    await animationFrame();
    document.querySelector(".o_facet_remove").click();
    await delay(1500);
    await drop();
    await animationFrame();
}

/** A list that is drawn anew takes the tooltip with it. */
async function restOnASubject() {
    const { delay, queryFirst } = odoo.loader.modules.get("@odoo/hoot-dom");
    while (!document.querySelector(".o-tooltip")) {
        const subject = ".o_data_row:contains('Broken wheel') td[name=name]";
        queryFirst(subject)?.dispatchEvent(new MouseEvent("mouseenter"));
        await delay(1500);
    }
}

tours.add("ticket_system_kanban", {
    steps: () => [
        {
            content: "The card tells the last message",
            trigger: ".o_kanban_record:contains('Broken wheel'):contains('my wheel is broken')",
        },
        {
            content: "Somebody can be given it there",
            trigger: ".o_kanban_record:contains('Broken wheel') .o_quick_assign:not(:visible)",
            run: "click",
        },
        {
            content: "Agents are offered",
            trigger: ".o_popover .o-autocomplete--dropdown-item:contains('Tina Agent')",
            run({ click }) {
                document
                    .querySelectorAll(".o_kanban_record")
                    .forEach((card) => card.classList.add("o_test_before"));
                return click();
            },
        },
        {
            content: "The board shows it; drag it to another status",
            trigger: ".o_kanban_record:not(.o_test_before):contains('Broken wheel')",
            run: dragWhileTheBoardIsReloaded,
        },
        {
            content: "It is there",
            trigger: ".o_kanban_group:nth-child(2) .o_kanban_record:contains('Broken wheel')",
        },
    ],
});

tours.add("ticket_system_live", {
    steps: () => [
        {
            content: "Rest on a subject",
            trigger: ".o_data_row:contains('Broken wheel') td[name=name]",
            run: restOnASubject,
        },
        {
            content: "It is shown in full; a colleague closes the ticket",
            trigger: ".o-tooltip:contains('Broken wheel')",
            async run() {
                const domain = [["name", "=", "Broken wheel"]];
                const ids = await call("ticket.ticket", "search", [domain]);
                await call("ticket.ticket", "action_close", [ids]);
            },
        },
        {
            content: "It goes by itself",
            trigger: ".o_list_table:has(.o_data_row):not(:contains('Broken wheel'))",
        },
    ],
});

tours.add("ticket_system_statuses", {
    steps: () => [
        {
            content: "Tick all",
            trigger: ".o_list_table:has(.o_data_row:eq(1)) thead input[type=checkbox]",
            run: "click",
        },
        {
            content: "Change the status in one row",
            trigger: ".o_data_row:first td[name=status_id]",
            run: "click",
        },
        {
            content: "Type another one",
            trigger: ".o_selected_row td[name=status_id] input",
            run: "edit Clarify",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Clarify')",
            run: "click",
        },
        {
            content: "For all",
            trigger: ".modal .btn-primary",
            run: "click",
        },
        {
            content: "All have it",
            trigger: ".o_list_table:not(:has(.badge:contains('New'))) .badge:contains('Clarify')",
        },
    ],
});

tours.add("ticket_system_queues", {
    steps: () => [
        {
            content: "Three of four tickets have no agent",
            trigger: ".o_kanban_record:contains('Support') a:contains('Unassigned 3')",
            run: "click",
        },
        {
            content: "These are listed",
            trigger: ".o_list_view:has(.o_data_row):not(:has(.o_data_row:eq(3)))",
        },
        {
            content: "The filters tell so",
            trigger: ".o_searchview:contains('Unassigned'):contains('Support')",
        },
    ],
});

tours.add("ticket_system_shortcuts", {
    steps: () => [
        {
            content: "The ticket is open",
            trigger: ".o_form_view button[name=action_take]",
        },
        {
            content: "Ask for the shortcuts",
            trigger: "body",
            run: "press control+k",
        },
        {
            content: "They are told",
            trigger: ".o_command_palette .o_command:contains('Take'):contains('T')",
        },
        {
            content: "The next ticket has one, too",
            trigger: ".o_command_palette .o_command:contains('Next Ticket'):contains('SHIFT')",
        },
        {
            content: "Close the palette",
            trigger: ".o_command_palette input",
            run: "press escape",
        },
        {
            content: "Take the ticket",
            trigger: "body:not(:has(.o_command_palette))",
            run: "press alt+t",
        },
        {
            content: "It is taken; reply",
            trigger: "body:has(button[name=action_give_back])",
            run: "press alt+a",
        },
        {
            content: "Not now",
            trigger: ".modal:has(.odoo-editor-editable) button[name=action_discard]",
            run: "click",
        },
        {
            content: "Close the ticket",
            trigger: "body:not(:has(.modal))",
            run: "press alt+l",
        },
        {
            content: "It is closed",
            trigger: "button[name=action_reopen]",
        },
    ],
});

tours.add("ticket_system_document", {
    steps: () => [
        {
            content: "Documents of the ticket",
            trigger: ".nav-link[name=documents]",
            run: "click",
        },
        {
            content: "One more",
            trigger: "button:contains('Make or Attach a Document')",
            run: "click",
        },
        {
            content: "A task",
            trigger: ".modal [name=new_model] input",
            run: "click",
        },
        {
            content: "A new one",
            trigger: ".o_select_menu_item:contains('New task')",
            run: "click",
        },
        {
            content: "Make it",
            trigger: ".modal button:contains('Make')",
            run: "click",
        },
        {
            content: "The task is open, and tells of the ticket",
            trigger: ".o-mail-Message-body:contains('Belongs to ticket')",
        },
        {
            content: "Back to the ticket",
            trigger: ".o_breadcrumb a:contains('Broken wheel')",
            run: "click",
        },
        {
            content: "Its documents",
            trigger: ".nav-link[name=documents]",
            run: "click",
        },
        {
            content: "The task is among them",
            trigger: "[name=document_ids] .o_data_row:contains('Task'):contains('Broken wheel')",
        },
    ],
});

tours.add("ticket_system_customer", {
    steps: () => [
        {
            content: "The customer's tickets on a tab of their own",
            trigger: ".o_form_view .nav-link[name=tickets]",
            run: "click",
        },
        {
            content: "What they wrote",
            trigger: "[name=recent_ticket_ids] .o_data_row:contains('Broken wheel')",
        },
        {
            content: "All of them",
            trigger: "button[name=action_open_tickets]",
            run: "click",
        },
        {
            content: "As a list",
            trigger: ".o_list_view .o_data_row td:contains('Broken wheel')",
        },
    ],
});

tours.add("ticket_system_first_start", {
    steps: () => [
        {
            content: "What to do is told",
            trigger: ".o_view_nocontent:contains('Four steps')",
        },
        {
            content: "Create the departments",
            trigger: ".o_view_nocontent a:contains('Support, Accounting and Sales')",
            run: "click",
        },
        {
            content: "There they are",
            trigger: ".o_data_row:contains('Support & Complaints')",
        },
        {
            content: "Back",
            trigger: ".o_breadcrumb a:contains('Tickets')",
            run: "click",
        },
        {
            content: "The first step is done",
            trigger: ".o_ticket_set_up li:first-child .fa-check-circle",
        },
        {
            content: "Connect an account",
            trigger: ".o_view_nocontent a:contains('Connect an account')",
            run: "click",
        },
        {
            content: "Its form is open and can be tested",
            trigger: ".o_form_view button:contains('Test & Confirm')",
        },
    ],
});

tours.add("ticket_system_colleagues", {
    steps: () => [
        {
            content: "Reply",
            trigger: ".o_ticket_presence:contains('Ali Agent')",
            run: "press alt+a",
        },
        {
            content: "Somebody else has it open, until it is taken over",
            trigger: ".modal .alert:contains('too: Ali Agent')",
            async run() {
                const id = Number(browser.location.pathname.split("/").pop());
                await call("ticket.ticket", "action_take_over", [[id]]);
            },
        },
        {
            content: "Nobody else has it open",
            trigger: ".modal:has(.odoo-editor-editable):not(:contains('Ali Agent'))",
        },
    ],
});

tours.add("ticket_system_delivery", {
    steps: () => [
        {
            content: "The answer waits; it leaves while its history is open",
            trigger: ".o-mail-Message:contains('Being sent')",
            async run() {
                const schedules = "mail.message.schedule";
                await call(schedules, "force_send", [await call(schedules, "search", [[]])]);
                // goes out after the commit, which tests have none of
                const own = [["model", "=", "ticket.ticket"]];
                await call("mail.mail", "send", [await call("mail.mail", "search", [own])]);
            },
        },
        {
            content: "That is seen at once",
            trigger:
                ".o-mail-Message:contains('Sent'):contains('On its way'):not(:contains('Being'))",
        },
    ],
});

tours.add("ticket_system_stranger", {
    steps: () => [
        {
            content: "The ticket is refused, and nothing of it is shown",
            trigger: "body:not(:contains('Broken wheel')) .modal:contains('not allowed')",
        },
    ],
});

tours.add("ticket_system_no_app", {
    steps: () => [
        {
            content: "The apps",
            trigger: ".o_navbar_apps_menu button",
            run: "click",
        },
        {
            content: "Tickets are not among them",
            trigger: "body:not(:has([data-menu-xmlid='ticket_system.menu_root']))",
        },
    ],
});

tours.add("ticket_system_phone", {
    steps: () => [
        { content: "the mail is in sight", trigger: ".o_ticket_mail_body" },
        {
            content: "the fields are not",
            trigger: ".o_ticket_form:not(:has(div[name=queue_id]:visible))",
        },
        { trigger: ".o_ticket_details", run: "click" },
        { trigger: "div[name=queue_id]:visible" },
        { trigger: ".o_notebook:visible" },
    ],
});
