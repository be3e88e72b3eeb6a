"""Why a rollout is stuck, in one sentence per cause."""
