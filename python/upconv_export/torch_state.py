"""A PyTorch module's weights: read from a file, put under the module's names, and as its layers compute with them."""
import os
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn
from torch.nn.utils import parametrize, prune
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from .errors import ExportError, LayerError

# Hooks before forward() that only make a layer's weight from others: `weight_g` and `weight_v`, `weight_orig`, a mask.
WEIGHT_HOOKS = (WeightNorm, SpectralNorm, prune.BasePruningMethod)


def load_weights(module, path):
    """Loads a file of weights into a module; returns a sentence if names had to be changed, else None.

    A checkpoint may hold the weights under a name (`state_dict`, `generator`, ...), and names may have a part more or
    less in front (`module.` of DataParallel, `_orig_mod.` of compile, `main.` of a class around a Sequential).
    """
    if not os.path.isfile(path):
        raise ExportError(f"--weights: there is no file {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a corrupt file makes the reader raise errors of any kind
        raise ExportError(f"--weights: {path} is no file of a state_dict that can be read without running code of it: "
                          f"{_line(error)}") from None
    wanted = module.state_dict()
    found = list(_mappings(content, ""))
    if not found:
        raise ExportError(f"--weights: {path} holds no weights by name")
    fitting = []
    for place, state in found:
        for taken, given in _changes(state, wanted):
            changed = {given + name.removeprefix(taken): tensor for name, tensor in state.items()}
            if _fits(changed, wanted):
                fitting.append((place, taken, given, changed))
                break
    if not fitting:
        raise ExportError(_difference(path, min(found, key=lambda pair: len(set(pair[1]) ^ set(wanted)))[1], wanted))
    place, taken, given, state = fitting[0]
    module.load_state_dict({**_counts(wanted), **state})
    parts = [text for value, text in (
        (place, f"taken from its entry {place!r}"), (taken, f"{taken!r} removed from each name"),
        (given, f"{given!r} put before each name")) if value]
    if len(fitting) > 1:
        others = ", ".join(repr(other[0]) for other in fitting[1:])
        parts.append(f"{others} would fit too")
    return f"{path}: weights {'; '.join(parts)}" if parts else None


def _mappings(content, place):
    """The mappings of names to tensors in a checkpoint, with the entries that lead there."""
    if not isinstance(content, Mapping):
        return
    tensors = {name: value for name, value in content.items() if isinstance(value, torch.Tensor)}
    if tensors:
        yield place, tensors
    for name, value in content.items():
        yield from _mappings(value, f"{place}.{name}" if place else str(name))


def _changes(state, wanted):
    """What may be taken off, or put before, every name: nothing, or whole parts of them."""
    yield "", ""
    for taken in _fronts(state):
        yield taken, ""
    for given in _fronts(wanted):
        yield "", given
        for taken in _fronts(state):
            yield taken, given


def _fronts(names):
    """Parts that all names begin with, longest last."""
    common = os.path.commonprefix(list(names))
    return [common[:index + 1] for index, letter in enumerate(common) if letter == "."]


def _counts(wanted):
    """Old files have no counts of the batches that a BatchNorm saw; no answer depends on them."""
    return {name: tensor for name, tensor in wanted.items() if name.endswith("num_batches_tracked")}


def _fits(state, wanted):
    missing = set(wanted) - set(state) - set(_counts(wanted))
    return not missing and set(state) <= set(wanted) and all(
        tensor.shape == wanted[name].shape for name, tensor in state.items())


def _difference(path, state, wanted):
    lines = [f"--weights: {path} does not fit the module"]
    missing, more = sorted(set(wanted) - set(state) - set(_counts(wanted))), sorted(set(state) - set(wanted))
    for words, names in (("only the module has", missing), ("only the file has", more)):
        if names:
            lines.append(f"{words}: {', '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}")
    for name in sorted(set(state) & set(wanted)):
        if state[name].shape != wanted[name].shape:
            lines.append(
                f"{name} is {list(state[name].shape)} in the file and {list(wanted[name].shape)} in the module")
    return "; ".join(lines[:8])


def base_kind(layer):
    """A layer's class, without what parametrizations make of it."""
    return parametrize.type_before_parametrizations(layer)


def settle_weights(layer, path):
    """Has weight hooks write the weight that forward() would compute with; refuses all other code around a layer."""
    kind = base_kind(layer).__name__
    if "forward" in vars(layer):
        raise LayerError(path, kind, "has a forward() of its own, which its layers do not show")
    for hook in layer._forward_pre_hooks.values():
        if not isinstance(hook, WEIGHT_HOOKS):
            raise LayerError(path, kind, f"has a forward pre-hook, {_name(hook)}, that the server would not run")
        with torch.no_grad():
            hook(layer, None)
    for hook in layer._forward_hooks.values():
        raise LayerError(path, kind, f"has a forward hook, {_name(hook)}, that the server would not run")


def _name(hook):
    return getattr(hook, "__qualname__", None) or type(hook).__name__


def _line(error):
    return str(error).strip().split("\n")[0]


class Inference:
    """A module ready for inference in float32, for as long as the `with` lasts; then as it was."""

    def __init__(self, module):
        self.module = module

    def __enter__(self):
        self._training = [(child, child.training) for child in self.module.modules()]
        self._data = [(tensor, tensor.data) for tensor in (*self.module.parameters(), *self.module.buffers())
                      if tensor.is_floating_point()]
        self.module.eval()
        for tensor, data in self._data:
            tensor.data = data.float().cpu()
        return self

    def answer(self, x):
        """Returns the module's output for an array."""
        return self.step(self.module)(x)

    @staticmethod
    def step(layer):
        """Returns a function from an array to a layer's output."""
        def answer(x):
            with torch.no_grad():
                # A copy, since the first layer may work in place.
                output = layer(torch.from_numpy(np.array(x, np.float32)))
            if not isinstance(output, torch.Tensor):
                raise TypeError(f"its output is {type(output).__name__} and no tensor")
            return output.numpy()
        return answer

    def __exit__(self, *_):
        for tensor, data in self._data:
            tensor.data = data
        for child, training in self._training:
            child.training = training


def is_plain_sequential(module):
    """Returns whether a module runs its children one after the other: an nn.Sequential, also by a class derived from it
    that has no forward() of its own."""
    kind = type(module)
    return (isinstance(module, nn.Sequential) and kind.forward is nn.Sequential.forward
            and kind.__call__ is nn.Module.__call__)


def sequential_inside(module):
    """Returns the path of the one nn.Sequential inside a class, and the Sequential; refuses none or several."""
    found = []

    def look(child, path):
        if is_plain_sequential(child):
            found.append((path, child))
            return
        for name, inner in child.named_children():
            look(inner, f"{path}.{name}" if path else name)
    look(module, "")
    kind = type(module).__name__
    if len(found) != 1:
        names = ", ".join(path for path, _ in found)
        holds = f"holds {len(found)} of them ({names})" if found else "holds none that runs its layers in order"
        raise ExportError(f"{kind} is no nn.Sequential, and {holds}: the exporter cannot read the forward() of {kind}; "
                          "write its layers as one nn.Sequential")
    return found[0]
