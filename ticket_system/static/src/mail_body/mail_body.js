import { Message } from "@mail/core/common/message";
import { Component, onWillUnmount, useRef, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const HIGHEST = 5000; // px; beyond, the mail scrolls in its own frame
const HARMLESS = /^\/(web\/(content|image)|odoo)(\/|$)/;
const STYLE = `
    body { display: flow-root; margin: 0; font-size: 14px; line-height: 1.5; color: #374151; overflow-wrap: anywhere; }
    body > :first-child { margin-top: 0; }
    img { max-width: 100%; height: auto; }
    blockquote { margin: 4px 0; padding-left: 8px; border-left: 2px solid #ccc; }
    summary { cursor: pointer; color: #6b7280; width: fit-content; }
    pre { white-space: pre-wrap; }
`;
/** What is kept from loading, in the words of the line that tells of it. */
const KINDS = {
    images: (count) => (count === 1 ? _t("1 image") : _t("%s images", count)),
    trackers: (count) => (count === 1 ? _t("1 tracking pixel") : _t("%s tracking pixels", count)),
    fonts: (count) => (count === 1 ? _t("1 font") : _t("%s fonts", count)),
    others: (count) => (count === 1 ? _t("1 other item") : _t("%s other items", count)),
};
const WARNINGS = {
    internal: _t("A colleague's address, but this mail came from outside."),
    lookalike: _t("The sender's domain only looks like another one."),
    other_name: _t("The sender's name is an address that is not theirs."),
};

/**
 * The body of a mail, in a frame of its own: it cannot run anything, reach or restyle
 * the page, or load more than it is allowed to.
 */
export class MailBody extends Component {
    static template = "ticket_system.MailBody";
    static props = { html: String, message: Object };

    setup() {
        this.orm = useService("orm");
        this.frame = useRef("frame");
        this.state = useState({ showsImages: this.props.message.ticket_route.shows_images });
        onWillUnmount(() => this.observer?.disconnect());
    }

    get facts() {
        return this.props.message.ticket_route.facts;
    }

    get warnings() {
        const { warnings = [], reply_to } = this.facts;
        const told = warnings.filter((name) => name in WARNINGS).map((name) => WARNINGS[name]);
        return reply_to ? [...told, _t("Asks for answers to another address: %s", reply_to)] : told;
    }

    get blocked() {
        const { hosts } = this;
        const { blocked = {} } = this.facts;
        const kinds = Object.keys(KINDS).filter(
            (kind) => blocked[kind] && !(kind === "images" && this.state.showsImages)
        );
        if (!kinds.length) {
            return "";
        }
        const what = kinds.map((kind) => KINDS[kind](blocked[kind])).join(", ");
        return hosts.length
            ? _t("Not loaded: %(what)s (%(hosts)s)", { what, hosts: hosts.join(", ") })
            : _t("Not loaded: %s", what);
    }

    /** Those nothing was loaded from: not those of the images that are shown. */
    get hosts() {
        const { hosts = [] } = this.facts;
        if (!this.state.showsImages) {
            return hosts;
        }
        const shown = parkedImages(this.mail).map(({ source }) => source.hostname);
        return hosts.filter((host) => !shown.includes(host));
    }

    get canShow() {
        return Boolean(this.facts.blocked?.images) && !this.state.showsImages;
    }

    show() {
        this.state.showsImages = true;
    }

    async showAlways() {
        const { message } = this.props;
        this.show();
        await this.orm.call("mail.message", "action_always_show_images", [message.id]);
    }

    get mail() {
        return new DOMParser().parseFromString(this.props.html, "text/html");
    }

    get isEmpty() {
        const { body } = this.mail;
        return !body.textContent.trim() && !body.querySelector("img");
    }

    /** The page inside the frame; its policy comes before anything of the mail. */
    get page() {
        const { mail } = this;
        foldQuotes(mail);
        disarmLinks(mail);
        if (this.state.showsImages) {
            showImages(mail);
        }
        const { origin } = browser.location;
        const own = `${origin}/web/image/ ${origin}/ticket_system/static/`;
        const images = this.state.showsImages ? `${own} https: http: data:` : `${own} data:`;
        const { fontFamily } = getComputedStyle(document.body);
        const policy =
            `default-src 'none'; img-src ${images}; style-src 'unsafe-inline'; ` +
            "form-action 'none'; base-uri 'none'";
        return (
            `<!DOCTYPE html><html><head><meta http-equiv="Content-Security-Policy" content="${policy}">` +
            `<meta name="referrer" content="no-referrer"><style>${STYLE} body { font-family: ${fontFamily} }</style></head>` +
            `<body dir="auto">${mail.body.innerHTML}</body></html>`
        );
    }

    /** The frame is as high as the mail. */
    fit() {
        const frame = this.frame.el;
        const { body } = frame.contentDocument;
        const measure = () => {
            frame.style.height = `${Math.min(body.scrollHeight + 4, HIGHEST)}px`;
        };
        this.observer?.disconnect();
        this.observer = new ResizeObserver(measure);
        this.observer.observe(body);
        measure();
    }
}

/** Quotes are folded without a script: a run of them becomes one `details`. */
function foldQuotes(mail) {
    const isQuote = (node) => node?.dataset && "oMailQuote" in node.dataset;
    for (const quote of mail.querySelectorAll("[data-o-mail-quote]")) {
        if (quote.closest("details")) {
            continue;
        }
        const details = mail.createElement("details");
        const summary = mail.createElement("summary");
        summary.textContent = "•••";
        quote.before(details);
        details.append(summary);
        let next = quote;
        while (
            isQuote(next) ||
            (next && !next.textContent.trim() && !next.querySelector?.("img"))
        ) {
            const following = next.nextSibling;
            details.append(next);
            next = following;
        }
    }
    unfoldAlone(mail);
}

/** A mail that is nothing but a quote, such as a forwarded one, is shown at once. */
function unfoldAlone(mail) {
    const rest = mail.body.cloneNode(true);
    rest.querySelectorAll("details").forEach((details) => details.remove());
    if (!rest.textContent.trim() && !rest.querySelector("img")) {
        mail.querySelectorAll("details").forEach((details) => (details.open = true));
    }
}

/** A link to our own pages must not act by being clicked; files and records may open. What the
 *  browser takes for no address is no link. */
function disarmLinks(mail) {
    for (const link of mail.querySelectorAll("a[href]")) {
        const address = [link.getAttribute("href"), browser.location.origin];
        const url = URL.canParse(...address) && new URL(...address);
        if (!url || (url.host === browser.location.host && !HARMLESS.test(url.pathname))) {
            link.removeAttribute("href");
        }
    }
}

/** Only pictures of other hosts: an address of our own could act when it is called. */
function parkedImages(mail) {
    return [...mail.querySelectorAll("img[data-original-src]")]
        .filter((image) => URL.canParse(image.dataset.originalSrc))
        .map((image) => ({ image, source: new URL(image.dataset.originalSrc) }))
        .filter(({ source }) => source.host !== browser.location.host);
}

function showImages(mail) {
    for (const { image, source } of parkedImages(mail)) {
        delete image.dataset.originalSrc;
        image.src = source.href;
        image.referrerPolicy = "no-referrer";
    }
}

Object.assign(Message.components, { MailBody });
