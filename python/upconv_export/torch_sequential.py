"""From a PyTorch `nn.Sequential` to a served model, which takes and gives images as PyTorch does: channels first."""
import math

import numpy as np
from torch import nn

from .chain import Chain
from .composed_layers import add_pixel_shuffle, add_transposed_convolution, without_dilation_where_strided
from .errors import ExportError, LayerError, raise_all
from .torch_state import Inference, base_kind, is_plain_sequential, sequential_inside, settle_weights
from .transposed_window import torch_window
from .verification import verify

LAYOUT = "channels_first"


def export_torch(module, name=None, input_shape=None):
    """Translates a module, and compares the result with what the module answers on random input.

    input_shape: without the batch, None where a length may vary. Where it is not given, it is [channels, None, None]
    for a module that begins with a layer on images, and [features] for one that begins with Linear.

    A class around one nn.Sequential is exported by that Sequential, if its own forward() gives the same. Layers with
    weight_norm, spectral_norm or pruning are exported with the weight that inference computes with.
    """
    with Inference(module) as inference:
        sequential, path = module, ""
        if not is_plain_sequential(module) and base_kind(module) not in HANDLERS:
            path, sequential = sequential_inside(module)
        modules = list(_flattened(sequential, path))
        _check_layers(sequential, path, modules)
        shape = list(input_shape) if input_shape is not None else _input_shape(modules)
        chain = Chain(name or type(module).__name__.lower(), shape)
        steps = _add_layers(chain, modules, shape)
        verify(chain, inference.answer, [(name, count, inference.step(layer)) for name, count, layer in steps])
    if path:
        chain.note(f"{type(module).__name__} is exported by its nn.Sequential {path!r}; both give the same numbers for "
                   "random input")
    return chain


def _check_layers(sequential, path, modules):
    """Names all layers at once that cannot be exported, whatever they get."""
    obstacles = []
    containers = [(f"{path}.{name}".strip("."), child) for name, child in sequential.named_modules()
                  if is_plain_sequential(child)]
    for place, layer in containers + modules:
        try:
            if base_kind(layer) not in HANDLERS and not is_plain_sequential(layer):
                known = ", ".join(sorted({kind.__name__ for kind in HANDLERS}))
                raise LayerError(place, base_kind(layer).__name__, f"cannot be exported; layers that can are {known}")
            settle_weights(layer, place or "(the module itself)")
        except LayerError as error:
            if str(error) not in map(str, obstacles):
                obstacles.append(error)
    raise_all(obstacles)


def _add_layers(chain, modules, shape):
    """Adds the layers in order. Returns each with its path and the number of the chain's layers up to its end.

    Names all layers at once whose options cannot be exported, up to the first whose input does not fit it.
    """
    obstacles, steps = [], []
    for path, layer in modules:
        kind = base_kind(layer).__name__
        layer_name = f"{kind.lower()}_{path.replace('.', '_')}"
        try:
            shape = HANDLERS[base_kind(layer)](chain, layer_name, layer, Shape(path, kind, shape))
            steps.append((path, len(chain.layers), layer))
        except ShapeError as error:
            # Behind a refused layer, the shape is only a guess.
            obstacles += [] if obstacles else [error]
            break
        except LayerError as error:
            obstacles.append(error)
            shape = [getattr(layer, "out_channels", shape[0]), *shape[1:]]
    raise_all(obstacles)
    return steps


def _flattened(module, path):
    """Every layer in the order in which it runs, with its path in the module's state."""
    if not is_plain_sequential(module):
        yield path or "0", module
        return
    # named_children() would leave out a layer that is used again.
    for name, child in module._modules.items():
        yield from _flattened(child, f"{path}.{name}" if path else name)


def _input_shape(modules):
    for path, layer in modules:
        if isinstance(layer, (nn.ConvTranspose2d, nn.Conv2d)):
            return [layer.in_channels, None, None]
        if isinstance(layer, nn.BatchNorm2d):
            return [layer.num_features, None, None]
        if isinstance(layer, nn.Linear):
            return [layer.in_features]
        if not isinstance(layer, PASSED_OVER):
            break
    raise ExportError("the shape of the input cannot be told from the first layer; say it, without the batch")


class ShapeError(LayerError):
    """What a layer gets does not fit it: behind it no shape is known."""


