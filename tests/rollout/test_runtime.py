"""What the kubelet and container runtimes write of containers, sandboxes and volumes that do not come about."""

from __future__ import annotations

import pytest

from ktui.rollout.diagnosis.cause import Reason
from ktui.rollout.diagnosis.patience import patience_of
from ktui.rollout.diagnosis.runtime_messages import hook_output, sandbox_trouble, start_trouble
from ktui.rollout.diagnosis.volume_messages import mount_trouble
from ktui.rollout.diagnosis.wording import LONGEST, brief, fit, impersonal

UID = "6bd2dce6-f4ed-4928-a072-193e49466433"
HASH = "0123456789abcdef" * 4
OCI = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: "
)
STARTS = {
    f'{OCI}exec: "/bin/x": stat /bin/x: no such file or directory: unknown': (
        Reason.CONFIG_INVALID,
        "the command /bin/x is not in the image",
    ),
    f'{OCI}error during container init: exec: "serve": executable file not found in $PATH: unknown': (
        Reason.CONFIG_INVALID,
        "the command serve is not found in $PATH",
    ),
    "container create failed: executable file `serve` not found in $PATH: No such file or directory": (
        Reason.CONFIG_INVALID,
        "the command serve is not found in $PATH",
    ),
    f'failed to start container "web": Error response from daemon: {OCI}exec: "/run.sh": permission denied: unknown': (
        Reason.CONFIG_INVALID,
        "the command /run.sh is not executable",
    ),
    f'container has runAsNonRoot and image will run as root (pod: "web-1_shop({UID})", container: web)': (
        Reason.CONFIG_INVALID,
        "runAsNonRoot, and it would run as root",
    ),
    "container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root "
    f'(pod: "web-1_shop({UID})", container: web)': (
        Reason.CONFIG_INVALID,
        "runAsNonRoot, and the image's user nginx is not a number",
    ),
    f'{OCI}chdir to cwd ("/srv/app") set in config.json failed: no such file or directory: unknown': (
        Reason.CONFIG_INVALID,
        "its working directory /srv/app cannot be entered",
    ),
    f'{OCI}error mounting "/var/lib/kubelet/pods/{UID}/volume-subpaths/c/web/0" to rootfs at "/etc/app.conf": mount '
    "x:/etc/app.conf, flags: 0x5001: not a directory: unknown": (
        Reason.CONFIG_INVALID,
        "a file and a directory do not fit at /etc/app.conf",
    ),
    f'failed to generate container "{HASH}" spec: failed to generate spec: no command specified': (
        Reason.CONFIG_INVALID,
        "neither image nor template has a command",
    ),
    'secret "timed out" not found': (Reason.CONFIG_MISSING, 'secret "timed out" not found'),
    "couldn't find key PASSWORD in Secret shop/deadline": (
        Reason.CONFIG_MISSING,
        "the Secret deadline has no key PASSWORD",
    ),
    "failed to sync secret cache: timed out waiting for the condition": (
        Reason.START_TRANSIENT,
        "the kubelet has not read it yet",
    ),
    f'failed to reserve container name "web_web-1_shop_{UID}_0": name "web_web-1_shop_{UID}_0" is reserved for '
    f'"{HASH}"': (Reason.START_TRANSIENT, "its name is still reserved on the node"),
    "Kubelet may be retrying requests that are timing out in CRI-O due to system load: context deadline exceeded: "
    "error reserving ctr name k8s_web_web-1 for id abc: name is reserved": (
        Reason.START_TRANSIENT,
        "its name is still reserved on the node",
    ),
    f'Conflict. The container name "/k8s_web_web-1" is already in use by container "{HASH}"': (
        Reason.START_TRANSIENT,
        "its name is still reserved on the node",
    ),
    "rpc error: code = DeadlineExceeded desc = context deadline exceeded": (
        Reason.START_TRANSIENT,
        "the node's runtime does not answer in time",
    ),
    f"something new of {UID}": (Reason.OTHER, "something new of"),
}


@pytest.mark.parametrize("said", STARTS)
def test_the_reason_why_a_container_cannot_start_comes_first(said: str) -> None:
    start = start_trouble(said, "web-1")
    assert (start.reason, start.why) == STARTS[said]
    assert start.helps


def test_a_long_command_is_cut_in_its_middle() -> None:
    command = "sh -c while true; do echo a very long command; sleep 1; done"
    start = start_trouble(f'exec: "{command}": executable file not found in $PATH')
    assert len(f"2 of 2 new pods cannot start: {start.why}") <= LONGEST
    assert "…" in start.why


