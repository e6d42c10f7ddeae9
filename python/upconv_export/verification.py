"""Whether an exported chain answers as its framework does, on random input."""
import numpy as np

from .errors import ExportError
from .reference_model import DEVIATIONS, UNIT, ReferenceModel, worst_deviation

# Heights and widths to take where they may vary: the first at which the framework itself gives something.
SIZES = ((3, 5), (6, 4), (16, 21), (48, 65), (192, 257))
# A share of the largest magnitude; what is off by less is never called wrong.
LEAST_DIFFERENCE = 1e-5


def verify(chain, answer, steps=(), unit=UNIT):
    """Compares the chain, computed by the definitions, with the framework.

    answer: takes a float32 array with the batch in front and returns the framework's array for inference; raises what
    the framework raises if an image is too small.
    steps: for each layer of the framework in order its name, the number of the chain's layers up to its end, and a
    function like `answer`: they find the layer that differs.
    unit: half the distance from 1 to the next number of the type that the framework computes in.

    Raises ExportError if the two differ by more than the rounding errors of that type.
    """
    generator = np.random.default_rng(2)
    last = None
    checked = 0
    for size in SIZES:
        shape = [2, *_filled(chain.input_shape, size)]
        x = generator.standard_normal(shape, np.float32)
        try:
            # A copy, since the model may work in place.
            expected = np.asarray(answer(x.copy()), np.float64)
        except Exception as error:  # the framework's, of any kind
            last = error
            continue
        _compare(chain, x, expected, steps, unit)
        checked += 1
        # A second size shows what depends on it.
        if checked == 2 or None not in chain.input_shape:
            return
    if not checked:
        raise ExportError(f"the model itself fails on an input {shape}: {type(last).__name__}: {_line(last)}; "
                          "nothing was written")


def _compare(chain, x, expected, steps, unit):
    model = ReferenceModel(chain.layers, chain.weights)
    exact, variance = model.run(x)
    variance = variance * (unit / UNIT)**2
    if exact.shape != expected.shape:
        raise ExportError(f"for an input {list(x.shape)} the model gives {list(expected.shape)}, and the exported "
                          f"layers give {list(exact.shape)}: {_culprit(model, x, steps)}; nothing was written")
    if not np.isfinite(expected).all():
        raise ExportError("the model gives NaN or infinity for random numbers; nothing was written")
    if _differs(expected, exact, variance):
        off, largest = np.abs(expected - exact).max(), np.abs(expected).max()
        raise ExportError(
            f"for random input the model gives numbers up to {largest:.3g}, and the exported layers differ from them "
            f"by up to {off:.3g}: {_culprit(model, x, steps)}; nothing was written")


def _differs(expected, exact, variance):
    if expected.shape != exact.shape:
        return True
    off, largest = np.abs(expected - exact).max(initial=0), np.abs(expected).max(initial=0)
    return off > LEAST_DIFFERENCE * largest and worst_deviation(expected, exact, variance) > DEVIATIONS


def _culprit(model, x, steps):
    """Returns a clause that names the first layer whose own numbers differ, if there is one."""
    first = 0
    for name, count, answer in steps:
        part = ReferenceModel.__new__(ReferenceModel)
        part.layers, part.weights = model.layers[first:count], model.weights
        exact, variance = part.run(x)
        expected = np.asarray(answer(x), np.float64)
        if _differs(expected, exact, variance):
            return f"its layer {name!r} is the first that gives other numbers"
        x, first = exact.astype(np.float32), count
    return "its layers one by one agree, so a forward() or a hook around them does more" if steps else (
        "code of its own, around the layers, does more than they")


def _filled(lengths, size):
    rest = list(size)
    return [rest.pop(0) if length is None and rest else 6 if length is None else length for length in lengths]


def _line(error):
    return str(error).strip().split("\n")[0]
