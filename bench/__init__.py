"""The benchmarks: our ways against Odoo's own, both measured in one run."""
