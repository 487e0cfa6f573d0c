"""Logs: one JSON object per line on standard error, ours and granian's and the libraries' alike.

What may be in them: times, request ids, route templates, status, durations, names of exceptions and the places in the
code where they arose. What may not: addresses of people, query strings, anything that somebody typed. Therefore the
text of an exception is written only when it is one of ours; a library's may quote the value that it did not like.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

import msgspec
import structlog
from jinja2 import TemplateSyntaxError, UndefinedError
from structlog.typing import EventDict, WrappedLogger

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty outside of one."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

_SPEAK_OF_CODE: Final = (AttributeError, ImportError, NameError, TypeError, UndefinedError, TemplateSyntaxError)
"""Exceptions of others whose text names what is in the code, not what came from outside."""

_encode = msgspec.json.Encoder(enc_hook=str).encode
_LEVELS: Final = {name: getattr(logging, name) for name in ("DEBUG", "INFO", "WARNING", "ERROR")}


def configure_logs(level: str) -> None:
    """Send everything to standard error as JSON, from ``level`` on (libraries: from WARNING on)."""
    structlog.configure(
        processors=[_stamp, _tell_exception, _render],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=True,
    )


def logging_config(level: str) -> dict[str, Any]:
    """The same for the standard library's loggers, in the form that ``logging.config`` and granian take."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "portal.web.logs.JsonFormatter"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "json"},
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"_granian": {"handlers": ["stderr"], "level": level, "propagate": False}},
    }


class _StandardError:
    """Writes each line at once, so that lines of several processes do not mix."""

    def msg(self, line: bytes) -> None:
        sys.stderr.buffer.write(line + b"\n")
        sys.stderr.buffer.flush()

    debug = info = warning = error = exception = msg


class JsonFormatter(logging.Formatter):
    """A record of the standard library in our form."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, Any] = {"event": record.getMessage(), "logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            event["exc_info"] = record.exc_info[1]
        event = dict(_tell_exception(None, "", _stamp(None, record.levelname.lower(), event)))
        return _encode(event).decode()


def describe_exception(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what caused it: names and places, and the text of those that are ours."""
    story: list[dict[str, Any]] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        kind = type(link)
        told: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
        if kind.__module__.startswith("portal.") or kind in _SPEAK_OF_CODE:
            told["text"] = str(link)
        frames = traceback.extract_tb(link.__traceback__)
        told["at"] = [f"{_shorten(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
        story.append(told)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return story


def _shorten(filename: str) -> str:
    return "/".join(filename.rsplit(os.sep, 3)[-3:])


def _stamp(_: WrappedLogger, level: str, event: EventDict) -> EventDict:
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    stamped = {"time": time, "level": level, "pid": os.getpid(), **event}
    if current := request_id.get():
        stamped["request_id"] = current
    return stamped


def _tell_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    told = event.pop("exc_info", None)
    error = sys.exception() if told is True else told[1] if isinstance(told, tuple) else told
    if isinstance(error, BaseException):
        event["exception"] = describe_exception(error)
    return event


def _render(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return _encode(event)
