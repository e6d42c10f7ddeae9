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
    """Raises one error that names all obstacles, if there are any."""
    if len(obstacles) == 1:
        raise obstacles[0]
    if obstacles:
        # Only the last names the layers that can be exported.
        texts = [str(obstacle) for obstacle in obstacles]
        known = "; layers that can are"
        last = max((index for index, text in enumerate(texts) if known in text), default=0)
        texts = [text if index == last else text.partition(known)[0] for index, text in enumerate(texts)]
        lines = "".join(f"\n  {text}" for text in texts)
        raise ExportError(f"{len(obstacles)} layers stand in the way:{lines}")
