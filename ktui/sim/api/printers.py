"""The rows of everything that is not a workload: services, nodes, events, configuration, policies."""

from datetime import datetime
from typing import Any

from ktui.sim.api.ages import age
from ktui.sim.api.columns import NONE, Column, Printer, columns, listed, name_of
from ktui.sim.api.selectors import format_selector

JSON = dict[str, Any]


def _age(obj: JSON, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _service(obj: JSON, now: datetime) -> list[Any]:
    spec = obj["spec"]
    ports = [_service_port(port) for port in spec.get("ports") or []]
    selector = format_selector({"matchLabels": spec.get("selector") or {}}) or NONE
    address = spec.get("clusterIP") or NONE
    return [name_of(obj), spec.get("type"), address, _external(obj), listed(ports), _age(obj, now), selector]


def _service_port(port: JSON) -> str:
    node = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node}/{port.get('protocol', 'TCP')}"


def _external(obj: JSON) -> str:
    spec = obj["spec"]
    own: list[str] = spec.get("externalIPs") or []
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName", ""))
    if spec.get("type") != "LoadBalancer":
        return listed(own)
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    given = [point.get("ip") or point.get("hostname", "") for point in balancer.get("ingress") or []]
    return ",".join([*given, *own]) or "<pending>"


def _endpoint_slice(obj: JSON, now: datetime) -> list[Any]:
    ports = [str(port.get("port", "*")) for port in obj.get("ports") or []]
    addresses = [address for endpoint in obj.get("endpoints") or [] for address in endpoint["addresses"]]
    shown = _shortened(addresses, "<unset>")
    return [name_of(obj), obj.get("addressType"), ",".join(ports) or "<unset>", shown, _age(obj, now)]


def _shortened(addresses: list[str], nothing: str) -> str:
    more = f" + {len(addresses) - 3} more..." if len(addresses) > 3 else ""
    return ",".join(addresses[:3]) + more if addresses else nothing


def _endpoints(obj: JSON, now: datetime) -> list[Any]:
    addresses = [
        f"{address['ip']}:{port['port']}"
        for subset in obj.get("subsets") or []
        for port in subset.get("ports") or []
        for address in subset.get("addresses") or []
    ]
    return [name_of(obj), _shortened(addresses, NONE), _age(obj, now)]


