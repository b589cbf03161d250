"""Who is asking: a session cookie or a bearer token. A cookie's unsafe requests also need the CSRF token."""

from collections.abc import Callable

from flask import Flask, Response, after_this_request, current_app, g, request
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.orm import Session

from emergency import access, clock
from emergency.access import Action, Officer
from emergency.errors import Forbidden, NotSignedIn
from emergency.throttle import TooManyTries
from emergency.web import door
from emergency.web.app import parts
from emergency.web.rules import action_of
from emergency.words import Words

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
csrf = CSRFProtect()
logins = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """An officer as Flask-Login carries one; the id holds the stamp, so a new password ends old sessions."""

    def __init__(self, officer: Officer):
        self.officer = officer

    def get_id(self) -> str:
        """The officer's id and stamp."""
        return f"{self.officer.id}:{self.officer.stamp}"


def attach(app: Flask) -> None:
    """Add sessions and the access rule of every route to `app`."""
    csrf.init_app(app)
    logins.init_app(app)
    logins.session_protection = "basic"
    logins.user_loader(_by_cookie)
    app.before_request(_guard)


def officer() -> Officer | None:
    """The officer of this request, by token or by session."""
    if "officer" not in g:
        g.officer = _by_bearer() if _bearer() is not None else _by_session()
    found: Officer | None = g.officer
    return found


def signed_in() -> Officer:
    """The officer of this request; NotSignedIn where there is none."""
    found = officer()
    if found is None:
        raise _expired()
    return found


def sign_in(name: str, password: str) -> Officer:
    """Begin a session; the browser is known under this name from then on."""
    try:
        found = access.sign_in(parts().sessions, door.of(name), name=name, password=password, at=clock.now())
    except TooManyTries as shut:
        _say_when(shut)
        raise
    login_user(SignedIn(found), remember=False)
    door.remember(name)
    g.officer = found
    return found


def sign_out() -> None:
    """End the session."""
    logout_user()
    g.pop("officer", None)


def _say_when(shut: TooManyTries) -> None:
    """The form is shown again with the sentence; a program reads the same from status and header."""

    def dressed(answer: Response) -> Response:
        answer.status_code = shut.status
        answer.headers["Retry-After"] = str(shut.facts["wait_s"])
        return answer

    after_this_request(dressed)


def _guard() -> None:
    if request.endpoint is None:
        return  # no such route: the 404 follows
    action = action_of(current_app, request.endpoint)
    if action in (Action.PUBLIC, Action.PROVIDER) and request.endpoint != "pages.sign_in":
        return
    if action is not Action.PUBLIC:
        access.require(officer(), action)
    if request.method not in SAFE and _bearer() is None:
        _protect()


def _protect() -> None:
    try:
        csrf.protect()
    except CSRFError as refused:
        words = Words(
            "页面已过期，请刷新后重试；已填内容请先复制。",
            "The page has expired: copy what you typed, reload, and try again.",
        )
        raise Forbidden("csrf", words) from refused


def _bearer() -> str | None:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else None


def _by_bearer() -> Officer:
    token = _bearer() or ""
    found = _load(lambda session: access.by_token(session, token))
    if found is None:
        raise NotSignedIn("token", Words("令牌无效或已撤销。", "The token is not valid or was revoked."))
    return found


def _by_session() -> Officer | None:
    found: Officer | None = current_user.officer if current_user.is_authenticated else None
    return found


def _by_cookie(stored: str) -> SignedIn | None:
    number, _, stamp = stored.partition(":")
    found = _load(lambda session: access.by_id(session, int(number))) if number.isdigit() else None
    return SignedIn(found) if found is not None and found.stamp == stamp else None


def _load(find: Callable[[Session], Officer | None]) -> Officer | None:
    with parts().sessions.begin() as session:
        return find(session)


def _expired() -> NotSignedIn:
    return NotSignedIn(
        "sign-in", Words("请先登录：会话不存在或已过期。", "Sign in first: there is no session, or it has expired.")
    )
