"""Why a container or a pod's sandbox cannot be made or started: what the kubelet and container runtimes write.

A runtime wraps what went wrong into up to six layers (`failed to create containerd task: failed to create shim task:
OCI runtime create failed: runc create failed: unable to start container process: …`); the reason stands inside.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.expressions import Expression
from ktui.rollout.diagnosis.wording import bare, brief, impersonal

BAD_CONFIG: Final = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "StartError",
        "ContainerCannotRun",
        "PreCreateHookError",
        "PreStartHookError",
    }
)
"""Reasons for which a container cannot be made or started, whatever it would do."""

HOOK_ERROR: Final = "PostStartHookError"


class Start(NamedTuple):
    """Why it cannot start, without what changes from pod to pod, and what helps."""

    reason: Reason
    why: str
    helps: str
    lacks_network: bool = False


_LONGEST_COMMAND: Final = 26
_CHECK_COMMAND: Final = "check the command and the arguments in the template, and what is in the image"
_CHECK_ALL: Final = "check the command and the ConfigMaps and Secrets that the template names"
_SET_USER: Final = "set runAsUser in the securityContext to a user that is not 0, or build the image with one"
_LOOK_AT_NODE: Final = "look at the node: its runtime, its disk and its drivers; pods on other nodes may start"
_READ_ON: Final = "read the whole message; look at the template, and at the runtime of the node"
_WAIT: Final = "wait: the kubelet tries again by itself; if it lasts, look at the node's runtime and its load"

_WRAPPED: Final = Expression(
    r"^(?:(?:rpc error: code = \w+ desc = |Error response from daemon|[Ee]rror during container init|"
    r"failed to (?:create|start) (?:containerd task|shim task|task for container|task|container)(?: \S+)?|"
    r"failed to generate (?:container )?(?:\S+ )?spec|OCI runtime (?:create|exec|start|error)(?: failed)?|"
    r"(?:runc|crun) (?:create|start|exec) failed|unable to start container process|container create failed|"
    r"starting container process caused|failed to apply OCI options|[Ee]rror|runc|crun|"
    r'time="[^"]*" level=error msg=)[: ]+)+'
)
_UNKNOWN_TAIL: Final = Expression(r"(?:: unknown)+\s*$")

_TRANSIENT: Final = (
    (r"failed to sync (?:secret|configmap) cache", "the kubelet has not read it yet"),
    (r"services have not yet been read", "the kubelet has not read the services yet"),
    (
        r"is reserved for|name is reserved|already in use by|reserving ctr name",
        "its name is still reserved on the node",
    ),
    (r"deadline exceeded|DeadlineExceeded|timed out|i/o timeout", "the node's runtime does not answer in time"),
    (
        r"transport is closing|ttrpc: closed|code = Unavailable|connection refused",
        "the node's runtime is not available",
    ),
    (
        r"unable to handle the request|etcdserver|too many requests|no relationship found between node|"
        r"failed to fetch token|^Get ",
        "the API server does not answer the kubelet",
    ),
    (r"host IP unknown", "the kubelet does not know its own address yet"),
)
_PASSES: Final = tuple((Expression(words), why) for words, why in _TRANSIENT)

_NODE: Final = tuple(
    (Expression(words, re.IGNORECASE), why)
    for words, why in (
        (r"no space left on device|disk quota exceeded", "the node's disk is full"),
        (
            r"resource temporarily unavailable|cannot allocate memory|too many open files",
            "the node is out of memory or processes",
        ),
        (r"stale (?:NFS )?file handle|transport endpoint is not connected|input/output error", "a mount is broken"),
        (r"cgroup|start unit", "its cgroup cannot be made on the node"),
        (r"nvidia-container-cli|CDI devices?", "the node's GPU runtime fails"),
        (r"seccomp", "its seccomp profile cannot be used on the node"),
        (r"apparmor", "its AppArmor profile cannot be used on the node"),
        (
            r"snapshot|content digest|unpacking image|get image|resolve image|No such image",
            "its image is not whole on the node",
        ),
        (
            r"failed to start shim|PID from pipe|namespace path|failed to find pid|no running task|"
            r"sandbox .*(?:not found|is not running)|No such container",
            "the node's runtime fails",
        ),
    )
)
"""What a node does wrong, not the template; some of it passes."""

_EXEC: Final = Expression(
    r'exec:? (?:"((?:[^"\\]|\\.)*)"|(?P<path>/[^\s:]+)): (?P<said>.*)$|'
    r"executable file `(?P<named>[^`]*)` (?P<crun>.*)$",
    re.DOTALL,
)
_MISSING: Final = Expression(r'(secret|configmap) "([^"]+)" not found')
_NO_KEY: Final = Expression(r"couldn't find key (\S+) in (ConfigMap|Secret) (?:[\w.-]+/)?([\w.-]+)")
_CWD: Final = Expression(r'chdir to cwd \(?"([^"]+)"\)?')
_USER: Final = Expression(r"unable to find (user|group) ([^:]+): no matching entries")
_SUBPATH: Final = Expression(r'failed to (?:prepare|create) subPath (?:directory )?for volumeMount "([^"]+)"')
_NO_VOLUME: Final = Expression(r'cannot find volume "([^"]+)" to (?:mount|pass) into container')
_MOUNTED: Final = Expression(r'error mounting ".*?" to rootfs at "([^"]+)"(.*)$', re.DOTALL)
_NON_NUMERIC: Final = Expression(r"image has non-numeric user \(([^)]*)\)")


def start_trouble(text: str, pod: str = "") -> Start:
    """What a message about a container that cannot be made or started comes to."""
    # CRI-O and old versions of runc quote what runc said again.
    text = text.replace('\\"', '"')
    missing = _MISSING.search(text)
    if missing is not None:
        helps = f"create the {missing[1]} {missing[2]}, or correct its name in the template"
        return Start(Reason.CONFIG_MISSING, f'{missing[1]} "{missing[2]}" not found', helps)
    key = _NO_KEY.search(text)
    if key is not None:
        helps = f"add the key {key[1]} to the {key[2]} {key[3]}, or correct its name in the template"
        return Start(Reason.CONFIG_MISSING, f"the {key[2]} {key[3]} has no key {key[1]}", helps)
    return _root(text) or _process(text) or _passing(text) or _of_node(text) or _mounting(text) or _other(text, pod)


def _root(text: str) -> Start | None:
    if "runAsNonRoot" not in text and "non-root policy" not in text and "run as root" not in text:
        return None
    named = _NON_NUMERIC.search(text)
    if named is not None:
        helps = "set runAsUser to the user's number: the kubelet cannot look names up"
        return Start(
            Reason.CONFIG_INVALID, f"runAsNonRoot, and the image's user {brief(named[1])} is not a number", helps
        )
    return Start(Reason.CONFIG_INVALID, "runAsNonRoot, and it would run as root", _SET_USER)


def _process(text: str) -> Start | None:
    """What runc and crun say of the program itself."""
    ran = _EXEC.search(text)
    if ran is not None:
        program = brief(ran[1] or ran["path"] or ran["named"] or '""', _LONGEST_COMMAND)
        said = (ran["said"] or ran["crun"]).lower()
        if "not found in $path" in said:
            return Start(Reason.CONFIG_INVALID, f"the command {program} is not found in $PATH", _CHECK_COMMAND)
        if "no such file" in said:
            return Start(Reason.CONFIG_INVALID, f"the command {program} is not in the image", _CHECK_COMMAND)
        if "permission denied" in said or "is a directory" in said:
            return Start(Reason.CONFIG_INVALID, f"the command {program} is not executable", _CHECK_COMMAND)
        if "exec format error" in said:
            helps = "build it for the nodes' architecture; a script needs a first line such as #!/bin/sh"
            return Start(Reason.CONFIG_INVALID, f"the command {program} is not made for this node", helps)
    where = _CWD.search(text)
    if where is not None:
        return Start(
            Reason.CONFIG_INVALID,
            f"its working directory {brief(where[1])} cannot be entered",
            "check workingDir in the template, and what is in the image",
        )
    who = _USER.search(text)
    if who is not None:
        return Start(
            Reason.CONFIG_INVALID,
            f"the {who[1]} {brief(who[2])} is not in the image",
            "set runAsUser to a number, or add it to the image",
        )
    if "no command specified" in text.lower():
        return Start(
            Reason.CONFIG_INVALID, "neither image nor template has a command", "set the command in the template"
        )
    if "OOM-killed" in text or "memory limit too low" in text:
        return Start(
            Reason.CONFIG_INVALID,
            "its memory limit is too low to start at all",
            "raise the memory limit in the template",
        )
    return None


def _passing(text: str) -> Start | None:
    said = bare(text)
    why = next((why for looks, why in _PASSES if looks.search(said)), "")
    return Start(Reason.START_TRANSIENT, why, _WAIT) if why else None


def _of_node(text: str) -> Start | None:
    said = bare(text)
    why = next((why for looks, why in _NODE if looks.search(said) or looks.search(inside(text))), "")
    return Start(Reason.START_TRANSIENT, why, _LOOK_AT_NODE) if why else None


def _mounting(text: str) -> Start | None:
    path = _SUBPATH.search(text)
    if path is not None:
        # The kubelet keeps to itself why: the volume may be at fault, or gone for a moment.
        return Start(
            Reason.OTHER,
            f"the subPath of the volume {path[1]} cannot be made",
            "check subPath in the template, and what is in the volume",
        )
    lacks = _NO_VOLUME.search(text)
    if lacks is not None:
        return Start(
            Reason.CONFIG_INVALID, f"the volume {lacks[1]} is not there to mount", "check the volumes of the template"
        )
    mounted = _MOUNTED.search(text)
    if mounted is not None:
        is_unfit = "not a directory" in mounted[2].lower()
        why = "a file and a directory do not fit" if is_unfit else "the mount fails"
        reason = Reason.CONFIG_INVALID if is_unfit or "read-only file system" in mounted[2] else Reason.OTHER
        return Start(reason, f"{why} at {brief(mounted[1])}", "check volumeMounts and subPath in the template")
    return None


_REJECTED: Final = Expression(r"\binvalid\b(?! argument)|must (?:not )?be|(?<!operation )not supported|couldn't parse")
"""Words of what no second try changes. A kernel's own `invalid argument`, `operation not permitted` are of the node."""


