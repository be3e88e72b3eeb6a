"""What the API server refuses in the spec of a pod, or of a template of pods."""

from typing import Any

from ktui.sim.api import syntax
from ktui.sim.api.causes import Causes

JSON = dict[str, Any]

_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


def validate_pod_spec(spec: JSON, path: str, causes: Causes) -> None:
    """Add what is wrong with a defaulted pod spec at ``path``."""
    volumes = _volumes(spec, path, causes)
    names: set[str] = set()
    containers = spec.get("containers") or []
    if not containers:
        causes.required(f"{path}.containers")
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or []):
            at = f"{path}.{field}[{index}]"
            _container(container, at, volumes, causes)
            name = container.get("name")
            if name and name in names:
                causes.duplicate(f"{at}.name", name)
            names.add(name)
    if (policy := spec.get("restartPolicy")) not in _RESTART_POLICIES:
        causes.unsupported(f"{path}.restartPolicy", policy, _RESTART_POLICIES)
    if (dns := spec.get("dnsPolicy")) not in _DNS_POLICIES:
        causes.unsupported(f"{path}.dnsPolicy", dns, _DNS_POLICIES)
    if (grace := spec.get("terminationGracePeriodSeconds")) is not None and grace < 0:
        causes.invalid(f"{path}.terminationGracePeriodSeconds", grace, "must be greater than or equal to 0")
    if (deadline := spec.get("activeDeadlineSeconds")) is not None and deadline < 1:
        causes.invalid(f"{path}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive")
    if (account := spec.get("serviceAccountName")) and (why := syntax.bad_subdomain(account)):
        causes.invalid(f"{path}.serviceAccountName", account, why)


def _volumes(spec: JSON, path: str, causes: Causes) -> set[str]:
    names: set[str] = set()
    for index, volume in enumerate(spec.get("volumes") or []):
        name = volume.get("name") or ""
        at = f"{path}.volumes[{index}].name"
        if not name:
            causes.required(at)
        elif why := syntax.bad_label_1123(name):
            causes.invalid(at, name, why)
        if name and name in names:
            causes.duplicate(at, name)
        names.add(name)
    return names


def _container(container: JSON, path: str, volumes: set[str], causes: Causes) -> None:
    name = container.get("name")
    if not name:
        causes.required(f"{path}.name")
    elif why := syntax.bad_label_1123(name):
        causes.invalid(f"{path}.name", name, why)
    image = container.get("image")
    if not image:
        causes.required(f"{path}.image")
    elif image != image.strip():
        causes.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    for probe in _PROBES:
        if container.get(probe) is not None:
            _probe(container[probe], f"{path}.{probe}", causes)
    _ports(container, path, causes)
    for index, variable in enumerate(container.get("env") or []):
        if not variable.get("name"):
            causes.required(f"{path}.env[{index}].name")
        if variable.get("value") and variable.get("valueFrom"):
            words = "may not be specified when `value` is not empty"
            causes.invalid(f"{path}.env[{index}].valueFrom", "", words)
    for index, mount in enumerate(container.get("volumeMounts") or []):
        _mount(mount, f"{path}.volumeMounts[{index}]", volumes, causes)
    if (policy := container.get("imagePullPolicy")) not in _PULL_POLICIES:
        causes.unsupported(f"{path}.imagePullPolicy", policy, _PULL_POLICIES)
    _resources(container.get("resources") or {}, f"{path}.resources", causes)


def _mount(mount: JSON, path: str, volumes: set[str], causes: Causes) -> None:
    if not mount.get("name"):
        causes.required(f"{path}.name")
    elif mount["name"] not in volumes:
        causes.not_found(f"{path}.name", mount["name"])
    if not mount.get("mountPath"):
        causes.required(f"{path}.mountPath")


def _ports(container: JSON, path: str, causes: Causes) -> None:
    names: set[str] = set()
    for index, port in enumerate(container.get("ports") or []):
        at = f"{path}.ports[{index}]"
        if name := port.get("name"):
            if name in names:
                causes.duplicate(f"{at}.name", name)
            names.add(name)
        number = port.get("containerPort", 0)
        if not number:
            causes.required(f"{at}.containerPort")
        elif not 0 < number < 65536:
            causes.invalid(f"{at}.containerPort", number, "must be between 1 and 65535, inclusive")
        if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
            causes.unsupported(f"{at}.protocol", port.get("protocol"), ("SCTP", "TCP", "UDP"))


def _probe(probe: JSON, path: str, causes: Causes) -> None:
    handlers = [handler for handler in _HANDLERS if probe.get(handler) is not None]
    if not handlers:
        causes.required(path, "must specify a handler type")
    for extra in handlers[1:]:
        causes.forbidden(f"{path}.{extra}", "may not specify more than 1 handler type")
    for field in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        if (value := probe.get(field)) is not None and value < 0:
            causes.invalid(f"{path}.{field}", value, "must be greater than or equal to 0")


def _resources(resources: JSON, path: str, causes: Causes) -> None:
    limits = resources.get("limits") or {}
    for field in ("limits", "requests"):
        for name, amount in (resources.get(field) or {}).items():
            if _amount(amount) < 0:
                causes.invalid(f"{path}.{field}[{name}]", str(amount), "must be greater than or equal to 0")
    for name, amount in (resources.get("requests") or {}).items():
        if name in limits and _amount(amount) > _amount(limits[name]):
            words = f"must be less than or equal to {name} limit of {limits[name]}"
            causes.invalid(f"{path}.requests", str(amount), words)


def _amount(value: Any) -> float:
    try:
        return syntax.quantity(value)
    except ValueError:
        return -1.0


_MUTABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
    "was previously negative)"
)


def validate_pod_update(old: JSON, new: JSON, causes: Causes) -> None:
    """Add what may not change of a pod that runs."""
    if _fixed(old["spec"]) != _fixed(new["spec"]):
        causes.forbidden("spec", f"pod updates may not change fields other than {_MUTABLE}")


def _fixed(spec: JSON) -> JSON:
    mutable = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates")
    fixed = {field: value for field, value in spec.items() if field not in mutable}
    for field in ("containers", "initContainers"):
        if field in fixed:
            fixed[field] = [{**container, "image": ""} for container in fixed[field]]
    return fixed
