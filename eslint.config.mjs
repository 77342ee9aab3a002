import js from "@eslint/js";
import globals from "globals";

export default [
    js.configs.recommended,
    {
        files: ["ticket_system/static/**/*.js"],
        languageOptions: {
            sourceType: "module",
            globals: { ...globals.browser, odoo: "readonly", luxon: "readonly" },
        },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            curly: "error",
            eqeqeq: ["error", "smart"],
            "no-shadow": "error",
            "no-var": "error",
            "prefer-const": "error",
        },
    },
];
