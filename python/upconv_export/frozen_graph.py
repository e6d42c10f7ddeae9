"""A TensorFlow SavedModel's signature as one graph of operations with its variables' values, and ways to ask it."""
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from .errors import ExportError

PASSING = ("Identity", "StopGradient", "PreventGradient", "Snapshot")


class FrozenGraph:
    """One signature, TensorFlow 1's or 2's, all calls written out and all variables turned to constants."""

    def __init__(self, folder, signature="serving_default"):
        loaded = tf.saved_model.load(folder)
        signatures = dict(loaded.signatures)
        if signature not in signatures:
            raise ExportError(f"the SavedModel has no signature {signature!r}; it has {sorted(signatures)}")
        function = signatures[signature]
        inputs, outputs = function.structured_input_signature[1], function.structured_outputs
        for what, found in (("inputs", inputs), ("outputs", outputs)):
            if len(found) != 1:
                raise ExportError(f"signature {signature!r} has the {what} {sorted(found)}; only one can be served")
        (self.input_name,), (self.output_name,) = inputs, outputs
        self.function = convert_variables_to_constants_v2(function)
        self.input, = [tensor for tensor in self.function.inputs if tensor.dtype != tf.resource]
        self.output = self.function.outputs[0]
        if self.input.shape.rank is None:
            raise ExportError(f"the input {self.input_name!r} does not say how many axes it has")
        self._dependent = self._reached_from_input()

    def depends_on_input(self, tensor):
        return tensor.op.name in self._dependent

    def passed(self, tensor):
        """The tensor that this one is a mere copy of."""
        while tensor.op.type in PASSING:
            tensor = tensor.op.inputs[0]
        return tensor

    def constant(self, tensor):
        """The value of what does not depend on the input."""
        return self.function.prune([], tensor)().numpy()

    def shapes(self, tensors):
        """Runs the graph on inputs of a few sizes and answers each tensor's shape in each run.

        Two sizes where height and width may vary: a rule found at both holds for all that follow it.
        """
        fixed = [length is not None for length in self.input.shape[1:]]
        sizes = [[length or 1 for length in self.input.shape]]
        if not all(fixed):
            sizes = [[self.input.shape[0] or 1] + [length or vary for length in self.input.shape[1:]]
                     for vary in (24, 31)]
        run = self.function.prune([self.input], list(tensors))
        try:
            return [[tuple(result.shape) for result in run(tf.zeros(size, self.input.dtype))] for size in sizes]
        except tf.errors.InvalidArgumentError as error:
            raise ExportError(f"the graph does not run for an input of one of the shapes {sizes}: "
                              f"{error.message.splitlines()[0]}") from None

    def _reached_from_input(self):
        reached, waiting = set(), [self.input.op]
        while waiting:
            operation = waiting.pop()
            if operation.name in reached:
                continue
            reached.add(operation.name)
            waiting += [reader for output in operation.outputs for reader in output.consumers()]
        return reached


def as_vector(values, channels):
    """One number a channel, of a constant that is added to or multiplied with images; None where it is not that."""
    values = np.asarray(values, np.float32)
    if values.size == 1:
        return np.full(channels, values.reshape(()))
    if values.size == channels and values.shape[-1] == channels:
        return values.reshape(-1)
    return None
