"""From a SavedModel of TensorFlow 1 or 2 to a served model: the operations from its input to its output."""
import numpy as np

from .chain import Chain
from .composed_layers import add_transposed_convolution, without_dilation_where_strided
from .errors import ExportError, LayerError
from .frozen_graph import FrozenGraph, as_vector
from .transposed_window import tensorflow_window

LAYOUT = "channels_last"


def export_saved_model(folder, signature="serving_default", name=None):
    """Translates a signature whose operations are a chain: each reads the one before, and constants or variables."""
    graph = FrozenGraph(folder, signature)
    chain = Chain(name or "model", graph.input.shape.as_list()[1:], graph.input_name)
    operations = _operations(graph)
    if graph.input.shape[0] is not None:
        chain.note(f"the batch of {graph.input.shape[0]} may be any when served")
    # What goes in and comes out of each, at sizes that were tried.
    tensors = [tensor for data, operation in operations for tensor in (data, operation.outputs[0])]
    runs = graph.shapes(tensors) if tensors else []
    for index, (data, operation) in enumerate(operations):
        handler = HANDLERS.get(operation.type)
        if handler is None:
            raise LayerError(operation.name, operation.type, "cannot be exported; operations that can are "
                             + ", ".join(sorted(HANDLERS)) + "; Keras layers may be exported from the Keras model")
        handler(chain, graph, operation, [(shapes[2 * index], shapes[2 * index + 1]) for shapes in runs])
    chain.rename(output_name=graph.output_name)
    return chain


def _operations(graph):
    """Pairs of an operation and the input that it works on, from the model's input to its output."""
    found, tensor = [], graph.passed(graph.output)
    while tensor.op.name != graph.input.op.name:
        operation = tensor.op
        # The shape that Reshape and the like are given may be made from the data's own: that is no second branch.
        data = [input for index, input in enumerate(operation.inputs)
                if graph.depends_on_input(input) and index not in SHAPE_INPUTS.get(operation.type, ())]
        if len(data) != 1:
            raise LayerError(operation.name, operation.type, f"works on {len(data)} results of the input; only a chain "
                             "of operations, each on the one before, can be served")
        found.append((data[0], operation))
        tensor = graph.passed(data[0])
    return found[::-1]


def _error(operation, reason):
    return LayerError(operation.name, operation.type, reason)


def _attribute(operation, name):
    value = operation.get_attr(name)
    return value.decode() if isinstance(value, bytes) else value


def _image_pairs(operation, name):
    """Height's and width's entry of an attribute with four."""
    if _attribute(operation, "data_format") != "NHWC":
        raise _error(operation, "data_format is NCHW; only NHWC can be exported")
    values = list(operation.get_attr(name))
    if values[0] != 1 or values[3] != 1:
        raise _error(operation, f"{name} is {values}; batch and channels must have 1")
    return values[1], values[2]


def _paddings(operation):
    """For height and width, TensorFlow's word, or the two numbers of explicit padding."""
    padding = _attribute(operation, "padding")
    if padding != "EXPLICIT":
        return padding, padding
    numbers = list(operation.get_attr("explicit_paddings"))
    return tuple(numbers[2:4]), tuple(numbers[4:6])


def _filters(graph, operation, index):
    if graph.depends_on_input(operation.inputs[index]):
        raise _error(operation, "its filters are made from the input")
    return graph.constant(operation.inputs[index])


def _conv_transpose(chain, graph, operation, runs):
    kernel = _filters(graph, operation, 1)
    strides, dilations = _image_pairs(operation, "strides"), _image_pairs(operation, "dilations")
    windows = []
    for axis in (0, 1):
        found = {tensorflow_window(kernel.shape[axis], strides[axis], dilations[axis], _paddings(operation)[axis],
                                   given[1 + axis], made[1 + axis]) for given, made in runs}
        if len(found) != 1 or None in found:
            lengths = ", ".join(f"{given[1 + axis]} to {made[1 + axis]}" for given, made in runs)
            raise _error(operation, f"its output_shape ({lengths}) does not follow from the input's by one rule")
        windows += found
    add_transposed_convolution(chain, operation.name, operation.type, *windows, kernel, None, LAYOUT)