def _other(text: str, pod: str) -> Start:
    # What is not recognised is left to a person.
    reason = Reason.CONFIG_INVALID if _REJECTED.search(bare(text)) else Reason.OTHER
    return Start(reason, inside(text, pod), _CHECK_ALL if reason is Reason.CONFIG_INVALID else _READ_ON)


def inside(text: str, pod: str = "") -> str:
    """What stands inside the wrapping, without what changes from pod to pod."""
    return impersonal(_WRAPPED.sub("", _UNKNOWN_TAIL.sub("", text.strip())), pod)


_HOOK: Final = Expression(
    r'^(?:Exec|HTTP|Sleep) lifecycle hook .*? failed - error: (.*?)(?:, message: "(.*)")?\s*$', re.DOTALL
)


def hook_output(text: str) -> str:
    """What a postStart hook printed, or how it ended: `command 'sh -c …' exited with 7`; nothing if neither is said."""
    found = _HOOK.match(text)
    if found is None:
        return ""
    printed = (found[2] or "").replace("\\n", " ").replace('\\"', '"').strip()
    return printed or found[1].strip(" ,:")


def sandbox_trouble(text: str, pod: str = "") -> Start:
    """Why a pod's sandbox cannot be made, without the wrapping around it."""
    said = bare(text)
    if re.search(r"is reserved for|name is reserved|already in use by", said):
        return Start(Reason.START_TRANSIENT, "its name is still reserved on the node", _WAIT)
    if re.search(r"no runtime for", said):
        helps = "check runtimeClassName in the template, and the runtimes of the nodes"
        return Start(Reason.SANDBOX_FAILED, "the node does not have its runtime class", helps)
    inner = re.split(r"desc = ", text)[-1]
    network = re.search(
        r"(?:set ?up (?:pod )?network for sandbox|pod network sandbox|network for pod|to CNI network|"
        r"set ?up pod \S+ network|network is not ready)",
        text,
    )
    helps = "look at the network plugin and the container runtime of that node"
    if network is None:
        if "failed to get sandbox image" in text:
            return Start(
                Reason.SANDBOX_FAILED, "the node cannot pull its pause image", "look at the runtime of that node"
            )
        if re.search(r"deadline exceeded|DeadlineExceeded", said):
            return Start(Reason.START_TRANSIENT, "the node's runtime does not answer in time", _WAIT)
        why = re.sub(r"^[Ff]ailed to create pod sandbox: ", "", inner)
        return Start(Reason.SANDBOX_FAILED, inside(why, pod), helps)
    why = re.sub(
        r"^.*(?:failed \((?:add|delete)\)|\" network|for sandbox \S+|\"): ?", "", inner, count=1, flags=re.DOTALL
    )
    if why == inner:
        why = re.sub(r"^failed to (?:setup|set up) network for sandbox \S+ ", "", inner)
    return Start(Reason.SANDBOX_FAILED, impersonal(why, pod).rstrip("]"), helps, lacks_network=True)
