"""The meaning of a model's layers and weights, in float64 and by the definitions: slow, and short enough to check.

Beside each number goes the standard deviation of float32's rounding errors. A worst case, put through a dozen layers,
would be thousands of times what ever happens; so errors are taken as independent: adding n products one by one rounds
n partial sums, which grow like a random walk, and gives UNIT * sqrt(n / 6 * the sum of the products' squares); what the
layer before was off by goes through the squares of the weights.
"""
import json
import math
import os

import numpy as np

from .safetensors_file import read_safetensors

# Half the distance from 1 to the next float32.
UNIT = 2.0**-24
# How many standard deviations an output may be off: 1 of 10^15 outputs would be, were they normal. Orders of
# summation with larger partial sums, as Winograd's transforms have, find room in it too.
DEVIATIONS = 8


def worst_deviation(output, exact, variance):
    """The largest error, in standard deviations; infinite where something is off that nothing rounds."""
    return np.max(np.abs(output - exact) / np.sqrt(variance + 1e-60))


class ReferenceModel:
    """A chain of layers that can be run."""

    def __init__(self, layers, weights):
        """layers: those of `model.json` behind the InputLayer; weights: arrays by `<layer>/<variable>`."""
        self.layers = [(layer["class_name"], layer["config"]) for layer in layers]
        names = {config["name"] for _, config in self.layers}
        assert len(names) == len(self.layers)
        self.weights = {name: np.asarray(array, np.float64) for name, array in weights.items()}
        assert {name.split("/")[0] for name in weights} <= names

    @classmethod
    def read(cls, folder):
        """Reads the two files of a model."""
        with open(os.path.join(folder, "model.json"), encoding="utf-8") as file:
            first, *layers = json.load(file)["config"]["layers"]
        path = os.path.join(folder, "weights.safetensors")
        assert first["class_name"] == "InputLayer"
        return cls(layers, read_safetensors(path) if os.path.exists(path) else {})

    def run(self, x):
        """The output, and the variance of what float32 makes of it."""
        x = np.asarray(x, np.float64)
        variance = np.zeros_like(x)
        for kind, config in self.layers:
            prefix = config["name"] + "/"
            weights = {name[len(prefix):]: w for name, w in self.weights.items() if name.startswith(prefix)}
            x, variance = LAYERS[kind](x, variance, config, weights)
            x, variance = activate(config.get("activation", "linear"), x, variance)
        return x, variance


def compare(folder, x, framework):
    """The exported files, by the definitions, give what the framework gave, within float32's rounding errors."""
    exact, variance = ReferenceModel.read(folder).run(x)
    assert framework.shape == exact.shape
    worst = worst_deviation(framework, exact, variance)
    assert worst <= DEVIATIONS, f"off by {worst} standard deviations"
    return exact, variance


def on_images(function):
    """Runs a layer with channels last, whatever its data_format."""
    def layer(x, variance, config, weights):
        first = config["data_format"] == "channels_first"
        if first:
            x, variance = (a.transpose(0, 2, 3, 1) for a in (x, variance))
        x, variance = function(x, variance, config, weights)
        return (x.transpose(0, 3, 1, 2), variance.transpose(0, 3, 1, 2)) if first else (x, variance)
    return layer


def linear(product, x, variance, kernel, bias):
    """A layer that is a sum of products."""
    y, squares = product(x, kernel), product(x**2, kernel**2)
    count = product(np.ones_like(x), np.ones_like(kernel))
    if bias is not None:
        y, squares, count = y + bias, squares + bias**2, count + 1
    # The sums' roundings, and each product's own.
    return y, product(variance, kernel**2) + UNIT**2 * (count / 6 + 1) * squares