def _conv(chain, graph, operation, runs):
    kernel, dilations = without_dilation_where_strided(
        chain, operation.name, _filters(graph, operation, 1), _image_pairs(operation, "strides"),
        _image_pairs(operation, "dilations"))
    channels = runs[0][0][3]
    paddings = _paddings(operation)
    if isinstance(paddings[0], tuple):
        chain.add("ZeroPadding2D", f"{operation.name}_pad", padding=[list(pair) for pair in paddings],
                  data_format=LAYOUT)
    chain.add(
        "Conv2D", operation.name, {"kernel": kernel}, filters=kernel.shape[3], kernel_size=list(kernel.shape[:2]),
        strides=list(_image_pairs(operation, "strides")), padding="same" if paddings[0] == "SAME" else "valid",
        data_format=LAYOUT, dilation_rate=list(dilations),
        groups=channels // kernel.shape[2], activation="linear", use_bias=False)


def _dense(chain, graph, operation, runs):
    if operation.get_attr("transpose_a"):
        raise _error(operation, "transpose_a is True")
    kernel = _filters(graph, operation, 1)
    kernel = kernel.T if operation.get_attr("transpose_b") else kernel
    chain.add("Dense", operation.name, {"kernel": kernel}, units=kernel.shape[1], activation="linear", use_bias=False)


def _add_constant(chain, graph, operation, runs):
    vector = _channel_vector(graph, operation, runs)
    last = chain.layers[-1] if chain.layers else None
    key = last and last["config"]["name"]
    # The bias of the layer before, if that is all it lacks.
    if last and last["class_name"] in ("Conv2DTranspose", "Conv2D", "Dense") and not last["config"]["use_bias"]:
        last["config"]["use_bias"] = True
        chain.weights[f"{key}/bias"] = vector
        return
    if last and last["class_name"] == "BatchNormalization" and not chain.weights[f"{key}/beta"].any():
        chain.weights[f"{key}/beta"] = vector
        return
    _scale(chain, operation, np.ones_like(vector), vector)


def _multiply_constant(chain, graph, operation, runs):
    vector = _channel_vector(graph, operation, runs)
    _scale(chain, operation, vector, np.zeros_like(vector))


def _scale(chain, operation, gamma, beta):
    """Times gamma, plus beta: a batch normalization of what has mean 0 and variance 1."""
    zeros, ones = np.zeros_like(gamma), np.ones_like(gamma)
    weights = {"gamma": gamma, "beta": beta, "moving_mean": zeros, "moving_variance": ones}
    chain.add("BatchNormalization", operation.name, weights, axis=-1, momentum=0.99, epsilon=0.0, center=True,
              scale=True)


def _channel_vector(graph, operation, runs):
    constant, = [input for input in operation.inputs if not graph.depends_on_input(input)]
    if operation.type == "BiasAdd" and len(runs[0][0]) == 4 and _attribute(operation, "data_format") != "NHWC":
        raise _error(operation, "data_format is NCHW; only NHWC can be exported")
    value = graph.constant(constant)
    vector = as_vector(value, runs[0][0][-1])
    if vector is None or runs[0][0] != runs[0][1]:
        raise _error(operation, f"its constant has the shape {list(value.shape)}; one number for each channel, or one "
                     "for all, can be exported")
    return vector


def _batch_norm(chain, graph, operation, runs):
    if operation.get_attr("is_training"):
        raise _error(operation, "is_training is True: it normalises by the batch at hand, so that an answer would "
                     "depend on the other images of its batch")
    if _attribute(operation, "data_format") != "NHWC":
        raise _error(operation, "data_format is NCHW; only NHWC can be exported")
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = {name: graph.constant(input) for name, input in zip(names, operation.inputs[1:])}
    chain.add("BatchNormalization", operation.name, weights, axis=-1, momentum=0.99,
              epsilon=operation.get_attr("epsilon"), center=True, scale=True)


def _reshape(chain, graph, operation, runs):
    made = {shapes[1:] for _, shapes in runs}
    if len(made) != 1 or any(given[0] != result[0] for given, result in runs):
        raise _error(operation, "its shape depends on the input's, or changes the batch; only images of one size can "
                     "be reshaped")
    chain.add("Reshape", operation.name, target_shape=list(made.pop()))


def _pad(chain, graph, operation, runs):
    if graph.depends_on_input(operation.inputs[1]):
        raise _error(operation, "its paddings are made from the input")
    paddings = graph.constant(operation.inputs[1]).tolist()
    if operation.type == "PadV2" and graph.constant(operation.inputs[2]) != 0:
        raise _error(operation, "pads with another number than 0")
    if len(paddings) != 4 or any(paddings[0]) or any(paddings[3]):
        raise _error(operation, f"paddings are {paddings}; only height and width of images can be padded")
    chain.add("ZeroPadding2D", operation.name, padding=paddings[1:3], data_format=LAYOUT)


def _resize(chain, graph, operation, runs):
    is_nearest = operation.type == "ResizeNearestNeighbor"
    if operation.get_attr("align_corners") or not operation.get_attr("half_pixel_centers"):
        # For whole factors, nearest is the same with and without half-pixel centers.
        if operation.get_attr("align_corners") or not is_nearest:
            raise _error(operation, "only half_pixel_centers=True, align_corners=False can be exported")
    factors = {(made[1] / given[1], made[2] / given[2]) for given, made in runs}
    if len(factors) != 1 or any(f != int(f) for pair in factors for f in pair):
        raise _error(operation, "only whole factors can be exported")
    chain.add("UpSampling2D", operation.name, size=[int(f) for f in factors.pop()], data_format=LAYOUT,
              interpolation="nearest" if is_nearest else "bilinear")


def _activation(function):
    return lambda chain, graph, operation, runs: chain.add("Activation", operation.name, activation=function)


def _relu6(chain, graph, operation, runs):
    chain.add("ReLU", operation.name, max_value=6.0, negative_slope=0.0, threshold=0.0)


def _leaky_relu(chain, graph, operation, runs):
    chain.add("LeakyReLU", operation.name, negative_slope=operation.get_attr("alpha"))


HANDLERS = {
    "Conv2DBackpropInput": _conv_transpose, "Conv2D": _conv, "MatMul": _dense, "BiasAdd": _add_constant,
    "Add": _add_constant, "AddV2": _add_constant, "Mul": _multiply_constant, "FusedBatchNormV3": _batch_norm,
    "FusedBatchNormV2": _batch_norm, "FusedBatchNorm": _batch_norm, "Reshape": _reshape, "Pad": _pad, "PadV2": _pad,
    "ResizeNearestNeighbor": _resize, "ResizeBilinear": _resize, "Relu": _activation("relu"), "Relu6": _relu6,
    "LeakyRelu": _leaky_relu, "Tanh": _activation("tanh"), "Sigmoid": _activation("sigmoid"),
}
# Inputs that say a shape rather than data.
SHAPE_INPUTS = {"Conv2DBackpropInput": (0,), "Reshape": (1,), "ResizeNearestNeighbor": (1,), "ResizeBilinear": (1,)}
