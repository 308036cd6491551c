"""Every route of the API, which the application serves and the document describes."""

from ct_cli.server.batch_route import BATCH_ROUTES
from ct_cli.server.ledger_routes import LEDGER_ROUTES
from ct_cli.server.obligations_route import OBLIGATIONS_ROUTES
from ct_cli.server.query_routes import QUERY_ROUTES
from ct_cli.server.reading_routes import READING_ROUTES
from ct_cli.server.record_route import RECORD_ROUTES
from ct_cli.server.register_routes import REGISTER_ROUTES
from ct_cli.server.reports_route import REPORT_ROUTES
from ct_cli.server.returns_routes import RETURNS_ROUTES
from ct_cli.server.route import Route
from ct_cli.server.vacancies_route import VACANCIES_ROUTES

ROUTES: tuple[Route, ...] = (
    *BATCH_ROUTES, *RETURNS_ROUTES, *READING_ROUTES, *OBLIGATIONS_ROUTES, *VACANCIES_ROUTES, *REPORT_ROUTES,
    *REGISTER_ROUTES, *QUERY_ROUTES, *LEDGER_ROUTES, *RECORD_ROUTES,
)  # fmt: skip
