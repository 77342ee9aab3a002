import { onWillDestroy, status } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

const EVENTS = ["ticket_system.presence", "ticket_system.moved"];

/** Reloads the one record shown that others came to, left, merged or split. */
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
            if (status(controller) !== "destroyed") {
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

/** Counts the tickets in the panel at the left anew when agents have changed some. */
function useLiveCounts(controller) {
    const { bus, searchModel } = controller.env;
    useBus(bus, "ticket_system.changed", () => {
        searchModel.searchPanelInfo.shouldReload = true;
        searchModel._notify();
    });
}

class TicketListController extends ListController {
    setup() {
        super.setup();
        useLivePresence(this);
        useLiveCounts(this);
    }
}

class TicketKanbanController extends KanbanController {
    setup() {
        super.setup();
        useLivePresence(this);
        useLiveCounts(this);
    }
}

registry.category("views").add("ticket_list", { ...listView, Controller: TicketListController });
registry
    .category("views")
    .add("ticket_kanban", { ...kanbanView, Controller: TicketKanbanController });
