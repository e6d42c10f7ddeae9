"""From a Keras 3 model to a served one: its chain of layers, and their weights."""
import keras
import numpy as np

from .chain import Chain
from .errors import ExportError, LayerError, raise_all
from .reference_model import UNIT
from .verification import verify

# Half the distance from 1 to the next number, for types with fewer digits than float32.
UNITS = {"float16": 2.0**-11, "bfloat16": 2.0**-8}

# What a layer's config keeps, by class: the options that change its numbers.
IMAGE = ("data_format",)
OPTIONS = {
    "Conv2DTranspose": ("filters", "kernel_size", "strides", "padding", "output_padding", "data_format",
                        "dilation_rate", "activation", "use_bias"),
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "groups", "activation",
               "use_bias"),
    "Dense": ("units", "activation", "use_bias"),
    "BatchNormalization": ("axis", "momentum", "epsilon", "center", "scale"),
    "Activation": ("activation",),
    "ReLU": ("max_value", "negative_slope", "threshold"),
    "LeakyReLU": ("negative_slope",), "ELU": ("alpha",), "Softmax": ("axis",), "PReLU": ("shared_axes",),
    "Reshape": ("target_shape",),
    "Flatten": IMAGE,
    "UpSampling2D": ("size", "data_format", "interpolation"),
    "ZeroPadding2D": ("padding", "data_format"),
    "Cropping2D": ("cropping", "data_format"),
    "Rescaling": ("scale", "offset"),
    "Dropout": ("rate", "seed", "noise_shape"),
}
WEIGHTS = {
    "Conv2DTranspose": ("kernel", "bias"), "Conv2D": ("kernel", "bias"), "Dense": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"), "PReLU": ("alpha",),
}
# Options that only training, or the making of weights, asks for.
WITHOUT_EFFECT = ("name", "trainable", "dtype", "synchronized", "renorm", "renorm_clipping", "renorm_momentum", "seed",
                  "noise_shape", "lora_rank", "lora_alpha")
ACTIVATIONS = ("linear", "relu", "leaky_relu", "sigmoid", "tanh", "elu", "selu", "gelu", "silu", "softplus", "softsign",
               "exponential", "hard_sigmoid", "softmax")
# Layers that do nothing once a model is trained, and are left out.
ONLY_TRAINING = ("SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "ActivityRegularization",
                 "Identity")


def export_keras(model, name=None):
    """Translates a Sequential, or a Functional model that is a chain, without changing it.

    Compares the result with the model's output for random input.
    """
    if not isinstance(model, keras.Model):
        raise ExportError(f"{type(model).__module__}.{type(model).__name__} is no model of Keras 3; a Keras 2 model "
                          "can be exported as a SavedModel")
    if not model.built or not getattr(model, "outputs", None):
        raise ExportError(f"{type(model).__name__} {model.name!r} does not say its layers: build a Sequential (give it "
                          "an Input), or use a Functional model; a subclass of Model cannot be read")
    for what, tensors in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(tensors) != 1:
            raise ExportError(f"the model has {len(tensors)} {what}; only one can be served")
    layers = _chain_of(model)
    chain = Chain(name or model.name, model.inputs[0].shape[1:], model.inputs[0].name)
    obstacles = _own_code(model)
    for layer in layers:
        try:
            _add(chain, layer)
        except LayerError as error:
            obstacles.append(error)
    raise_all(obstacles)
    verify(chain, lambda x: keras.ops.convert_to_numpy(model(x, training=False)).astype(np.float32),
           unit=max(UNITS.get(layer.compute_dtype, UNIT) for layer in layers) if layers else UNIT)
    return chain


def _own_code(model):
    """Models whose call() is not Keras's own: their layers do not say what they compute."""
    models = [model] + [layer for layer in model._flatten_layers(include_self=False) if isinstance(layer, keras.Model)]
    return [LayerError(inner.name, type(inner).__name__, "has a call() of its own, which its layers do not show")
            for inner in models if type(inner).__module__.split(".")[0] != "keras" and any(
                name in vars(kind) for kind in type(inner).__mro__ if kind.__module__.split(".")[0] != "keras"
                for name in ("call", "__call__"))]


def load_keras(path, name=None):
    """Reads a .keras or .h5 file; code that it may hold is not run."""
    return export_keras(keras.saving.load_model(path, compile=False, safe_mode=True), name)


