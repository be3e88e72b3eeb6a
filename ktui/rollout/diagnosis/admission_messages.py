"""Why the API server refuses the pods of a ReplicaSet, or a ReplicaSet itself, in words.

The texts are those of its admission plugins: ResourceQuota, LimitRanger, PodSecurity, ServiceAccount, Priority,
NamespaceLifecycle, and of webhooks and policies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from ktui.model.quantities import memory_text, quantity
from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.wording import bare, impersonal

_OBJECT: Final = r"(?:pods?|replicasets?\.apps|ReplicaSet\.apps|Pod) "
_FORBIDDEN: Final = Expression(rf'^{_OBJECT}"[^"]*" is forbidden: ', re.IGNORECASE)
_INVALID: Final = Expression(rf'^{_OBJECT}"[^"]*" is invalid: (.+)$', re.IGNORECASE | re.DOTALL)
_QUOTA: Final = Expression(r"exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)")
_UNCOUNTED: Final = Expression(r"status unknown for quota: (\S+),")
_UNSPECIFIED: Final = Expression(r"failed quota: (\S+): must specify (\S+?)(?: for: ([^;]+?))?(?:;.*)?$")
_LIMIT_RANGE: Final = Expression(
    r"(maximum|minimum) (\S+) usage per (\S+) is ([^\s,\]]+?)"
    r"(?:, but (?:limit|request) is ([^\s,\]]+?))?(\. +No (?:limit|request) is specified)?\.?(?=[\s,\]]|$)"
)
_RATIO: Final = Expression(r"\S+ max limit to request ratio per ")
_SECURITY: Final = Expression(r'violates PodSecurity "([^":]+)[^"]*": (.+)$', re.DOTALL)
_DENIED: Final = Expression(
    r'admission webhook "([^"]+)" denied the request(?: without explanation|:? ?(.*))$', re.DOTALL
)
_SILENT: Final = Expression(r'failed calling webhook "([^"]+)": (.+)$', re.DOTALL)
_POLICY: Final = Expression(
    r"(?:(?:Validating|Mutating)AdmissionPolicy|[Pp]olicy) ['\"]([^'\"]+)['\"].*? denied request: (.+)$", re.DOTALL
)
_KYVERNO: Final = Expression(r"following policies:?\s+(\S+?):\s+\S+:\s+['\"]?(.+?)['\"]?\s*(?:\n|$)")
_GATEKEEPER: Final = Expression(r"^\[([\w.-]+)\] (.+?)\s*(?:\n\[|$)", re.DOTALL)
_CONSTRAINT: Final = Expression(r"unable to validate against any security context constraint")
_SCOPES: Final = Expression(r"insufficient quota to match these scopes")
_ACCOUNT: Final = Expression(r'serviceaccount "([^"]+)" not found')
_PRIORITY: Final = Expression(r"no PriorityClass with name (\S+) was found")
_RUNTIME_CLASS: Final = Expression(r'[Rr]untime[Cc]lass(?:\.node\.k8s\.io)? "([^"]+)" not found')
_TERMINATING: Final = "because it is being terminated"
_CHANGE_TEMPLATE: Final = "change what it names in the template"
_BUSY: Final = Expression(
    r"request did not complete within|timed out|unable to handle the request|too many requests|deadline exceeded|"
    r"etcdserver(?!: request is too large)|object is being deleted|already exists|timeout|rate limit|"
    r"try (?:again|later)|retry after|"
    r"connection (?:refused|reset|lost|error)|transport is closing|no such host|no route to host|"
    r"network is unreachable|server misbehaving|\bEOF\b|code = (?:Unavailable|DeadlineExceeded)|"
    r"internal error|failed to complete|webhook .*failed: |^Unauthorized$",
    re.IGNORECASE,
)
"""What another try may change, with the same template."""


class Refused(NamedTuple):
    """Why pods are refused, what helps, and whether fewer pods would do."""

    why: str
    helps: str
    reason: Reason = Reason.PODS_REFUSED
    wants_room: bool = False


_TRIED: Final = Expression(r"^.*?(?:Error creating: |failed error: )", re.DOTALL)
"""What controllers put before the API server's own words in their Events."""


def in_words(message: str) -> Refused:
    """The API server's refusal in words; texts that are not known stay as they are."""
    text = _FORBIDDEN.sub("", _TRIED.sub("", message).strip()).strip()
    for looks, refused in _REFUSALS:
        found = looks.search(text)
        if found is not None:
            return refused(found)
    if _TERMINATING in text:
        return Refused("the namespace is being deleted", "nothing can be created in it", Reason.OTHER)
    if _BUSY.search(bare(text)):
        helps = "wait: the controller tries again by itself; if it lasts, look at the API server"
        return Refused("the API server does not answer as it should", helps, Reason.ADMISSION_UNREACHABLE)
    # Nobody knows whether that would last: it is left to a person.
    return Refused(impersonal(text), "look at what refuses them, and correct it or the template", Reason.OTHER)


def _full(found: re.Match[str]) -> Refused:
    name, requested, used, limited = found.groups()
    if "replicasets.apps" in requested:
        # A ReplicaSet that is kept for rollbacks counts like any other, and lowering the surge frees none.
        helps = "raise the quota, lower revisionHistoryLimit, or delete ReplicaSets that are not needed"
        return Refused(_quota(name, requested, used, limited), helps, Reason.QUOTA_FULL)
    helps = "raise the quota, lower the surge, or scale something else in"
    return Refused(_quota(name, requested, used, limited), helps, Reason.QUOTA_FULL, wants_room=True)