SANDBOXES = {
    f'rpc error: code = Unknown desc = failed to setup network for sandbox "{HASH}": plugin type="calico" '
    "failed (add): error getting ClusterInformation: Unauthorized": (
        Reason.SANDBOX_FAILED,
        True,
        "error getting ClusterInformation: Unauthorized",
    ),
    f"rpc error: code = Unknown desc = failed to create pod network sandbox k8s_web-1_shop_{UID}_0({HASH}): error "
    'adding pod shop_web-1 to CNI network "multus": plugin type="multus" failed (add): no answer from OVS': (
        Reason.SANDBOX_FAILED,
        True,
        "no answer from OVS",
    ),
    f'rpc error: code = Unknown desc = [failed to set up sandbox container "{HASH}" network for pod "web-1": '
    'networkPlugin cni failed to set up pod "web-1_shop" network: open /run/flannel/subnet.env: no such file]': (
        Reason.SANDBOX_FAILED,
        True,
        "open /run/flannel/subnet.env: no such file",
    ),
    'rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "gvisor" is configured': (
        Reason.SANDBOX_FAILED,
        False,
        "the node does not have its runtime class",
    ),
    f'rpc error: code = Unknown desc = failed to reserve sandbox name "web-1": name "web-1" is reserved for "{HASH}"': (
        Reason.START_TRANSIENT,
        False,
        "its name is still reserved on the node",
    ),
    "rpc error: code = DeadlineExceeded desc = context deadline exceeded": (
        Reason.START_TRANSIENT,
        False,
        "the node's runtime does not answer in time",
    ),
}


@pytest.mark.parametrize("said", SANDBOXES)
def test_why_a_sandbox_cannot_be_made(said: str) -> None:
    start = sandbox_trouble(f"Failed to create pod sandbox: {said}", "web-1")
    assert (start.reason, start.lacks_network, start.why) == SANDBOXES[said]


MOUNTS = {
    'MountVolume.SetUp failed for volume "data" : mount failed: exit status 32\nMounting command: mount\nMounting '
    f"arguments: -t nfs 10.0.0.5:/x /var/lib/kubelet/pods/{UID}/volumes/kubernetes.io~nfs/data\n"
    "Output: mount.nfs: Connection timed out\n": (Reason.VOLUME_FAILED, "data", "Connection timed out"),
    f'MountVolume.SetUp failed for volume "pvc-{UID}" : rpc error: code = Internal desc = no volume for {UID}': (
        Reason.VOLUME_FAILED,
        "",
        "no volume for",
    ),
    f'Multi-Attach error for volume "pvc-{UID}" Volume is already used by pod(s) web-0': (
        Reason.VOLUME_WAITS,
        "",
        "it is still attached to another node",
    ),
    'MountVolume.SetUp failed for volume "token" : failed to sync configmap cache: timed out waiting for the '
    "condition": (
        Reason.VOLUME_WAITS,
        "token",
        "the kubelet has not read it yet",
    ),
    'MountVolume.SetUp failed for volume "token" : object "shop"/"kube-root-ca.crt" not registered': (
        Reason.VOLUME_WAITS,
        "token",
        "the kubelet has not read it yet",
    ),
    'MountVolume.SetUp failed for volume "timed-out" : secret "timed-out" not found': (
        Reason.VOLUME_MISSING,
        "timed-out",
        'secret "timed-out" not found',
    ),
    'MountVolume.SetUp failed for volume "h" : hostPath type check failed: /data is not a directory': (
        Reason.VOLUME_FAILED,
        "h",
        "/data is not a directory",
    ),
}


@pytest.mark.parametrize("said", MOUNTS)
def test_why_a_volume_is_not_there(said: str) -> None:
    mount = mount_trouble(said, "web-1")
    assert (mount.reason, mount.volume, mount.why) == MOUNTS[said]


def test_what_a_hook_printed() -> None:
    around = f'for Container "web" in Pod "web-1_shop({UID})" failed - error: '
    printed = f"Exec lifecycle hook ([sh -c x]) {around}command 'sh -c x' exited with 3: , message: \"no answer\\n\""
    assert hook_output(printed) == "no answer"
    silent = f"Exec lifecycle hook ([sh -c x]) {around}command 'sh -c x' exited with 3: , message: \"\""
    assert hook_output(silent) == "command 'sh -c x' exited with 3"
    assert hook_output(f"HTTP lifecycle hook (/x) {around}connection refused") == "connection refused"
    assert hook_output("PostStartHook failed") == ""


def test_a_text_without_what_changes_from_pod_to_pod() -> None:
    said = f'dial tcp 10.1.2.3:8080 of "web-1_shop({UID})" in {HASH}: refused'
    assert impersonal(said, "web-1") == "dial tcp of it in: refused"
    assert impersonal("no address in 10.1.3.1-10.1.3.254", "web-1") == "no address in 10.1.3.1-10.1.3.254"


def test_a_sentence_takes_what_fits() -> None:
    assert fit("a" * 80, ", b", ", " + "c" * 20, ", d") == "a" * 80 + ", b"
    assert fit("word " * 30).endswith("word…")
    assert len(fit("word " * 30)) <= LONGEST
    assert brief("a" * 100, 20) == "aaaaaaaaa…aaaaaaaaaa"


