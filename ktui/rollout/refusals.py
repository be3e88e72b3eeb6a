"""Why the API server refuses the pods of a ReplicaSet, in words.

The texts are those of its admission plugins: ResourceQuota, LimitRanger, PodSecurity, ServiceAccount, Priority,
NamespaceLifecycle, and of webhooks and policies.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_FORBIDDEN: Final = re.compile(r'^pods "[^"]*" is forbidden: ')
_QUOTA: Final = re.compile(r"exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)")
_UNSPECIFIED: Final = re.compile(r"failed quota: (\S+): must specify (\S+?)(?: for: ([^;]+?))?(?:;.*)?$")
_LIMIT_RANGE: Final = re.compile(r"(?:maximum|minimum) \S+ usage per |\S+ max limit to request ratio per ")
_SECURITY: Final = re.compile(r'violates PodSecurity "([^":]+)[^"]*": (.+)$', re.DOTALL)
_DENIED: Final = re.compile(
    r'admission webhook "([^"]+)" denied the request(?: without explanation|:? ?(.*))$', re.DOTALL
)
_SILENT: Final = re.compile(r'failed calling webhook "([^"]+)": (.+)$', re.DOTALL)
_POLICY: Final = re.compile(r"ValidatingAdmissionPolicy '([^']+)'.*? denied request: (.+)$", re.DOTALL)
_ACCOUNT: Final = re.compile(r'serviceaccount "([^"]+)" not found')
_PRIORITY: Final = re.compile(r"no PriorityClass with name (\S+) was found")
_TERMINATING: Final = "because it is being terminated"


class Refused(NamedTuple):
    """Why pods are refused, what helps, whether it may pass by itself, and whether fewer pods would do."""

    why: str
    helps: str
    may_pass: bool = False
    wants_room: bool = False


_TRIED: Final = re.compile(r"^.*?(?:Error creating: |failed error: )", re.DOTALL)
"""What controllers put before the API server's own words in their Events."""


def in_words(message: str) -> Refused:
    """The API server's refusal in words; texts that are not known stay as they are."""
    text = _FORBIDDEN.sub("", _TRIED.sub("", message)).strip()
    if found := _QUOTA.search(text):
        helps = "raise the quota, lower the surge, or scale something else in"
        return Refused(_quota(*found.groups()), helps, wants_room=True)
    if found := _UNSPECIFIED.search(text):
        whose = f"the container {found[3]}" if found[3] else "each container"
        what = f"quota {found[1]} wants {whose} to say its {found[2].replace(',', ', ')}"
        return Refused(what, "add these to the template, or a LimitRange with defaults to the namespace")
    if _LIMIT_RANGE.search(text):
        return Refused(f"a LimitRange forbids it: {text}", "change the container's resources, or the LimitRange")
    if found := _SECURITY.search(text):
        return Refused(f"pod security “{found[1]}” forbids it: {found[2]}", "change the template's securityContext")
    if found := _POLICY.search(text):
        return Refused(f"policy {found[1]} forbids it: {found[2]}", "change what it names in the template")
    if found := _DENIED.search(text):
        why = f"webhook {found[1]} refuses them" + (f": {found[2]}" if found[2] else "")
        return Refused(why, "change what it names in the template, or ask the owner of the webhook")
    if found := _SILENT.search(text):
        why = f"webhook {found[1]} does not answer: {found[2].rpartition(': ')[2] or found[2]}"
        return Refused(why, "mend the webhook's service: without it no pod is admitted", may_pass=True)
    if found := _ACCOUNT.search(text):
        return Refused(f"service account {found[1]} does not exist", "create it, or name another one in the template")
    if found := _PRIORITY.search(text):
        return Refused(f"priority class {found[1]} does not exist", "create it, or name another one in the template")
    if _TERMINATING in text:
        return Refused("the namespace is being deleted", "nothing can be made in it any more")
    return Refused(text, "mend what refuses the pods")


def _quota(name: str, requested: str, used: str, limited: str) -> str:
    """`quota tight is used up (pods: 5 of 5 used, 1 more needed)`, with each resource that is asked too much of."""
    used_of, limit_of = _amounts(used), _amounts(limited)
    parts = [
        f"{resource}: {used_of.get(resource, '?')} of {limit_of.get(resource, '?')} used, {amount} more needed"
        for resource, amount in _amounts(requested).items()
    ]
    return f"quota {name} is used up ({'; '.join(parts)})"


def _amounts(text: str) -> dict[str, str]:
    """`pods=1,requests.cpu=500m` as a mapping."""
    return dict(part.partition("=")[::2] for part in text.split(","))