def _uncounted(found: re.Match[str]) -> Refused:
    helps = "wait: the cluster counts what the quota limits; if it lasts, look at the controller manager"
    return Refused(f"quota {found[1]} is not counted yet", helps, Reason.ADMISSION_UNREACHABLE)


def _unspecified(found: re.Match[str]) -> Refused:
    whose = f"the container {found[3]}" if found[3] else "each container"
    what = f"quota {found[1]} wants {found[2].replace(',', ', ')} in {whose}"
    return Refused(what, "add these to the template, or a LimitRange with defaults to the namespace")


def _limited(found: re.Match[str]) -> Refused:
    """`LimitRange: at most 64Mi memory per container, not 128Mi`."""
    bound, resource, each, limit, asked, unset = found.groups()
    most = "at most" if bound == "maximum" else "at least"
    amount = quantity(asked or "")
    if amount is not None and resource in ("memory", "storage"):
        asked = memory_text(amount)
    other = f", not {asked}" if asked else ", and none is set" if unset else ""
    why = f"LimitRange: {most} {limit} {resource} per {each.lower()}{other}"
    return Refused(why, "change the container's resources, or the LimitRange")


def _denied(found: re.Match[str]) -> Refused:
    """What a webhook says; Kyverno and Gatekeeper name the policy, which tells more than the webhook."""
    webhook, said = found[1], (found[2] or "").strip()
    if _BUSY.search(bare(said)):
        helps = "wait: it is tried again; if it lasts, look at the webhook, and at what it asks in turn"
        return Refused(f"webhook {webhook} cannot decide: {said}", helps, Reason.ADMISSION_UNREACHABLE)
    policy = _KYVERNO.search(said) or _GATEKEEPER.search(said)
    if policy is not None:
        return Refused(f"policy {policy[1]}: {policy[2]}", _CHANGE_TEMPLATE)
    why = f"webhook {webhook}: {said}" if said else f"webhook {webhook} refuses them"
    return Refused(why, "change what it names in the template, or ask the owner of the webhook")


def _insecure(found: re.Match[str]) -> Refused:
    """Of each violation what it is; which container has it, and what it must set, stands in the detail."""
    what = [part.partition(" (")[0] for part in re.split(r"\), ", found[2])]
    return Refused(f"pod security “{found[1]}”: {', '.join(what)}", "change the template's securityContext")


def _silent(found: re.Match[str]) -> Refused:
    why = f"webhook {found[1]} does not answer: {found[2].rpartition(': ')[2] or found[2]}"
    helps = "bring the webhook's service back: without it no pod is admitted"
    if "x509:" in bare(found[2]):
        helps = "renew the webhook's certificate, or its caBundle: without it no pod is admitted"
    return Refused(why, helps, Reason.ADMISSION_UNREACHABLE)


def _lacks(what: str) -> Callable[[re.Match[str]], Refused]:
    helps = "create it, or name another one in the template"
    return lambda found: Refused(f"{what} {found[1]} does not exist", helps)


_REFUSALS: Final[tuple[tuple[Expression, Callable[[re.Match[str]], Refused]], ...]] = (
    (_QUOTA, _full),
    (_UNCOUNTED, _uncounted),
    (_UNSPECIFIED, _unspecified),
    (_POLICY, lambda found: Refused(f"policy {found[1]}: {found[2]}", _CHANGE_TEMPLATE)),
    (_DENIED, _denied),
    (_SILENT, _silent),
    (_LIMIT_RANGE, _limited),
    (
        _RATIO,
        lambda found: Refused(
            f"a LimitRange forbids it: {found.string}", "change the container's resources, or the LimitRange"
        ),
    ),
    (_SECURITY, _insecure),
    (
        _CONSTRAINT,
        lambda _: Refused(
            "no SecurityContextConstraint of its service account allows it",
            "change the template's securityContext, or let the service account use a constraint that allows it",
        ),
    ),
    (
        _SCOPES,
        lambda _: Refused(
            "no quota of the namespace allows its priority class",
            "name another priorityClassName, or make a quota for it",
        ),
    ),
    (_ACCOUNT, _lacks("service account")),
    (_PRIORITY, _lacks("priority class")),
    (_RUNTIME_CLASS, _lacks("runtime class")),
    (_INVALID, lambda found: Refused(f"not valid: {impersonal(found[1])}", "correct what it names in the template")),
)
"""What admission writes, and what it comes to: the first that is found."""


def _quota(name: str, requested: str, used: str, limited: str) -> str:
    """`quota tight: 5 of 5 pods used, 1 needed`, with the first resource that is asked too much of.

    ResourceQuota names those alone that do not fit; all of them stand in the detail.
    """
    resource, amount = next(iter(_amounts(requested).items()))
    taken, limit = _amounts(used).get(resource, "?"), _amounts(limited).get(resource, "?")
    return f"quota {name}: {taken} of {limit} {resource} used, {amount} needed"


def _amounts(text: str) -> dict[str, str]:
    """`pods=1,requests.cpu=500m` as a mapping."""
    return dict(part.partition("=")[::2] for part in text.split(","))
