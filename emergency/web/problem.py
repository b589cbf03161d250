"""Errors as people and programs read them: problem+json (RFC 9457) for the API, a plain page for the browser."""

from typing import Any

from flask import Flask, Response, current_app, jsonify, redirect, render_template, request, url_for
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from emergency.errors import BadInput, EmergencyError, NotReady, NotSignedIn
from emergency.web.language import language, spoken
from emergency.words import Words

HTTP_WORDS = {
    400: Words("请求读不懂：请检查格式。", "The request cannot be read: check its format."),
    404: Words("没有这个页面或资源。", "There is no such page or resource."),
    405: Words("此地址不接受这种请求方法。", "That address does not take this method."),
    413: Words("内容过大，上限 1 MB。", "Too large: the limit is 1 MB."),
    415: Words("请以 application/json 提交。", "Send application/json."),
    500: Words(
        "服务出错，已记入日志；请重试，仍不行请联系管理员。",
        "The service failed and logged it; try again, then call the administrator.",
    ),
}


def attach(app: Flask) -> None:
    """Answer every error in one shape."""
    app.register_error_handler(EmergencyError, _emergency)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DataError, _unstorable)


def body(error: EmergencyError) -> dict[str, Any]:
    """The problem document of an error, in the request's language."""
    document: dict[str, Any] = {
        "type": f"urn:lianfang:problem:{error.slug}",
        "title": error.words.to(language()),
        "status": error.status,
        "detail": error.words.to(language()),
    }
    if error.field is not None:
        document["field"] = error.field
    return {**document, **spoken(error.facts, language())}


def _emergency(error: EmergencyError) -> AnyResponse | tuple[str, int]:
    if _for_program():
        return _problem(body(error))
    if isinstance(error, NotSignedIn) and request.endpoint != "pages.sign_in":
        return redirect(url_for("pages.sign_in", next=request.full_path.rstrip("?")))
    return _page(error.status, error.words)


def _http(error: HTTPException) -> AnyResponse | tuple[str, int]:
    status = error.code or 500
    words = HTTP_WORDS.get(status, Words(error.name, error.name))
    if not _for_program():
        return _page(status, words)
    title = words.to(language())
    return _problem({"type": f"urn:lianfang:problem:http-{status}", "title": title, "status": status, "detail": title})


def _database(error: OperationalError) -> AnyResponse | tuple[str, int]:
    current_app.logger.error("database: %s", error)
    words = Words(
        "数据库连不上，请稍后重试；已填内容不会丢，请勿关闭页面。",
        "The database cannot be reached; keep this page open and try again.",
    )
    return _emergency(NotReady("database", words))


def _unstorable(error: DataError) -> AnyResponse | tuple[str, int]:
    current_app.logger.error("database: %s", error)
    words = Words(
        "编号过大，或文字含不可见字符，存不下；请改正后再提交。",
        "A number is too large or a text holds an invisible character: it cannot be stored; correct it and send again.",
    )
    return _emergency(BadInput("cannot-be-stored", words))


def _problem(document: dict[str, Any]) -> Response:
    answer = jsonify(document)
    answer.status_code = document["status"]
    answer.mimetype = "application/problem+json"
    return answer


def _page(status: int, words: Words) -> tuple[str, int]:
    return render_template("error.html", status=status, words=words.to(language())), status


def _for_program() -> bool:
    return not request.accept_mimetypes.accept_html or request.path.startswith(("/api/", "/tiles/", "/webhooks/"))
