import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

registry.category("web_tour.tours").add("ticket_system_leave", {
    steps: () => [
        {
            content: "Answer",
            trigger: "button[name=action_reply]:contains('Reply')",
            run: "click",
        },
        {
            content: "Leave the page before anything is written",
            trigger: ".modal .odoo-editor-editable",
            run: () => browser.location.reload(),
            expectUnloadPage: true,
        },
        {
            content: "There is no draft",
            trigger: "body:not(:has(.modal)) button[name=action_reply]:contains('Reply')",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_draft", {
    steps: () => [
        {
            content: "Answer the customer's message",
            trigger: "button[name=action_reply]:contains('Reply')",
            run: "click",
        },
        {
            content: "Begin to write",
            trigger: ".modal .odoo-editor-editable",
            run: "editor A new wheel comes on",
        },
        {
            content: "It is kept while the cursor stays where it is",
            trigger: ".modal .odoo-editor-editable:contains('A new wheel comes on')",
            run: () => wait(4000),
        },
        {
            content: "Write on",
            trigger: ".modal .odoo-editor-editable",
            run: "editor A new wheel comes on Monday",
        },
        {
            content: "Close the dialog without sending",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "Back to the list",
            trigger: ".o_breadcrumb a:contains('Tickets'), .o_back_button",
            run: "click",
        },
        {
            content: "Open the ticket again",
            trigger: ".o_data_row td:contains('Broken wheel')",
            run: "click",
        },
        {
            content: "Go on with the draft",
            trigger: "button[name=action_reply]:contains('Continue Draft')",
            run: "click",
        },
        {
            content: "It is as it was left, with the cursor in its text",
            trigger: ".modal .odoo-editor-editable:contains('comes on Monday')",
            async run() {
                await wait(500);
                if (document.activeElement !== this.anchor) {
                    throw new Error(document.activeElement.outerHTML);
                }
            },
        },
        {
            content: "Throw it away",
            trigger: ".modal button[name=action_discard]",
            run: "click",
        },
        {
            content: "Really",
            trigger: ".modal:contains('will be lost') .btn-primary",
            run: "click",
        },
        {
            content: "Nothing is left of it",
            trigger: "button[name=action_reply]:contains('Reply')",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_template", {
    steps: () => [
        {
            content: "Answer",
            trigger: "button[name=action_reply]",
            run: "click",
        },
        {
            content: "Begin to write",
            trigger: ".modal .odoo-editor-editable p:first",
            run: "editor Hello!",
        },
        {
            content: "Look for a template",
            trigger: ".modal .o_ticket_templates",
            run: "click",
        },
        {
            content: "Type a word of it",
            trigger: ".modal input[type=search]",
            run: "edit label",
        },
        {
            content: "It is shown with the customer's name; the other is gone",
            trigger:
                ".modal:not(:contains('Thank you')) .o_ticket_template_preview:contains('Dear Carla Customer')",
        },
        {
            content: "Take it",
            trigger: ".modal .o_ticket_template:contains('Return label')",
            run: "click",
        },
        {
            content: "It stands below what was there",
            trigger:
                ".modal .odoo-editor-editable:has(p:contains(/^Hello!$/)):has(p:contains(/^Dear Carla Customer, the label is attached.$/))",
        },
        {
            content: "Its subject and its file are there",
            trigger: ".modal:has([name=subject] input:value(Your return)):contains('label.pdf')",
        },
        {
            content: "Send",
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            content: "It is in the history",
            trigger: ".o-mail-Message-body:contains('the label is attached')",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_answer_all", {
    url: "/odoo/tickets",
    steps: () => [
        {
            content: "Select all tickets",
            trigger: "thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Answer all of them",
            trigger: ".o_control_panel button[name=action_reply_batch]",
            run: "click",
        },
        {
            content: "It tells how many get a mail",
            trigger: ".modal:contains('4 tickets are answered')",
        },
        {
            content: "Write",
            trigger: ".modal .odoo-editor-editable",
            run: "editor We are closed on Monday.",
        },
        {
            content: "Take a template",
            trigger: ".modal .o_ticket_templates",
            run: "click",
        },
        {
            content: "Its placeholders wait for each customer",
            trigger: ".modal .o_ticket_template_preview:contains('{NAME}')",
        },
        {
            content: "This one",
            trigger: ".modal .o_ticket_template:contains('Thank you')",
            run: "click",
        },
        {
            content: "It is in the text",
            trigger: ".modal .odoo-editor-editable:contains('closed on Monday'):contains('{NAME}')",
        },
        {
            content: "Send",
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            content: "It tells how many are on their way",
            trigger: ".o_notification:contains('on their way: 4')",
        },
        {
            content: "All are closed",
            trigger: ".o_list_view:not(:has(.o_data_row))",
        },
    ],
});

registry.category("web_tour.tours").add("ticket_system_first_contact", {
    url: "/odoo/tickets",
    steps: () => [
        {
            content: "A new ticket",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "What it is about",
            trigger: "[name=name] input, [name=name] textarea",
            run: "edit Call of Monday",
        },
        {
            content: "Whom",
            trigger: "[name=email_from] input",
            run: "edit tom@brown.example",
        },
        {
            content: "The queue",
            trigger: "[name=queue_id] input",
            run: "edit Support",
        },
        {
            content: "This one",
            trigger: ".o-autocomplete--dropdown-item a:contains(/^Support$/)",
            run: "click",
        },
        {
            content: "Its account is the one to write from",
            trigger: "[name=account_address]:contains('support@test.example')",
        },
        {
            content: "Write to them",
            trigger: "button[name=action_reply]:contains('Write E-mail')",
            run: "click",
        },
        {
            content: "It is no answer to anything",
            trigger: ".modal [name=subject] input",
            run() {
                if (!/^\[Ticket #\d+\] Call of Monday$/.test(this.anchor.value)) {
                    throw new Error(`Subject: ${this.anchor.value}`);
                }
            },
        },
        {
            content: "With a template, before anything is written",
            trigger: ".modal .o_ticket_templates",
            run: "click",
        },
        {
            content: "This one",
            trigger: ".modal .o_ticket_template:contains('Thank you')",
            run: "click",
        },
        {
            content: "What nothing is put in for is named",
            trigger: ".modal .alert:contains('{FOO}')",
        },
        {
            content: "It stands between greeting and signature",
            trigger: ".modal .odoo-editor-editable",
            async run() {
                await wait(500);
                const text = this.anchor.innerText.replace(/\s+/g, " ").trim();
                if (text !== "Dear Sir or Madam, Thank you! {FOO} Kind regards") {
                    throw new Error(text);
                }
            },
        },
        {
            content: "Send",
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            content: "It is in the history",
            trigger: ".o-mail-Message-body:contains('Thank you')",
        },
    ],
});

const answerAndUndo = [
    {
        content: "Answer",
        trigger: "body:not(:has(.modal)) button[name=action_reply]:contains('Reply')",
        run: "click",
    },
    { trigger: ".modal .odoo-editor-editable", run: "editor A new wheel comes" },
    { content: "Send", trigger: ".modal button[name=action_send]", run: "click" },
    {
        content: "Undo",
        trigger:
            "body:not(:has(.modal)) .o_notification:contains('in a moment') button:contains('Undo')",
        run: "click",
    },
    {
        content: "It is a draft again",
        trigger: ".modal .odoo-editor-editable:contains('A new wheel comes')",
    },
];

registry.category("web_tour.tours").add("ticket_system_undo", {
    steps: () => [
        ...answerAndUndo,
        { content: "Throw it away", trigger: ".modal button[name=action_discard]", run: "click" },
        {
            content: "Really",
            trigger: ".modal:contains('will be lost') .btn-primary",
            run: "click",
        },
        ...answerAndUndo,
        {
            content: "Send it after all",
            trigger: ".modal button[name=action_send_and_next]",
            run: "click",
        },
        {
            content: "The next one is shown",
            trigger: ".o_breadcrumb:contains('Klingel')",
            run: () => wait(1000),
        },
        { content: "It stays", trigger: ".o_breadcrumb:contains('Klingel')" },
    ],
});
