import { markup, onWillDestroy, onWillStart, status } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { Deferred, delay } from "@web/core/utils/concurrency";
import { useBus, useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { RelationalModel } from "@web/model/relational_model/relational_model";
import { SearchModel } from "@web/search/search_model";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

import { isAccessError, useTellOutOfReach } from "../form/out_of_reach";

const SOON = 1000; // ms
const RARELY = 10_000;
const EVENTS = ["ticket_system.presence", "ticket_system.altered", "ticket_system.moved"];

/** Reloads the one record shown that others came to, left, changed, merged or split. */
function useLivePresence(controller) {
    const bus = useService("bus_service");
    const update = async ({ id }) => {
        const shown = records(controller.model.root).find(({ resId }) => resId === id);
        if (!shown || shown.isInEdition) {
            return;
        }
        try {
            await shown.load();
        } catch (error) {
            if (isAccessError(error)) {
                controller.env.bus.trigger("ticket_system.changed"); // it went out of reach
            } else if (status(controller) !== "destroyed") {
                throw error;
            }
        }
    };
    EVENTS.forEach((event) => bus.subscribe(event, update));
    onWillDestroy(() => EVENTS.forEach((event) => bus.unsubscribe(event, update)));
}

function records(list) {
    return list.groups ? list.groups.flatMap((group) => records(group.list)) : list.records;
}

/** The panel counts anew when one comes back to it: tickets may have changed meanwhile.
 *  On a phone the board is one column, so that no hit stands out of sight. */
class TicketSearchModel extends SearchModel {
    async load(config) {
        const defaultGroupBy = this.env.isSmall ? undefined : config.defaultGroupBy;
        await super.load({ ...config, defaultGroupBy });
    }

    exportState() {
        const state = super.exportState();
        return { ...state, searchPanelInfo: { ...state.searchPanelInfo, loaded: false } };
    }
}

/** Counts the tickets in the panel at the left anew when agents have changed some. */
function useLiveCounts(controller) {
    const { bus, searchModel } = controller.env;
    useBus(bus, "ticket_system.changed", () => {
        searchModel.searchPanelInfo.shouldReload = true;
        searchModel._notify();
    });
}

/** Shows what came in and went, as soon as the agent is not in the middle of something; not
 *  too often, for in a large team something happens all the time. */
function useLiveTickets(controller) {
    const bus = useService("bus_service");
    let timer,
        shown = 0;
    const show = () => {
        timer = null;
        if (isBusy(controller)) {
            plan();
        } else {
            shown = Date.now();
            controller.env.bus.trigger("ticket_system.changed");
        }
    };
    const plan = () => {
        timer ||= browser.setTimeout(show, Math.max(SOON, shown + RARELY - Date.now()));
    };
    const events = ["ticket_system.altered", "ticket_system.changed"];
    events.forEach((event) => bus.subscribe(event, plan));
    onWillDestroy(() => {
        browser.clearTimeout(timer);
        events.forEach((event) => bus.unsubscribe(event, plan));
    });
}

const AT_WORK = ".o_popover:not(:has(> .o-tooltip)), .o_dialog, .o_dragged";

/** Whether tickets are selected or dragged, pages turned or something open: new ones would
 *  disturb. */
function isBusy({ model: { root } }) {
    return root.selection.length || isTurned(root) || document.querySelector(AT_WORK);
}

/** Whether a page of the list, or of a group in it, is not the first. */
function isTurned({ offset, groups = [] }) {
    return offset > 0 || groups.some(({ list }) => isTurned(list));
}

/** Shows nothing new while a card is held: it would fall out of the agent's hand. A load that
 *  another one supersedes ends with that: the button that waits for it can be used again. */
class TicketModel extends RelationalModel {
    async load() {
        const earlier = this.superseded;
        const superseded = (this.superseded = new Deferred());
        try {
            await Promise.race([super.load(...arguments), superseded]);
        } finally {
            earlier?.resolve();
        }
    }

    async _loadData() {
        const data = await super._loadData(...arguments);
        while (document.querySelector(".o_dragged, .o_kanban_record:active")) {
            await delay(100);
        }
        return data;
    }
}

/** Looks at the steps of a first start anew, for one may come back from doing them. */
function useLiveSetUp(controller) {
    const orm = useService("orm");
    onWillStart(async () => {
        const { info } = controller.props;
        if (info.noContentHelp?.includes("o_ticket_set_up")) {
            info.noContentHelp = markup(await orm.call("ticket.ticket", "current_help", []));
        }
    });
}

/** A controller of tickets that stays up to date. */
const live = (Controller) =>
    class extends Controller {
        setup() {
            super.setup();
            useLivePresence(this);
            useLiveCounts(this);
            useLiveTickets(this);
            useLiveSetUp(this);
            this.tellOutOfReach = useTellOutOfReach();
        }

        get modelParams() {
            const params = super.modelParams;
            params.hooks.onSavedMulti = (saved) => this.onTicketsSaved(saved);
            return params;
        }

        async onRecordSaved(record) {
            await super.onRecordSaved(...arguments);
            this.onTicketsSaved([record]);
        }

        onTicketsSaved(saved) {
            this.env.bus.trigger("ticket_system.changed");
            return this.tellOutOfReach(saved);
        }
    };

registry.category("views").add("ticket_list", {
    ...listView,
    Controller: live(ListController),
    Model: TicketModel,
    SearchModel: TicketSearchModel,
});
registry.category("views").add("ticket_kanban", {
    ...kanbanView,
    Controller: live(KanbanController),
    Model: TicketModel,
    SearchModel: TicketSearchModel,
});