def _node(obj: JSON, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    ready = next((c for c in status.get("conditions") or [] if c["type"] == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if obj["spec"].get("unschedulable"):
        word += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    labels = obj["metadata"].get("labels") or {}
    roles = sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix) and key != prefix)
    info = status.get("nodeInfo") or {}
    addresses = {point["type"]: point["address"] for point in status.get("addresses") or []}
    return [
        name_of(obj),
        word,
        listed(roles),
        _age(obj, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _event(obj: JSON, now: datetime) -> list[Any]:
    involved = obj.get("involvedObject") or {}
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    series = obj.get("series") or {}
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or first
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent") or ""
    host = source.get("host") or obj.get("reportingInstance") or ""
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{involved.get('kind', '').lower()}/{involved.get('name', '')}",
        involved.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        (obj.get("message") or "").strip(),
        age(first, now),
        max(series.get("count", 0), obj.get("count") or 0, 1),
        name_of(obj),
    ]


def _namespace(obj: JSON, now: datetime) -> list[Any]:
    return [name_of(obj), (obj.get("status") or {}).get("phase", ""), _age(obj, now)]


def _config_map(obj: JSON, now: datetime) -> list[Any]:
    return [name_of(obj), str(len(obj.get("data") or {}) + len(obj.get("binaryData") or {})), _age(obj, now)]


def _secret(obj: JSON, now: datetime) -> list[Any]:
    return [name_of(obj), obj.get("type", ""), str(len(obj.get("data") or {})), _age(obj, now)]


def _quota(obj: JSON, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    used_by_name = {name: f"{name}: {used.get(name, 0)}/{hard[name]}" for name in sorted(hard)}
    limits = ", ".join(words for name, words in used_by_name.items() if name.startswith("limits"))
    requests = ", ".join(words for name, words in used_by_name.items() if not name.startswith("limits"))
    return [name_of(obj), requests, limits, _age(obj, now)]


def _service_account(obj: JSON, now: datetime) -> list[Any]:
    return [name_of(obj), str(len(obj.get("secrets") or [])), _age(obj, now)]


def _claim(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    phase = "Terminating" if "deletionTimestamp" in obj["metadata"] else status.get("phase", "")
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    modes = ",".join(short.get(mode, mode) for mode in status.get("accessModes") or [])
    capacity = (status.get("capacity") or {}).get("storage", "")
    storage_class = spec.get("storageClassName") or ""
    unset = "<unset>"
    volume = [phase, spec.get("volumeName", ""), capacity, modes, storage_class]
    return [
        name_of(obj),
        *volume,
        spec.get("volumeAttributesClassName") or unset,
        _age(obj, now),
        spec.get("volumeMode") or unset,
    ]


def _autoscaler(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    target = spec["scaleTargetRef"]
    current: JSON = {
        (metric.get("resource") or {}).get("name", ""): (metric.get("resource") or {}).get("current") or {}
        for metric in status.get("currentMetrics") or []
    }
    targets = [_metric(metric, current) for metric in spec.get("metrics") or []]
    return [
        name_of(obj),
        f"{target['kind']}/{target['name']}",
        ", ".join(targets) or NONE,
        str(spec.get("minReplicas", "<unset>")),
        spec.get("maxReplicas", 0),
        status.get("currentReplicas", 0),
        _age(obj, now),
    ]


def _metric(metric: JSON, current: JSON) -> str:
    resource = metric.get("resource")
    if metric.get("type") != "Resource" or not resource:
        return "<unknown type>"
    now, target = current.get(resource["name"]) or {}, resource["target"]
    if "averageUtilization" in target:
        share = now.get("averageUtilization")
        return f"{resource['name']}: {'<unknown>' if share is None else f'{share}%'}/{target['averageUtilization']}%"
    return f"{resource['name']}: {now.get('averageValue', '<unknown>')}/{target.get('averageValue', '<auto>')}"


def _budget(obj: JSON, now: datetime) -> list[Any]:
    spec, status = obj["spec"], obj.get("status") or {}
    bounds = [str(spec.get(field, "N/A")) for field in ("minAvailable", "maxUnavailable")]
    return [name_of(obj), *bounds, status.get("disruptionsAllowed", 0), _age(obj, now)]


def _ingress(obj: JSON, now: datetime) -> list[Any]:
    spec = obj["spec"]
    hosts = [rule["host"] for rule in spec.get("rules") or [] if rule.get("host")]
    balancer = (obj.get("status") or {}).get("loadBalancer") or {}
    addresses = [point.get("ip") or point.get("hostname", "") for point in balancer.get("ingress") or []]
    ports = "80, 443" if spec.get("tls") else "80"
    return [
        name_of(obj),
        spec.get("ingressClassName") or NONE,
        ",".join(hosts) or "*",
        ",".join(addresses),
        ports,
        _age(obj, now),
    ]


def _lease(obj: JSON, now: datetime) -> list[Any]:
    return [name_of(obj), (obj.get("spec") or {}).get("holderIdentity", ""), _age(obj, now)]


def _created(obj: JSON, _now: datetime) -> list[Any]:
    return [name_of(obj), obj["metadata"].get("creationTimestamp")]


def _role_binding(obj: JSON, now: datetime) -> list[Any]:
    subjects: list[JSON] = obj.get("subjects") or []
    users, groups = (
        ", ".join(subject["name"] for subject in subjects if subject["kind"] == kind) for kind in ("User", "Group")
    )
    accounts = ", ".join(f"{s.get('namespace', '')}/{s['name']}" for s in subjects if s["kind"] == "ServiceAccount")
    role = obj["roleRef"]
    return [name_of(obj), f"{role['kind']}/{role['name']}", _age(obj, now), users, groups, accounts]


_CREATED_AT = (Column("Name", format="name"), Column("Created At", type="date"))
_BOUND = ("Users", "Groups", "ServiceAccounts")
_EVENT_COLUMNS = (
    Column("Last Seen"),
    Column("Type"),
    Column("Reason"),
    Column("Object"),
    Column("Subobject", wide=True),
    Column("Source", wide=True),
    Column("Message"),
    Column("First Seen", wide=True),
    Column("Count", type="integer", wide=True),
    Column("Name", format="name", wide=True),
)

PRINTERS: dict[str, Printer] = {
    "Service": Printer(columns("Type", "Cluster-IP", "External-IP", "Port(s)", "Age", wide=("Selector",)), _service),
    "EndpointSlice": Printer(columns("AddressType", "Ports", "Endpoints", "Age"), _endpoint_slice),
    "Endpoints": Printer(columns("Endpoints", "Age"), _endpoints),
    "Node": Printer(
        columns(
            "Status",
            "Roles",
            "Age",
            "Version",
            wide=("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"),
        ),
        _node,
    ),
    "Event": Printer(_EVENT_COLUMNS, _event),
    "Namespace": Printer(columns("Status", "Age"), _namespace),
    "ConfigMap": Printer(columns("Data", "Age"), _config_map),
    "Secret": Printer(columns("Type", "Data", "Age"), _secret),
    "ResourceQuota": Printer(columns("Request", "Limit", "Age"), _quota),
    "LimitRange": Printer(_CREATED_AT, _created),
    "ServiceAccount": Printer(columns("Secrets", "Age"), _service_account),
    "PersistentVolumeClaim": Printer(
        columns(
            "Status",
            "Volume",
            "Capacity",
            "Access Modes",
            "StorageClass",
            "VolumeAttributesClass",
            "Age",
            wide=("VolumeMode",),
        ),
        _claim,
    ),
    "HorizontalPodAutoscaler": Printer(
        columns("Reference", "Targets", "MinPods", "MaxPods#", "Replicas#", "Age"), _autoscaler
    ),
    "PodDisruptionBudget": Printer(columns("Min Available", "Max Unavailable", "Allowed Disruptions#", "Age"), _budget),
    "Ingress": Printer(columns("Class", "Hosts", "Address", "Ports", "Age"), _ingress),
    "Lease": Printer(columns("Holder", "Age"), _lease),
    "Role": Printer(_CREATED_AT, _created),
    "ClusterRole": Printer(_CREATED_AT, _created),
    "RoleBinding": Printer(columns("Role", "Age", wide=_BOUND), _role_binding),
    "ClusterRoleBinding": Printer(columns("Role", "Age", wide=_BOUND), _role_binding),
}
