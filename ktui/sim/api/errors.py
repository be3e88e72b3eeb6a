"""Refusals of the API server: the HTTP code and the ``metav1.Status`` that a client receives.

The words are those of kube-apiserver v1.36, as the recorded exchanges have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ktui.sim.api.resources import Resource

JSON = dict[str, Any]


@dataclass(frozen=True)
class Cause:
    """One reason why an object is invalid: the path of the field, what kind of fault, and the words."""

    field: str
    reason: str
    message: str


class ApiError(Exception):
    """A request that is refused. ``code`` is the HTTP status, ``status`` the body of the answer."""

    def __init__(
        self, code: int, reason: str, message: str, details: JSON | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retry_after = retry_after

    @property
    def status(self) -> JSON:
        """The ``metav1.Status`` that tells a client of this."""
        body: JSON = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def _named(name: str, group: str, kind: str) -> JSON:
    details = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in details.items() if value}


def _details(resource: Resource, name: str) -> JSON:
    return _named(name, resource.group, resource.plural)


def not_found(resource: Resource, name: str) -> ApiError:
    """404: no object of that name."""
    return ApiError(
        404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name)
    )  # fmt: skip


def already_exists(resource: Resource, name: str) -> ApiError:
    """409: a create of a name that is taken."""
    message = f'{resource.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name))


def conflict(
    resource: Resource,
    name: str,
    why: str = "the object has been modified; please apply your changes to the latest version and try again",
) -> ApiError:
    """409: the object is no longer the one that the request was made for."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name))


def apply_conflict(conflicts: Sequence[tuple[str, str]]) -> ApiError:
    """409 of a server-side apply: pairs of the manager, as the message names it, and the field that it owns."""
    managers = sorted({manager for manager, _ in conflicts})
    if len(managers) == 1:
        fields = sorted(field for _, field in conflicts)
        if len(fields) == 1:
            message = f"Apply failed with 1 conflict: conflict with {managers[0]}: {fields[0]}"
        else:
            lines = "".join(f"\n- {field}" for field in fields)
            message = f"Apply failed with {len(fields)} conflicts: conflicts with {managers[0]}:{lines}"
    else:
        message = f"Apply failed with {len(conflicts)} conflicts:"
        for manager in managers:
            fields = sorted(field for owner, field in conflicts if owner == manager)
            message += f" conflicts with {manager}:" + "".join(f"\n- {field}" for field in fields)
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": field}
        for manager, field in conflicts
    ]
    return ApiError(409, "Conflict", message, {"causes": causes})


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: the object breaks a rule of its kind; each cause names a field."""
    messages = [f"{cause.field}: {cause.message}" for cause in causes]
    words = messages[0] if len(messages) == 1 else "[" + ", ".join(messages) + "]"
    details = _named(name, resource.group, resource.kind) | {
        "causes": [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes]
    }
    return ApiError(422, "Invalid", f'{resource.qualified_kind} "{name}" is invalid: {words}', details)


def invalid_patch(document: str, why: str) -> ApiError:
    """422: the patched object cannot be decoded; ``document`` is that object as JSON."""
    message = f"Invalid value: {quoted(document)}: {why}"
    causes = [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]
    return ApiError(422, "Invalid", f' "" is invalid: patch: {message}', {"causes": causes})


def rejected_patch() -> ApiError:
    """422: a JSON patch that does not fit the object, a failed ``test`` among them."""
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    """403: ``why`` follows ``pods "x" is forbidden:``, as admission and authorization both phrase it."""
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {why}", _details(resource, name))


def unauthorized() -> ApiError:
    """401: no user could be read from the request."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> ApiError:
    """400: the request itself cannot be understood."""
    return ApiError(400, "BadRequest", message)


def expired(message: str = "The resourceVersion for the provided list is too old.") -> ApiError:
    """410: the version that was asked for has been compacted away."""
    return ApiError(410, "Expired", message)


def too_old(asked: int, oldest: int) -> ApiError:
    """410, as a watch tells it: asked to begin at a version before the oldest one that is kept."""
    return expired(f"too old resource version: {asked} ({oldest})")


def too_large(asked: int, newest: int) -> ApiError:
    """504: asked for a version that the server has not reached."""
    details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    message = f"Timeout: Too large resource version: {asked}, current: {newest}"
    return ApiError(504, "Timeout", message, details, retry_after=1)


def method_not_allowed() -> ApiError:
    """405: the resource does not know this verb."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def unsupported_media_type(*offered: str) -> ApiError:
    """415: a body of a type that this resource does not take; without ``offered``, the bare words of a patch."""
    if not offered:
        return ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(offered)
    return ApiError(415, "UnsupportedMediaType", message)


def too_many_requests(message: str, retry_after: int, causes: Sequence[JSON] = ()) -> ApiError:
    """429: come back after ``retry_after`` seconds. An eviction that a budget stops is shown so too."""
    details: JSON = {"retryAfterSeconds": retry_after} if retry_after else {}
    if causes:
        details["causes"] = list(causes)
    return ApiError(429, "TooManyRequests", message, details, retry_after=retry_after or None)


def internal(message: str) -> ApiError:
    """500: the server itself failed."""
    details = {"causes": [{"message": message}]}
    return ApiError(500, "InternalError", f"Internal error occurred: {message}", details)


def not_simulated(what: str) -> ApiError:
    """501: a real API server does this and the simulator does not."""
    return ApiError(HTTPStatus.NOT_IMPLEMENTED, "NotSimulated", f"not simulated: {what}")


def quoted(text: str) -> str:
    """A string as Go's ``%q`` prints it, within the characters that JSON documents hold."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(char, char) for char in text) + '"'
