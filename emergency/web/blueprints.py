"""Every blueprint of the deciding half, for the composition root."""

from typing import Final

from flask import Blueprint

from emergency.web import (
    clocks_api,
    coverage_api,
    coverage_pages,
    daystate_api,
    incidents_api,
    me_api,
    network_api,
    notifications_api,
    openapi,
    pages,
    statements_api,
    status,
)

ALL: Final[tuple[Blueprint, ...]] = (
    status.blueprint,
    pages.blueprint,
    me_api.blueprint,
    network_api.blueprint,
    daystate_api.blueprint,
    incidents_api.blueprint,
    clocks_api.blueprint,
    statements_api.blueprint,
    coverage_api.blueprint,
    coverage_pages.blueprint,
    notifications_api.blueprint,
    openapi.blueprint,
)
