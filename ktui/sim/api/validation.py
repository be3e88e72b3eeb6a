"""What the API server refuses to store, in its own words.

Covers what users run into; the order of the causes is that of the server's own checks (``pkg/apis/*/validation``).
"""

import json
from collections.abc import Callable
from typing import Any

from ktui.sim.api import customs, syntax
from ktui.sim.api.causes import Causes
from ktui.sim.api.errors import Cause
from ktui.sim.api.podvalidation import validate_pod_spec, validate_pod_update
from ktui.sim.api.resources import Resource
from ktui.sim.api.selectors import object_selector

JSON = dict[str, Any]
Check = Callable[[JSON, Causes], None]
UpdateCheck = Callable[[JSON, JSON, Causes], None]


def validate(resource: Resource, obj: JSON, old: JSON | None = None) -> list[Cause]:
    """What is wrong with a defaulted object that is about to be created, or to replace ``old``; in order."""
    causes = Causes()
    _metadata(resource, obj["metadata"], causes)
    if resource.custom is not None:
        customs.validate(resource, obj, causes)
        return causes.found
    if check := _CHECKS.get(resource.kind):
        check(obj, causes)
    if old is not None and (update_check := _UPDATE_CHECKS.get(resource.kind)):
        update_check(old, obj, causes)
    return causes.found


_NAME_CHECKS = {
    ("", "services"): syntax.bad_label_1035,
    ("", "namespaces"): syntax.bad_label_1123,
}


def _metadata(resource: Resource, metadata: JSON, causes: Causes) -> None:
    name = metadata.get("name")
    if not name:
        causes.required("metadata.name", "name or generateName is required")
    elif resource.group != "rbac.authorization.k8s.io" and (
        why := _NAME_CHECKS.get(resource.storage, syntax.bad_subdomain)(name)
    ):
        causes.invalid("metadata.name", name, why)
    _labels(metadata.get("labels"), "metadata.labels", causes)
    for key in metadata.get("annotations") or {}:
        if why := syntax.bad_qualified_name(key.lower()):
            causes.invalid("metadata.annotations", key, why)


def _labels(labels: JSON | None, path: str, causes: Causes) -> None:
    for key, value in (labels or {}).items():
        if why := syntax.bad_qualified_name(key):
            causes.invalid(path, key, why)
        if why := syntax.bad_label_value(value):
            causes.invalid(path, value, why)


def _non_negative(spec: JSON, field: str, causes: Causes) -> None:
    value = spec.get(field)
    if value is not None and value < 0:
        causes.invalid(f"spec.{field}", value, "must be greater than or equal to 0")


def _selector(spec: JSON, kind: str, causes: Causes) -> bool:
    selector = spec.get("selector")
    if selector is None:
        causes.required("spec.selector")
        return False
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.invalid("spec.selector", selector, f"empty selector is invalid for {kind}")
    _labels(selector.get("matchLabels"), "spec.selector.matchLabels", causes)
    return True


def _template(spec: JSON, causes: Causes, *, long_running: bool = True) -> None:
    template = spec.get("template")
    if not isinstance(template, dict):
        causes.required("spec.template")
        return
    labels = (template.get("metadata") or {}).get("labels")
    selector = spec.get("selector") or {}
    if (selector.get("matchLabels") or selector.get("matchExpressions")) and not object_selector(selector)(
        labels or {}
    ):
        causes.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    _labels(labels, "spec.template.metadata.labels", causes)
    pod_spec = template.get("spec") or {}
    validate_pod_spec(pod_spec, "spec.template.spec", causes)
    if long_running and pod_spec.get("restartPolicy", "Always") != "Always":
        causes.unsupported("spec.template.spec.restartPolicy", pod_spec["restartPolicy"], ("Always",))
    if long_running and pod_spec.get("activeDeadlineSeconds") is not None:
        words = "activeDeadlineSeconds in ReplicaSet is not Supported"
        causes.forbidden("spec.template.spec.activeDeadlineSeconds", words)