@on_images
def conv2d_transpose(x, variance, config, weights):
    strides, dilations = config["strides"], config["dilation_rate"]
    kernel = weights["kernel"]
    crops = []
    for axis in (0, 1):
        length, k, s = x.shape[1 + axis], kernel.shape[axis], strides[axis]
        extent = (k - 1) * dilations[axis] + 1
        added = config["output_padding"] and config["output_padding"][axis]
        # Keras's output length, and TensorFlow's crop for it.
        if config["padding"] == "valid":
            out = (length - 1) * s + (max(extent, s) if config["output_padding"] is None else extent + added)
            crops.append((0, out))
        else:
            out = length * s if config["output_padding"] is None else (length - 1) * s + extent % 2 + added
            crops.append((max(0, (length - 1) * s + extent - out) // 2, out))

    def product(x, kernel):
        n, h, w, _ = x.shape
        full = [(length - 1) * s + (k - 1) * d + 1 for length, s, k, d in zip((h, w), strides, kernel.shape, dilations)]
        y = np.zeros((n, *(max(f, before + out) for f, (before, out) in zip(full, crops)), kernel.shape[2]))
        for i in range(kernel.shape[0]):
            for j in range(kernel.shape[1]):
                rows = slice(i * dilations[0], i * dilations[0] + (h - 1) * strides[0] + 1, strides[0])
                columns = slice(j * dilations[1], j * dilations[1] + (w - 1) * strides[1] + 1, strides[1])
                y[:, rows, columns] += x @ kernel[i, j].T
        (top, height), (left, width) = crops
        return y[:, top:top + height, left:left + width]
    return linear(product, x, variance, kernel, weights.get("bias"))


@on_images
def conv2d(x, variance, config, weights):
    strides, dilations, groups = config["strides"], config["dilation_rate"], config["groups"]

    def product(x, kernel):
        extents = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilations)]
        outs, pads = [], []
        for length, extent, s in zip(x.shape[1:3], extents, strides):
            same = config["padding"] == "same"
            out = -(-length // s) if same else (length - extent) // s + 1
            total = max(0, (out - 1) * s + extent - length) if same else 0
            outs.append(out), pads.append((total // 2, total - total // 2))
        x = np.pad(x, ((0, 0), *pads, (0, 0)))
        y = np.zeros((x.shape[0], *outs, kernel.shape[3]))
        ins, per = kernel.shape[2], kernel.shape[3] // groups
        for i in range(kernel.shape[0]):
            for j in range(kernel.shape[1]):
                part = x[:, i * dilations[0]:, j * dilations[1]:][:, ::strides[0], ::strides[1]][:, :outs[0], :outs[1]]
                for g in range(groups):
                    made, read = slice(g * per, (g + 1) * per), slice(g * ins, (g + 1) * ins)
                    y[..., made] += part[..., read] @ kernel[i, j, :, made]
        return y
    return linear(product, x, variance, weights["kernel"], weights.get("bias"))


def dense(x, variance, config, weights):
    return linear(np.matmul, x, variance, weights["kernel"], weights.get("bias"))


def batch_normalization(x, variance, config, weights):
    shape = [1] * x.ndim
    shape[config["axis"]] = -1
    mean, spread = (weights[name].reshape(shape) for name in ("moving_mean", "moving_variance"))
    gamma = weights["gamma"].reshape(shape) if config["scale"] else 1.0
    beta = weights["beta"].reshape(shape) if config["center"] else 0.0
    factor = gamma / np.sqrt(spread + config["epsilon"])
    y = (x - mean) * factor + beta
    # Computed by itself or folded into the layer before, a few numbers of these sizes are rounded.
    squares = (x**2 + mean**2) * factor**2 + beta**2
    return y, factor**2 * variance + 2 * UNIT**2 * squares


@on_images
def up_sampling2d(x, variance, config, weights):
    for axis, factor in ((1, config["size"][0]), (2, config["size"][1])):
        length = x.shape[axis]
        places = (np.arange(length * factor) + 0.5) / factor - 0.5
        if config["interpolation"] == "nearest":
            x, variance = (np.take(a, np.arange(length * factor) // factor, axis) for a in (x, variance))
            continue
        low = np.floor(places).astype(int)
        part = (places - low).reshape([-1 if a == axis else 1 for a in range(4)])
        ends = [np.clip(low + step, 0, length - 1) for step in (0, 1)]
        near, far = (np.take(x, end, axis) for end in ends)
        before = [np.take(variance, end, axis) for end in ends]
        x = near * (1 - part) + far * part
        variance = np.maximum(*before) + UNIT**2 * (near**2 + far**2)
    return x, variance


@on_images
def zero_padding2d(x, variance, config, weights):
    widths = ((0, 0), *config["padding"], (0, 0))
    return np.pad(x, widths), np.pad(variance, widths)


@on_images
def cropping2d(x, variance, config, weights):
    (top, bottom), (left, right) = config["cropping"]
    part = np.s_[:, top:x.shape[1] - bottom, left:x.shape[2] - right]
    return x[part], variance[part]


def flatten(x, variance, config, weights):
    if config["data_format"] == "channels_first":
        x, variance = (np.moveaxis(a, 1, -1) for a in (x, variance))
    return x.reshape(len(x), -1), variance.reshape(len(x), -1)


def reshape(x, variance, config, weights):
    shape = (len(x), *config["target_shape"])
    return x.reshape(shape), variance.reshape(shape)


def leaky(slope):
    return lambda x: np.where(x > 0, x, slope * x)


def relu(x, variance, config, weights):
    assert config["threshold"] == 0
    y = leaky(config["negative_slope"])(x)
    return (y if config["max_value"] is None else np.minimum(y, config["max_value"])), variance


def rescaling(x, variance, config, weights):
    y = x * config["scale"] + config["offset"]
    return y, variance * config["scale"]**2 + UNIT**2 * (y**2 + config["offset"]**2)


def prelu(x, variance, config, weights):
    alpha = weights["alpha"]
    return np.where(x > 0, x, alpha * x), variance * np.maximum(1, alpha**2) + UNIT**2 * x**2


def softmax(x, variance):
    powers = np.exp(x - x.max(-1, keepdims=True))
    y = powers / powers.sum(-1, keepdims=True)
    # Each input moves each output by at most a quarter; powers, sums and quotients are rounded.
    return y, (variance / 16).sum(-1, keepdims=True) + 4 * UNIT**2 * y**2 * x.shape[-1]


def elu(alpha, scale=1.0):
    return lambda x: scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def normal_distribution(x):
    return 0.5 * (1 + np.vectorize(math.erf, otypes=[float])(x / math.sqrt(2)))


# By name: the function, and a number that its slope never exceeds.
FUNCTIONS = {
    "linear": (lambda x: x, 1), "relu": (leaky(0.), 1), "leaky_relu": (leaky(0.2), 1), "tanh": (np.tanh, 1),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 1), "elu": (elu(1.0), 1),
    "selu": (elu(1.6732632423543772, 1.0507009873554805), 1.76), "gelu": (lambda x: x * normal_distribution(x), 1.13),
    "silu": (lambda x: x / (1 + np.exp(-x)), 1.1), "softplus": (lambda x: np.logaddexp(0, x), 1),
    "softsign": (lambda x: x / (1 + np.abs(x)), 1), "hard_sigmoid": (lambda x: np.clip(x / 6 + 0.5, 0, 1), 1),
}


def activate(name, x, variance):
    if name == "softmax":
        return softmax(x, variance)
    if name == "exponential":
        y = np.exp(x)
        return y, variance * y**2 + UNIT**2 * y**2 * (1 + x**2)
    function, slope = FUNCTIONS[name]
    y = function(x)
    if name in ("linear", "relu", "leaky_relu"):
        return y, variance
    # The function is computed with errors of its own: of its result, and of the numbers of its input's size on the way.
    return y, slope**2 * variance + UNIT**2 * (2 * y**2 + np.minimum(x**2, 1) * (name != "tanh" and name != "sigmoid"))


def unchanged(x, variance, config, weights):
    return x, variance


LAYERS = {
    "Conv2DTranspose": conv2d_transpose, "Conv2D": conv2d, "Dense": dense, "BatchNormalization": batch_normalization,
    "UpSampling2D": up_sampling2d, "ZeroPadding2D": zero_padding2d, "Cropping2D": cropping2d, "Flatten": flatten,
    "Reshape": reshape, "ReLU": relu, "Rescaling": rescaling, "Activation": unchanged, "Dropout": unchanged,
    "LeakyReLU": lambda x, variance, config, weights: (leaky(config["negative_slope"])(x), variance),
    "ELU": lambda x, variance, config, weights: (
        elu(config["alpha"])(x), max(1, config["alpha"]**2) * variance + UNIT**2 * np.minimum(x**2, 1)),
    "PReLU": prelu, "Softmax": lambda x, variance, config, weights: softmax(x, variance),
}
