"""kubectl's verdict on a workload, in kubectl's words (docs/semantics.md, Status; `rollout_status.go` of kubectl)."""

from __future__ import annotations

from typing import Final

import msgspec

ROLLING_UPDATE: Final = "RollingUpdate"
PROGRESSING: Final = "Progressing"
AVAILABLE: Final = "Available"
REPLICA_FAILURE: Final = "ReplicaFailure"
DEADLINE_EXCEEDED: Final = "ProgressDeadlineExceeded"
NEW_REPLICASET_AVAILABLE: Final = "NewReplicaSetAvailable"


class Verdict(msgspec.Struct, frozen=True):
    """What `kubectl rollout status` says of a workload as it is.

    `line` is what it prints, without the `error: ` that it puts before an error. `done` means that it would stop
    waiting; with `failed`, that it would exit with 1.
    """

    line: str
    done: bool = False
    failed: bool = False
    is_judged: bool = True
    """Whether it knows how to judge such a rollout; kubectl does not, of OnDelete."""
    error: str = ""
    """The sentence of the error, if the command says another one than its line."""
    exits_quietly: bool = False
    """Whether a single look ends with exit code 0 although it is not done, as that of Argo Rollouts does."""