def _deployment(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    _non_negative(spec, "replicas", causes)
    _selector(spec, "deployment", causes)
    _template(spec, causes)
    _strategy(spec.get("strategy") or {}, causes)
    _non_negative(spec, "minReadySeconds", causes)
    _non_negative(spec, "revisionHistoryLimit", causes)
    _non_negative(spec, "progressDeadlineSeconds", causes)
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        causes.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _strategy(strategy: JSON, causes: Causes) -> None:
    rolling = strategy.get("rollingUpdate")
    match strategy.get("type"):
        case "Recreate":
            if rolling is not None:
                words = "may not be specified when strategy `type` is 'Recreate'"
                causes.forbidden("spec.strategy.rollingUpdate", words)
        case "RollingUpdate":
            if rolling is None:
                causes.required("spec.strategy.rollingUpdate", "this should be defaulted and never be nil")
            else:
                _rolling_update(rolling, "spec.strategy.rollingUpdate", causes)
        case other:
            causes.unsupported("spec.strategy.type", other, ("Recreate", "RollingUpdate"))


def _rolling_update(rolling: JSON, path: str, causes: Causes) -> None:
    for field in ("maxUnavailable", "maxSurge"):
        _amount(rolling.get(field), f"{path}.{field}", causes)
    unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    if _leading_number(unavailable) == 0 and _leading_number(surge) == 0:
        causes.invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    if isinstance(unavailable, str) and _leading_number(unavailable) > 100:
        causes.invalid(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%")


def _amount(value: Any, path: str, causes: Causes) -> None:
    """A number of pods, or a share of them."""
    if isinstance(value, str):
        if why := syntax.bad_percent(value):
            causes.invalid(path, value, why)
    elif isinstance(value, int) and value < 0:
        causes.invalid(path, value, "must be greater than or equal to 0")


def _leading_number(value: Any) -> int:
    if isinstance(value, str):
        return int(value[:-1]) if syntax.bad_percent(value) is None else -1
    return value if isinstance(value, int) else 0


def _replica_set(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    _non_negative(spec, "replicas", causes)
    _non_negative(spec, "minReadySeconds", causes)
    if _selector(spec, "replicaset", causes):
        _template(spec, causes)


def _stateful_set(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    policy = spec.get("podManagementPolicy")
    if policy not in ("OrderedReady", "Parallel"):
        words = "must be 'OrderedReady' or 'Parallel'"
        causes.invalid("spec.podManagementPolicy", policy, words)
    strategy = spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate")
    match strategy.get("type"):
        case "OnDelete":
            if rolling is not None:
                words = "only allowed for updateStrategy 'RollingUpdate'"
                causes.invalid("spec.updateStrategy.rollingUpdate", rolling, words)
        case "RollingUpdate":
            partition = (rolling or {}).get("partition", 0)
            if partition < 0:
                causes.invalid(
                    "spec.updateStrategy.rollingUpdate.partition", partition, "must be greater than or equal to 0"
                )
        case _:
            causes.invalid("spec.updateStrategy", strategy, "must be 'RollingUpdate' or 'OnDelete'")
    _non_negative(spec, "replicas", causes)
    _non_negative(spec, "minReadySeconds", causes)
    _non_negative(spec, "revisionHistoryLimit", causes)
    if _selector(spec, "statefulset", causes):
        _template(spec, causes)


def _daemon_set(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    _selector(spec, "daemonset", causes)
    _template(spec, causes)
    _non_negative(spec, "minReadySeconds", causes)
    strategy = spec.get("updateStrategy") or {}
    match strategy.get("type"):
        case "OnDelete":
            pass
        case "RollingUpdate":
            rolling = strategy.get("rollingUpdate") or {}
            path = "spec.updateStrategy.rollingUpdate"
            for field in ("maxUnavailable", "maxSurge"):
                _amount(rolling.get(field), f"{path}.{field}", causes)
            unavailable, surge = (_leading_number(rolling.get(field)) for field in ("maxUnavailable", "maxSurge"))
            if unavailable == 0 and surge == 0:
                causes.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")
            if unavailable > 0 and surge > 0:
                words = "may not be set when maxUnavailable is non-zero"
                causes.invalid(f"{path}.maxSurge", rolling.get("maxSurge"), words)
        case other:
            causes.unsupported("spec.updateStrategy.type", other, ("OnDelete", "RollingUpdate"))
    _non_negative(spec, "revisionHistoryLimit", causes)


def _pod(obj: JSON, causes: Causes) -> None:
    validate_pod_spec(obj["spec"], "spec", causes)


def _job(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    for field in ("parallelism", "completions", "backoffLimit"):
        _non_negative(spec, field, causes)
    _template({**spec, "selector": None}, causes, long_running=False)
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy")
    if policy == "Always":
        causes.unsupported("spec.template.spec.restartPolicy", policy, ("OnFailure", "Never"))


def _service(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    ports = spec.get("ports") or []
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec.get("type") != "ExternalName":
        causes.required("spec.ports")
    for index, port in enumerate(ports):
        path = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            causes.required(f"{path}.name")
        _port_number(port.get("port", 0), f"{path}.port", causes)
        if isinstance(port.get("targetPort"), int):
            _port_number(port["targetPort"], f"{path}.targetPort", causes)
        if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
            causes.unsupported(f"{path}.protocol", port.get("protocol"), ("SCTP", "TCP", "UDP"))
    _labels(spec.get("selector"), "spec.selector", causes)
    types = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
    if spec.get("type") not in types:
        causes.unsupported("spec.type", spec.get("type"), types)


def _port_number(value: int, path: str, causes: Causes) -> None:
    if not 0 < value < 65536:
        causes.invalid(path, value, "must be between 1 and 65535, inclusive")


def _autoscaler(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    if least < 1:
        causes.invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        causes.invalid("spec.maxReplicas", most, "must be greater than 0")
    if most < least:
        causes.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    target = spec.get("scaleTargetRef") or {}
    for field in ("kind", "name"):
        if not target.get(field):
            causes.required(f"spec.scaleTargetRef.{field}")


def _budget(obj: JSON, causes: Causes) -> None:
    spec = obj["spec"]
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        causes.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        _amount(spec.get(field), f"spec.{field}", causes)


def _config(obj: JSON, causes: Causes) -> None:
    for field in ("data", "binaryData"):
        for key in obj.get(field) or {}:
            if why := syntax.bad_config_key(key):
                causes.invalid(f"{field}[{key}]", key, why)


def _quota(obj: JSON, causes: Causes) -> None:
    for name, amount in ((obj.get("spec") or {}).get("hard") or {}).items():
        try:
            negative = syntax.quantity(amount) < 0
        except ValueError:
            negative = True
        if negative:
            causes.invalid(f"spec.hard[{name}]", str(amount), "must be greater than or equal to 0")


def _same_selector(old: JSON, new: JSON, causes: Causes) -> None:
    if old["spec"].get("selector") != new["spec"].get("selector"):
        causes.invalid("spec.selector", new["spec"].get("selector"), "field is immutable")


_STATEFUL_SET_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def _stateful_set_update(old: JSON, new: JSON, causes: Causes) -> None:
    def fixed(obj: JSON) -> JSON:
        return {field: value for field, value in obj["spec"].items() if field not in _STATEFUL_SET_MUTABLE}

    if fixed(old) != fixed(new):
        named = ", ".join(f"'{field}'" for field in _STATEFUL_SET_MUTABLE[:-1])
        last = _STATEFUL_SET_MUTABLE[-1]
        words = f"updates to statefulset spec for fields other than {named} and '{last}' are forbidden"
        causes.forbidden("spec", words)


def _service_update(old: JSON, new: JSON, causes: Causes) -> None:
    before, after = old["spec"].get("clusterIP"), new["spec"].get("clusterIP")
    if before and after != before and new["spec"].get("type") != "ExternalName":
        causes.invalid("spec.clusterIPs[0]", [after] if after else None, "may not change once set")


def _immutable_config(old: JSON, new: JSON, causes: Causes) -> None:
    if not old.get("immutable"):
        return
    for field in ("immutable", "data", "binaryData"):
        if old.get(field) != new.get(field):
            causes.forbidden(field, "field is immutable when `immutable` is set")


def _role_binding_update(old: JSON, new: JSON, causes: Causes) -> None:
    if old.get("roleRef") != new.get("roleRef"):
        causes.invalid("roleRef", new.get("roleRef"), "cannot change roleRef")


def _controller_revision_update(old: JSON, new: JSON, causes: Causes) -> None:
    if json.dumps(old.get("data"), sort_keys=True) != json.dumps(new.get("data"), sort_keys=True):
        causes.invalid("data", new.get("data"), "field is immutable")


_CHECKS: dict[str, Check] = {
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Pod": _pod,
    "Job": _job,
    "Service": _service,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _budget,
    "ConfigMap": _config,
    "Secret": _config,
    "ResourceQuota": _quota,
}
_UPDATE_CHECKS: dict[str, UpdateCheck] = {
    "Deployment": _same_selector,
    "ReplicaSet": _same_selector,
    "DaemonSet": _same_selector,
    "StatefulSet": _stateful_set_update,
    "Pod": validate_pod_update,
    "Service": _service_update,
    "ConfigMap": _immutable_config,
    "Secret": _immutable_config,
    "RoleBinding": _role_binding_update,
    "ClusterRoleBinding": _role_binding_update,
    "ControllerRevision": _controller_revision_update,
}
