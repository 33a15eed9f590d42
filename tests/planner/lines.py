"""Lines of `episodes.jsonl`, as plain as they can be."""

EMPTY = ("limits", "tipped", "displacement", "contact", "dream_gap")


def line(scene, method, success, violation=False):
    told = {"scene": scene, "layout": None, "method": method, "success": success, "violation": violation}
    told |= {name: {} for name in EMPTY} | {"plans": 0, "infeasible_plans": 0}
    return {**told, "imagined_success": None, "time": {"plan_ms": []}}
