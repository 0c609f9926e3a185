"""Ratios against their targets, as a table."""


def print_ratios(ratios: dict[str, float], targets: dict[str, tuple[float, str]]) -> None:
    """Print each ratio with the target whose name it begins with: (bound, "most" or "least")."""
    print()
    for name, ratio in ratios.items():
        line = f"{name:36} {ratio:10.2f}"
        for begins, (bound, side) in targets.items():
            if name.startswith(begins):
                is_met = ratio <= bound if side == "most" else ratio >= bound
                line += f"   target at {side} {bound:g}: {'met' if is_met else 'MISSED'}"
                break
        print(line)
