"""What cannot be exported, said so that it can be found in the model."""


class ExportError(Exception):
    """A layer, or an option of one, that a served model cannot have."""


class LayerError(ExportError):
    """One layer is the reason.

    layer: its name in the source model; kind: its class or operation there; reason: a sentence that says the option,
    its value and the rule.
    """

    def __init__(self, layer, kind, reason):
        super().__init__(f"layer {layer!r} ({kind}): {reason}")
        self.layer = layer


def raise_all(obstacles):
    """Raises what stands in the way of an export, all of it at once; does nothing if nothing does."""
    if len(obstacles) == 1:
        raise obstacles[0]
    if obstacles:
        lines = "".join(f"\n  {obstacle}" for obstacle in obstacles)
        raise ExportError(f"{len(obstacles)} layers stand in the way:{lines}")