class Shape:
    """The lengths that a layer gets, and what it may expect of them."""

    def __init__(self, path, kind, lengths):
        self.path, self.kind, self.lengths = path, kind, lengths

    def error(self, reason):
        return LayerError(self.path, self.kind, reason)

    def misfit(self, reason):
        return ShapeError(self.path, self.kind, reason)

    def images(self, channels=None):
        """Channels, height and width."""
        if len(self.lengths) != 3:
            raise self.misfit(f"takes images [channels,height,width], and gets {self.lengths}")
        if channels is not None and self.lengths[0] != channels:
            raise self.misfit(f"takes {channels} channels, and gets {self.lengths}")
        return self.lengths

    def known(self):
        if None in self.lengths:
            raise self.misfit(f"all lengths of {self.lengths} must be known: give the shape of the input")
        return self.lengths


def _array(tensor):
    return None if tensor is None else tensor.detach().cpu().float().numpy()


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def _mapped(lengths, lengths_of):
    """Height and width after a layer; those that vary go on to vary."""
    return [None if length is None else of(length) for length, of in zip(lengths, lengths_of)]


def _conv_transpose(chain, name, layer, shape):
    shape.images(layer.in_channels)
    if layer.padding_mode != "zeros":
        raise shape.error(f"padding_mode is {layer.padding_mode!r}; only 'zeros' can be exported")
    windows = [torch_window(*axis) for axis in zip(
        _pair(layer.kernel_size), _pair(layer.stride), _pair(layer.dilation), _pair(layer.padding),
        _pair(layer.output_padding))]
    add_transposed_convolution(
        chain, name, shape.kind, *windows, _array(layer.weight).transpose(2, 3, 1, 0), _array(layer.bias), LAYOUT,
        layer.groups)
    return [layer.out_channels, *_mapped(shape.lengths[1:], [
        lambda length, w=w: (length - 1) * w.stride + w.extent - w.before - w.after for w in windows])]


