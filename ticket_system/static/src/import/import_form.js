import { onWillDestroy } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/** Shows how far an import came, while it runs. */
class ImportFormController extends FormController {
    setup() {
        super.setup();
        const bus = useService("bus_service");
        const update = async ({ id }) => {
            const { root } = this.model;
            if (root.resId === id && !(await root.isDirty())) {
                await root.load();
            }
        };
        bus.subscribe("ticket_system.import", update);
        onWillDestroy(() => bus.unsubscribe("ticket_system.import", update));
    }
}

registry
    .category("views")
    .add("ticket_import_form", { ...formView, Controller: ImportFormController });