AT_NODE = {
    'secrets "db" is forbidden: User "system:node:node-1" cannot get resource "secrets": no relationship found between '
    "node 'node-1' and this object": "the API server does not answer the kubelet",
    "OCI runtime create failed: runc create failed: unable to start container process: can't get final child's PID "
    "from pipe: EOF: unknown": "the node's runtime fails",
    "runc create failed: unable to start container process: unable to apply cgroup configuration: failed to write 1: "
    "write /sys/fs/cgroup/cgroup.procs: invalid argument: unknown": "its cgroup cannot be made on the node",
    'failed to generate spec: failed to stat "/var/lib/kubelet/x": stat /var/lib/kubelet/x: transport endpoint is not '
    "connected": "a mount is broken",
    "failed to create containerd container: get image: not found": "its image is not whole on the node",
    "fork/exec /usr/bin/runc: resource temporarily unavailable: unknown": "the node is out of memory or processes",
    'failed to find sandbox id "abc123": not found': "the node's runtime fails",
}


@pytest.mark.parametrize("said", AT_NODE)
def test_what_a_node_does_wrong_is_named_and_never_acted_on(said: str) -> None:
    start = start_trouble(said)
    assert start.why == AT_NODE[said]
    assert patience_of(start.reason).acts_after is None


@pytest.mark.parametrize(
    "said",
    [
        "runc create failed: unable to start container process: open /dev/pts/0: operation not permitted: unknown",
        'failed to prepare subPath for volumeMount "config" of container "web"',
        'error mounting "/var/lib/x" to rootfs at "/etc/x": stat /var/lib/x: no such file or directory: unknown',
        "operation not supported",
    ],
)
def test_what_is_not_known_to_last_is_left_to_a_person(said: str) -> None:
    assert patience_of(start_trouble(said).reason).acts_after is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            'container create failed: time="2026-01-01T00:00:00Z" level=error msg="runc create failed: unable to start '
            'container process: exec: \\"/bin/x\\": stat /bin/x: no such file or directory"\n',
            "the command /bin/x is not in the image",
        ),
        (
            "runc create failed: unable to start container process: exec /entry.sh: exec format error",
            "the command /entry.sh is not made for this node",
        ),
        (
            'unable to start container process: exec: "": executable file not found in $PATH',
            'the command "" is not found in $PATH',
        ),
    ],
)
def test_a_command_is_known_however_it_is_quoted(said: str, why: str) -> None:
    assert start_trouble(said).why == why


VOLUMES = {
    'MountVolume.SetUp failed for volume "kube-api-access-x5f2q" : configmap "kube-root-ca.crt" not found': (
        "kube-api-access",
        "kube-root-ca.crt is not made yet",
    ),
    'MountVolume.SetUp failed for volume "kube-api-access-9tzqk" : failed to fetch token: Post "https://10.0.0.1/x": '
    "dial tcp 10.0.0.1:6443: connect: connection refused": (
        "kube-api-access",
        "the API server does not answer the kubelet",
    ),
    'MountVolume.MountDevice failed for volume "smb" : rpc error: code = Aborted desc = An operation with the given '
    "Volume ID vol1 already exists": ("smb", "an operation on it is still in progress"),
    'AttachVolume.Attach failed for volume "d" : rpc error: code = Internal desc = Could not attach "vol" to node '
    '"i-1": AttachmentLimitExceeded: no': ("d", "its node has as many volumes as it can hold"),
    'AttachVolume.Attach failed for volume "d" : rpc error: code = Unknown desc = Attach to instance aks-1 failed '
    "with disk(/subscriptions/x) already attached to node(/subscriptions/y)": (
        "d",
        "another pod or node still uses it",
    ),
    'MountVolume.MountDevice failed for volume "d" : kubernetes.io/csi: attacher.MountDevice failed to create '
    "newCsiDriverClient: driver name ebs.csi.aws.com not found in the list of registered CSI drivers": (
        "d",
        "its node does not have the driver",
    ),
    "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process "
    "volumes=[data]: error processing PVC shop/data: PVC is not bound": ("data", "the volume claim is not bound"),
}


@pytest.mark.parametrize("said", VOLUMES)
def test_a_volume_that_may_come_is_waited_for(said: str) -> None:
    mount = mount_trouble(said)
    assert (mount.volume, mount.why) == VOLUMES[said]
    assert (mount.reason, patience_of(mount.reason).acts_after) == (Reason.VOLUME_WAITS, None)


def test_what_a_storage_driver_says_comes_without_its_wrapping() -> None:
    said = (
        'MountVolume.SetUp failed for volume "s" : rpc error: code = Unknown desc = failed to mount secrets store '
        "objects for pod shop/web-2-a, err: rpc error: code = Unknown desc = us-east-1: no such secret"
    )
    assert mount_trouble(said).why == "us-east-1: no such secret"
    said = (
        'MountVolume.SetUp failed for volume "n" : mount failed: exit status 32\nOutput: mount: /var/lib/kubelet/x: '
        "bad option\n       dmesg(1) may have more information after failed mount system call."
    )
    assert mount_trouble(said).why == "bad option"
    said = (
        "Unable to attach or mount volumes: unmounted volumes=[data], failed to process: error processing "
        'PVC shop/data: failed to fetch PVC from API server: persistentvolumeclaims "data" not found'
    )
    assert mount_trouble(said).reason is Reason.VOLUME_MISSING