def _conv(chain, name, layer, shape):
    shape.images(layer.in_channels)
    if layer.padding_mode != "zeros":
        raise shape.error(f"padding_mode is {layer.padding_mode!r}; only 'zeros' can be exported")
    extents = [(k - 1) * d + 1 for k, d in zip(_pair(layer.kernel_size), _pair(layer.dilation))]
    strides = _pair(layer.stride)
    if layer.padding == "same":
        edges = [((extent - 1) // 2, extent - 1 - (extent - 1) // 2) for extent in extents]
    else:
        edges = [(0, 0) if layer.padding == "valid" else (p, p) for p in
                 ((0, 0) if isinstance(layer.padding, str) else _pair(layer.padding))]
    # With a stride, Keras's `same` depends on the image's size, and PyTorch's padding does not.
    is_same = strides == (1, 1) and all(
        edge == ((extent - 1) // 2, extent - 1 - (extent - 1) // 2) for edge, extent in zip(edges, extents))
    if not is_same and any(map(any, edges)):
        chain.add("ZeroPadding2D", f"{name}_pad", padding=[list(edge) for edge in edges], data_format=LAYOUT)
    kernel, dilations = without_dilation_where_strided(
        chain, name, _array(layer.weight).transpose(2, 3, 1, 0), strides, _pair(layer.dilation))
    weights = {"kernel": kernel}
    if layer.bias is not None:
        weights["bias"] = _array(layer.bias)
    chain.add(
        "Conv2D", name, weights, filters=layer.out_channels, kernel_size=list(kernel.shape[:2]),
        strides=list(strides), padding="same" if is_same else "valid", data_format=LAYOUT,
        dilation_rate=list(dilations), groups=layer.groups, activation="linear",
        use_bias=layer.bias is not None)
    return [layer.out_channels, *_mapped(shape.lengths[1:], [
        lambda length, e=edge, x=extent, s=stride: (length + sum(e) - x) // s + 1
        for edge, extent, stride in zip(edges, extents, strides)])]


def _linear(chain, name, layer, shape):
    if shape.lengths[-1] != layer.in_features:
        raise shape.misfit(f"takes {layer.in_features} features, and gets {shape.lengths}")
    weights = {"kernel": _array(layer.weight).T}
    if layer.bias is not None:
        weights["bias"] = _array(layer.bias)
    chain.add("Dense", name, weights, units=layer.out_features, activation="linear", use_bias=layer.bias is not None)
    return [*shape.lengths[:-1], layer.out_features]


def _batch_norm(chain, name, layer, shape):
    if layer.running_mean is None:
        raise shape.error("track_running_stats is False: it normalises by the batch at hand, so that an answer would "
                          "depend on the other images of its batch")
    if shape.lengths[0] != layer.num_features:
        raise shape.misfit(f"takes {layer.num_features} channels, and gets {shape.lengths}")
    weights = {"moving_mean": _array(layer.running_mean), "moving_variance": _array(layer.running_var)}
    if layer.affine:
        weights = {"gamma": _array(layer.weight), "beta": _array(layer.bias), **weights}
    chain.add("BatchNormalization", name, weights, axis=1, momentum=0.99, epsilon=layer.eps, center=layer.affine,
              scale=layer.affine)
    return shape.lengths


def _prelu(chain, name, layer, shape):
    slopes = _array(layer.weight)
    if layer.num_parameters not in (1, shape.lengths[0]):
        raise shape.misfit(f"has {layer.num_parameters} slopes, and gets {shape.lengths}")
    # Keras shares slopes along axes, of which the batch is 0; the channels are 1.
    shared = list(range(2, len(shape.lengths) + 1))
    if layer.num_parameters == 1:
        slopes = np.repeat(slopes, shape.lengths[0])
    chain.add("PReLU", name, {"alpha": slopes.reshape(-1, *[1] * len(shared))}, shared_axes=shared or None)
    return shape.lengths


def _softmax(chain, name, layer, shape):
    if layer.dim is None or layer.dim % (len(shape.lengths) + 1) != len(shape.lengths):
        raise shape.error(f"dim is {layer.dim} of {len(shape.lengths) + 1} axes; only the last axis can be exported")
    chain.add("Softmax", name, axis=-1)
    return shape.lengths


def _softplus(chain, name, layer, shape):
    # softplus(beta * x) / beta. Above the threshold PyTorch gives x, which from 15 on is the same in float32.
    if layer.beta == 0:
        raise shape.error("beta is 0, by which it would divide")
    if layer.threshold < 15:
        raise shape.error(f"threshold is {layer.threshold}; below 15 it gives other numbers than log(1 + exp(x))")
    scaled = layer.beta != 1
    if scaled:
        chain.add("Rescaling", f"{name}_in", scale=float(layer.beta), offset=0.0)
    chain.add("Activation", name, activation="softplus")
    if scaled:
        chain.add("Rescaling", f"{name}_out", scale=1 / float(layer.beta), offset=0.0)
    return shape.lengths


def _gelu(chain, name, layer, shape):
    if layer.approximate != "none":
        raise shape.error(f"approximate is {layer.approximate!r}; only 'none', the exact GELU, can be exported")
    chain.add("Activation", name, activation="gelu")
    return shape.lengths


def _leaky_relu(chain, name, layer, shape):
    # RReLU's slope is random in training only.
    slope = (layer.lower + layer.upper) / 2 if isinstance(layer, nn.RReLU) else layer.negative_slope
    if slope < 0:
        raise shape.error(f"its negative slope is {slope}; it must be 0 or more")
    chain.add("LeakyReLU", name, negative_slope=float(slope))
    return shape.lengths


def _hardtanh(chain, name, layer, shape):
    if layer.min_val != 0 or layer.max_val <= 0:
        raise shape.error(f"its range is {layer.min_val} to {layer.max_val}; only one that begins at 0 can be exported")
    chain.add("ReLU", name, **_relu_options(float(layer.max_val)))
    return shape.lengths


def _upsample(chain, name, layer, shape):
    channels, *sides = shape.images()
    interpolation = {"nearest": "nearest", "bilinear": "bilinear"}.get(layer.mode)
    if interpolation is None:
        raise shape.error(f"mode is {layer.mode!r}; 'nearest' and 'bilinear' can be exported")
    if interpolation == "bilinear" and layer.align_corners:
        raise shape.error("align_corners is True; Keras's UpSampling2D interpolates as align_corners=False does")
    if layer.size is not None:
        factors = [out / length for out, length in zip(_pair(layer.size), shape.known()[1:])]
    else:
        scale = layer.scale_factor
        factors = list(scale) if isinstance(scale, (tuple, list)) else [scale, scale]
    if any(factor is None or factor != int(factor) or factor < 1 for factor in factors):
        raise shape.error(f"enlarges by {factors}; only whole factors can be exported")
    factors = [int(factor) for factor in factors]
    chain.add("UpSampling2D", name, size=factors, data_format=LAYOUT, interpolation=interpolation)
    return [channels, *(None if side is None else side * factor for side, factor in zip(sides, factors))]


def _pad(chain, name, layer, shape):
    channels, *sides = shape.images()
    if isinstance(layer, nn.ConstantPad2d) and not isinstance(layer, nn.ZeroPad2d) and layer.value != 0:
        raise shape.error(f"value is {layer.value}; only 0 can be exported")
    left, right, top, bottom = layer.padding
    added = [[max(0, top), max(0, bottom)], [max(0, left), max(0, right)]]
    cut = [[max(0, -top), max(0, -bottom)], [max(0, -left), max(0, -right)]]
    if any(map(any, cut)):
        chain.add("Cropping2D", f"{name}_crop", cropping=cut, data_format=LAYOUT)
    if any(map(any, added)) or not any(map(any, cut)):
        chain.add("ZeroPadding2D", name, padding=added, data_format=LAYOUT)
    return [channels, *(None if side is None else side + change
                        for side, change in zip(sides, (top + bottom, left + right)))]


def _flatten(chain, name, layer, shape):
    lengths = shape.known()
    rank = len(lengths) + 1
    first, last = layer.start_dim % rank, layer.end_dim % rank
    if first == 0:
        raise shape.error("start_dim is 0: it would join the images of a batch")
    result = [*lengths[:first - 1], math.prod(lengths[first - 1:last]), *lengths[last:]]
    if len(result) == 1:
        # Keras would first put the channels last if told that they are first; PyTorch takes them as they lie.
        chain.add("Flatten", name, data_format="channels_last")
    else:
        chain.add("Reshape", name, target_shape=result)
    return result


def _unflatten(chain, name, layer, shape):
    lengths = shape.known()
    if not isinstance(layer.dim, int):
        raise shape.error("dim is a name; only numbers can be exported")
    axis = layer.dim % (len(lengths) + 1)
    if axis == 0:
        raise shape.error("dim is 0: it would split the batch")
    sizes = list(layer.unflattened_size)
    if -1 in sizes:
        sizes[sizes.index(-1)] = lengths[axis - 1] // -math.prod(sizes)
    if math.prod(sizes) != lengths[axis - 1]:
        raise shape.error(f"unflattened_size {tuple(layer.unflattened_size)} does not make {lengths[axis - 1]}")
    result = [*lengths[:axis - 1], *sizes, *lengths[axis:]]
    chain.add("Reshape", name, target_shape=result)
    return result


def _pixel_shuffle(chain, name, layer, shape):
    channels, *sides = shape.images()
    factor = layer.upscale_factor
    if channels is None or channels % factor**2:
        raise shape.misfit(f"takes a multiple of {factor**2} channels, and gets {shape.lengths}")
    add_pixel_shuffle(chain, name, factor, channels, LAYOUT)
    return [channels // factor**2, *(None if side is None else side * factor for side in sides)]


def _dropout(chain, name, layer, shape):
    chain.add("Dropout", name, rate=layer.p, seed=None, noise_shape=None)
    return shape.lengths


def _layer(class_name, config=lambda layer: {}):
    """A layer without weights that changes no shape."""
    def handler(chain, name, layer, shape):
        chain.add(class_name, name, **config(layer))
        return shape.lengths
    return handler


def _activation(name):
    return _layer("Activation", lambda _: {"activation": name})


def _relu_options(most, slope=0.0):
    return {"max_value": most, "negative_slope": slope, "threshold": 0.0}


HANDLERS = {
    nn.ConvTranspose2d: _conv_transpose, nn.Conv2d: _conv, nn.Linear: _linear,
    nn.BatchNorm1d: _batch_norm, nn.BatchNorm2d: _batch_norm,
    nn.ReLU: _layer("ReLU", lambda _: _relu_options(None)), nn.ReLU6: _layer("ReLU", lambda _: _relu_options(6.0)),
    nn.LeakyReLU: _leaky_relu, nn.RReLU: _leaky_relu, nn.PReLU: _prelu,
    nn.Tanh: _activation("tanh"), nn.Sigmoid: _activation("sigmoid"), nn.SiLU: _activation("silu"),
    nn.SELU: _activation("selu"), nn.Softsign: _activation("softsign"), nn.Hardsigmoid: _activation("hard_sigmoid"),
    nn.ELU: _layer("ELU", lambda layer: {"alpha": float(layer.alpha)}), nn.GELU: _gelu, nn.Softplus: _softplus,
    nn.Softmax: _softmax, nn.Hardtanh: _hardtanh,
    nn.Upsample: _upsample, nn.UpsamplingNearest2d: _upsample, nn.UpsamplingBilinear2d: _upsample,
    nn.ZeroPad2d: _pad, nn.ConstantPad2d: _pad, nn.Flatten: _flatten, nn.Unflatten: _unflatten,
    nn.PixelShuffle: _pixel_shuffle, nn.Dropout: _dropout, nn.Dropout2d: _dropout,
    nn.Identity: lambda chain, name, layer, shape: shape.lengths,
}
# Layers before which the first one with weights still tells the input's shape.
PASSED_OVER = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.SELU, nn.ELU, nn.GELU, nn.Softplus,
               nn.Softsign, nn.Hardsigmoid, nn.Hardtanh, nn.PReLU, nn.RReLU, nn.Identity, nn.Dropout, nn.Dropout2d)
