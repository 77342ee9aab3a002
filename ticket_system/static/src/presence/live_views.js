import { markup, onWillDestroy, onWillStart } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { KanbanController } from "@web/views/kanban/kanban_controller";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

/** Reloads the one record shown whose presence has changed, nothing else. */
function useLivePresence(controller) {
    const bus = useService("bus_service");
    const update = ({ id }) => {
        const shown = records(controller.model.root).find(({ resId }) => resId === id);
        if (shown && !shown.isInEdition) {
            shown.load();
        }
    };
    bus.subscribe("ticket_system.presence", update);
    onWillDestroy(() => bus.unsubscribe("ticket_system.presence", update));
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

class TicketListController extends ListController {
    setup() {
        super.setup();
        useLivePresence(this);
        useLiveCounts(this);
        useLiveSetUp(this);
    }
}

class TicketKanbanController extends KanbanController {
    setup() {
        super.setup();
        useLivePresence(this);
        useLiveCounts(this);
        useLiveSetUp(this);
    }
}

registry.category("views").add("ticket_list", { ...listView, Controller: TicketListController });
registry
    .category("views")
    .add("ticket_kanban", { ...kanbanView, Controller: TicketKanbanController });
