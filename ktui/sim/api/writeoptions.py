"""The parameters of a write: what they may be, in the words of the API server's own validation."""

from collections.abc import Mapping

from ktui.sim.api.causes import Causes
from ktui.sim.api.errors import invalid
from ktui.sim.api.resources import Resource

_KINDS = {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
_LONGEST_MANAGER = 128


def check_write_options(verb: str, query: Mapping[str, str], *, applies: bool = False) -> None:
    """Check the parameters of a create, an update or a patch; ``applies`` says that it is a server-side apply.

    A parameter that is misspelt would otherwise turn a dry run into a write.

    Raises:
        ApiError: 422, with every cause.
    """
    causes = Causes()
    manager = query.get("fieldManager", "")
    if verb == "patch" and applies and not manager:
        causes.required("fieldManager", "is required for apply patch")
    if verb == "patch" and not applies and "force" in query:
        causes.forbidden("force", "may not be specified for non-apply patch")
    if len(manager) > _LONGEST_MANAGER:
        causes.too_long("fieldManager", _LONGEST_MANAGER)
    if (dry_run := query.get("dryRun", "All")) != "All":
        causes.unsupported("dryRun", dry_run, ("All",))
    validations = ("Ignore", "Strict", "Warn")
    if (asked := query.get("fieldValidation") or "Warn") not in validations:
        causes.unsupported("fieldValidation", asked, validations)
    if causes.found:
        kind = _KINDS[verb]
        raise invalid(Resource("meta.k8s.io", "v1", kind.lower(), "", kind), "", causes.found)
