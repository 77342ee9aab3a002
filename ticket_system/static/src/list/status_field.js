import { xml } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { BadgeField, badgeField } from "@web/views/fields/badge/badge_field";
import { extractM2OFieldProps, Many2OneField } from "@web/views/fields/many2one/many2one_field";

/** A badge, to be chosen from a menu while its row is edited; its color comes when saved. */
class StatusField extends Many2OneField {
    static template = xml`
        <BadgeField t-if="props.readonly" t-props="badgeProps"/>
        <Many2One t-else="" t-props="m2oProps"/>
    `;
    static components = { ...Many2OneField.components, BadgeField };
    static props = { ...Many2OneField.props, colorField: String };

    get badgeProps() {
        const { record, name, colorField } = this.props;
        return name in record._changes ? { record, name } : { record, name, colorField };
    }
}

registry.category("fields").add("ticket_status", {
    ...badgeField,
    component: StatusField,
    additionalClasses: ["o_field_badge"],
    supportedTypes: ["many2one"],
    extractProps: (staticInfo, dynamicInfo) => ({
        ...extractM2OFieldProps(staticInfo, dynamicInfo),
        colorField: staticInfo.options.color_field,
    }),
});
