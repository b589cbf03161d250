"""Every view names the action it is; a view without one does not start. Tests walk the URL map by this."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask

from emergency.access import Action

View = TypeVar("View", bound=Callable[..., Any])


def rule(action: Action) -> Callable[[View], View]:
    """Mark a view with the action that a caller must be allowed."""

    def mark(view: View) -> View:
        view.rule = action  # type: ignore[attr-defined]  # an attribute of a function is how Flask views carry data
        return view

    return mark


def action_of(app: Flask, endpoint: str) -> Action:
    """The action of an endpoint. Files under static/ are public."""
    if endpoint == "static":
        return Action.PUBLIC
    found = getattr(app.view_functions[endpoint], "rule", None)
    if not isinstance(found, Action):
        raise TypeError(f"{endpoint} has no access rule")
    return found


def check(app: Flask) -> None:
    """Refuse to start with a view that has no rule."""
    for each in app.url_map.iter_rules():
        action_of(app, each.endpoint)
