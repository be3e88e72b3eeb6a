"""Send a plan, once, and say how it ended."""

from __future__ import annotations

from ktui.actions.outcome import Done, Failed, Outcome, Unclear
from ktui.actions.patch import took_place
from ktui.actions.plan import Plan
from ktui.actions.verify import AGAIN, look, why_refused
from ktui.kube.api import Api
from ktui.kube.errors import AnswerLost, ApiError, Interrupted, KubeError, ServerError


async def perform(api: Api, plan: Plan) -> Outcome:
    """Send exactly the plan's patch. A conflict is reported, never forced; nothing is ever sent twice."""
    try:
        after = await api.patch_path(plan.path, plan.patch)
    except (AnswerLost, Interrupted, ServerError) as error:
        # A server, or a proxy before it, that gives up may have passed the change on.
        return await look(api, plan, error)
    except ApiError as error:
        return await why_refused(api, plan, error)
    except KubeError as error:
        return Failed(str(error), error.hint)
    if took_place(plan.patch, plan.before, after):
        return Done(plan.done_sentence, after)
    return Unclear(
        f"The server took the change, but {plan.target} does not show it: an admission webhook may have altered it.",
        AGAIN,
    )
