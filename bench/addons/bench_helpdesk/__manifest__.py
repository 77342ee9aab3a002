{
    "name": "Benchmark Helpdesk",
    "version": "19.0.1.0.0",
    "summary": "What Odoo's own mail gateway feeds in the benchmark",
    "category": "Hidden",
    "author": "ticket_system contributors",
    "website": "https://ticket-system.example.org",
    "license": "LGPL-3",
    "depends": ["mail", "project"],
    "data": ["security/ir.model.access.csv"],
}
