from ktui.plans.request import Action
from ktui.plans.table import Plans


def test_every_action_on_a_workload_has_its_place_in_the_table() -> None:
    assert {action.value.replace("-", "_") for action in Action} - {"switch"} == set(Plans._fields)
