import { registry } from "@web/core/registry";

/** Opens `params.action` in the place of what is shown; the way back stays. */
function openInstead(env, { params }) {
    return env.services.action.doAction(params.action, { stackPosition: "replaceCurrentAction" });
}

registry.category("actions").add("ticket_system.open_instead", openInstead);