def _chain_of(model):
    """The layers in the order in which they run, those of nested models in their places."""
    layers, tensor = [], model.outputs[0]
    while True:
        operation, node_index, _ = tensor._keras_history
        if isinstance(operation, keras.layers.InputLayer):
            break
        inputs = operation._inbound_nodes[node_index].input_tensors
        if len(inputs) != 1:
            raise LayerError(operation.name, type(operation).__name__,
                             f"takes {len(inputs)} inputs; only a chain, where each layer reads the one before, can be "
                             "served")
        layers.append(operation)
        tensor = inputs[0]
    expanded = []
    for layer in reversed(layers):
        if isinstance(layer, keras.Model):
            if len(layer.inputs) != 1 or len(layer.outputs) != 1:
                raise LayerError(layer.name, type(layer).__name__, "has several inputs or outputs; only one of each "
                                 "can be served")
            expanded += _chain_of(layer)
        else:
            expanded.append(layer)
    return expanded


def _add(chain, layer):
    kind = type(layer).__name__
    if type(layer).__module__.split(".")[0] != "keras":
        raise LayerError(layer.name, kind, "is a class of its own, which a server does not have")
    if "call" in vars(layer):
        raise LayerError(layer.name, kind, "has a call() of its own, which its options do not show")
    if kind in ONLY_TRAINING:
        chain.note(f"{layer.name}: {kind} only matters in training and is left out")
        return
    if kind not in OPTIONS:
        raise LayerError(layer.name, kind, "cannot be exported; layers that can are "
                         + ", ".join(sorted((*OPTIONS, *ONLY_TRAINING))))
    policy = layer.dtype_policy
    if getattr(policy, "quantization_mode", None):
        raise LayerError(layer.name, kind, f"dtype is {policy.name!r}; quantized weights cannot be exported")
    config = {key: _plain(value) for key, value in layer.get_config().items()}
    after = None
    if "activation" in OPTIONS[kind]:
        config["activation"], after = _activation(layer, kind)
    known = (*OPTIONS[kind], *WITHOUT_EFFECT)
    for key, value in config.items():
        if key not in known and value is not None and not key.endswith(("_initializer", "_regularizer", "_constraint")):
            raise LayerError(layer.name, kind, f"{key} is {value!r}; an option of that name is not known here")
    if config.get("interpolation", "nearest") not in ("nearest", "bilinear"):
        raise LayerError(layer.name, kind, f"interpolation is {config['interpolation']!r}; nearest and bilinear can be "
                         "exported")
    if config.get("negative_slope") is not None and config["negative_slope"] < 0:
        raise LayerError(layer.name, kind, f"negative_slope is {config['negative_slope']}; it must be 0 or more")
    if kind == "Softmax":
        rank = len(layer.input.shape) if getattr(layer, "_inbound_nodes", None) else None
        if config["axis"] not in (-1, [-1]) and config["axis"] != (rank or 0) - 1:
            raise LayerError(layer.name, kind, f"axis is {config['axis']}; only the last axis can be exported")
        config["axis"] = -1
    weights = {}
    for variable in WEIGHTS.get(kind, ()):
        value = getattr(layer, variable, None)
        if value is not None:
            weights[variable] = keras.ops.convert_to_numpy(value)
    if not (kind == "Activation" and config["activation"] == "linear"):
        chain.add(kind, layer.name, weights, **{key: config[key] for key in OPTIONS[kind] if key in config})
    if after is not None:
        _add(chain, after)


def _plain(value):
    """Tuples as JSON has them."""
    if isinstance(value, (tuple, list)):
        return [_plain(element) for element in value]
    return value.item() if isinstance(value, np.generic) else value


def _activation(layer, kind):
    """The activation's name, and the layer that has to follow instead."""
    function = layer.activation
    if isinstance(function, keras.layers.Layer):
        return "linear", function
    for name in ACTIVATIONS:
        if function is getattr(keras.activations, name):
            return name, None
    if function is keras.activations.relu6:
        return "linear", keras.layers.ReLU(max_value=6.0, name=f"{layer.name}_relu6")
    raise LayerError(layer.name, kind, f"activation is {getattr(function, '__name__', function)!r}; those that can be "
                     f"exported are relu6, {', '.join(ACTIVATIONS)}")
