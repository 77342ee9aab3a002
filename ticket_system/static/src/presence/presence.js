import {
    Component,
    onWillDestroy,
    onWillStart,
    onWillUpdateProps,
    status,
    useState,
} from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { isAccessError, useLeaveOutOfReach } from "../form/out_of_reach";

const HEARTBEAT = 45_000; // see EXPIRY in ticket_lock.py

/** Tells colleagues that the ticket is open here, and shows who else has it open. */
export class TicketPresence extends Component {
    static template = "ticket_system.Presence";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.bus = useService("bus_service");
        this.store = useService("mail.store");
        this.leaveIfOutOfReach = useLeaveOutOfReach();
        this.state = useState({ others: [], takenOverBy: "" });
        this.onPresence = ({ id }) => id === this.ticketId && this.enter();
        this.onTakenOver = ({ id, name }) => {
            if (id === this.ticketId) {
                Object.assign(this.state, { others: [], takenOverBy: name });
                this.showWritten();
            }
        };
        this.onAltered = ({ id }) => id === this.ticketId && this.showWritten();
        this.onWritten = ({ id }) => {
            this.hasNews ||= id === this.ticketId;
            this.onAltered({ id });
        };
        this.onUnread = ({ ids }) => (this.hasNews &&= !ids.includes(this.ticketId));
        this.onMoved = ({ id }) => id === this.ticketId && this.showMoved();
        this.onPageHide = () => this.leaveByBeacon();
        this.bus.subscribe("ticket_system.presence", this.onPresence);
        this.bus.subscribe("ticket_system.taken_over", this.onTakenOver);
        this.bus.subscribe("ticket_system.written", this.onWritten);
        this.bus.subscribe("ticket_system.altered", this.onAltered);
        this.bus.subscribe("ticket_system.unread", this.onUnread);
        this.bus.subscribe("ticket_system.moved", this.onMoved);
        useBus(this.env.bus, "ticket_system.show", ({ detail }) => this.showTicket(detail));
        useBus(this.env.bus, "ticket_system.reload", () => this.showWritten());
        useBus(this.env.bus, "ticket_system.writing", () => this.comeBack());
        browser.addEventListener("pagehide", this.onPageHide);
        this.timer = browser.setInterval(() => this.enter(), HEARTBEAT);
        onWillStart(() => this.open(this.props.record.resId));
        onWillUpdateProps(({ record }) => this.open(record.resId));
        onWillDestroy(() => {
            browser.clearInterval(this.timer);
            browser.removeEventListener("pagehide", this.onPageHide);
            this.bus.unsubscribe("ticket_system.presence", this.onPresence);
            this.bus.unsubscribe("ticket_system.taken_over", this.onTakenOver);
            this.bus.unsubscribe("ticket_system.written", this.onWritten);
            this.bus.unsubscribe("ticket_system.altered", this.onAltered);
            this.bus.unsubscribe("ticket_system.unread", this.onUnread);
            this.bus.unsubscribe("ticket_system.moved", this.onMoved);
            this.open(false);
        });
    }

    get names() {
        return this.state.others.map(({ name }) => name).join(", ");
    }

    get since() {
        const since = deserializeDateTime(this.state.others[0].since);
        return toLocaleDateTimeString(since, { showDate: false });
    }

    get message() {
        return _t("%(names)s: working on this ticket since %(time)s", {
            names: this.names,
            time: this.since,
        });
    }

    async open(ticketId) {
        if (ticketId === this.ticketId) {
            return;
        }
        if (this.ticketId) {
            this.orm.silent.call("ticket.ticket", "leave", [this.ticketId, this.hasNews]);
        }
        this.ticketId = ticketId;
        this.hasNews = false; // came in while the ticket was open, and was seen
        Object.assign(this.state, { others: [], takenOverBy: "" });
        await this.enter();
    }

    /** Another ticket in the place of this one; the pager goes on from there. */
    async showTicket(wish) {
        if (this.env.inDialog) {
            return;
        }
        wish.isMet = true;
        const { record } = this.props;
        if (await record.save()) {
            const resIds = [...new Set([...record.resIds, wish.resId])];
            await record.model.load({ resId: wish.resId, resIds });
        }
    }

    async enter() {
        const ticketId = this.ticketId;
        if (!ticketId || this.state.takenOverBy) {
            return;
        }
        const others = await this.orm.silent
            .call("ticket.ticket", "enter", [ticketId])
            .catch((error) => {
                if (!isAccessError(error)) {
                    throw error;
                }
                return []; // handed over meanwhile
            });
        if (ticketId === this.ticketId && !this.state.takenOverBy) {
            this.state.others = others;
        }
    }

    /** New messages: into the history, and what changed into the form. */
    async showWritten() {
        const { record } = this.props;
        const { resModel, resId } = record;
        try {
            if (await this.leaveIfOutOfReach(record)) {
                return;
            }
            await this.store.Thread.get({ model: resModel, id: resId })?.fetchNewMessages();
            if (resId === this.ticketId && !(await record.isDirty())) {
                await record.load();
            }
        } catch (error) {
            if (status(this) !== "destroyed") {
                throw error;
            }
        }
    }

    /** What moved with the messages; for these see moved_service.js. */
    async showMoved() {
        const { resModel, resId } = this.props.record;
        const thread = this.store.Thread.get({ model: resModel, id: resId });
        await this.showWritten();
        await thread?.fetchThreadData(["activities", "attachments", "followers"]);
    }

    async takeOver() {
        if (!(await this.props.record.save())) {
            return;
        }
        await this.orm.call("ticket.ticket", "action_take_over", [this.ticketId]);
        await this.props.record.load();
        await this.enter();
    }

    /** Whose ticket was taken over writes all the same: the others see that. */
    async comeBack() {
        if (this.state.takenOverBy) {
            this.state.takenOverBy = "";
            await this.enter();
        }
    }

    leaveByBeacon() {
        if (this.ticketId) {
            const data = new FormData();
            data.append("csrf_token", odoo.csrf_token);
            browser.navigator.sendBeacon(`/ticket_system/leave/${this.ticketId}`, data);
        }
    }
}

registry.category("view_widgets").add("ticket_presence", { component: TicketPresence });
