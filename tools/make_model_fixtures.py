#!/usr/bin/env python3
"""Writes Tests/UpconvModelsTests/Fixtures: small Keras models, their weights, an input, and what Keras makes of it.

Needs keras with TensorFlow (written with keras 3.15.1, tensorflow-cpu 2.21.0; those of `slopes` with JAX):

    python3 -m venv venv && venv/bin/pip install keras tensorflow-cpu
    venv/bin/python tools/make_model_fixtures.py
"""
import json
import os
import pathlib
import shutil
import struct

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
from keras import layers as L

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/UpconvModelsTests/Fixtures"

IMAGE = (5, 6, 3)
# Its outputs' widths differ from their numbers of channels: where the two are equal, keras 3.15.1 adds the bias of a
# Conv2D along the width (its result is not that of the definition).
PLANES = (3, 5, 11)
FIRST = {"data_format": "channels_first"}


def activations():
    names = """linear relu leaky_relu relu6 elu selu gelu silu swish softplus softsign exponential hard_sigmoid sigmoid
        tanh softmax""".split()
    for name in names:
        yield f"activation_{name}", (4, 7), [L.Activation(name)]
    yield "activation_in_layer", IMAGE, [
        L.Conv2D(4, 3, activation=L.LeakyReLU(negative_slope=0.1)),
        L.Conv2DTranspose(4, 2, strides=2, activation=L.ReLU(max_value=1.5, negative_slope=0.2, threshold=0.3)),
        L.Conv2D(3, 1, activation=keras.activations.gelu),
    ]
    yield "activation_elu_layer", (9,), [L.Dense(8, activation=L.ELU(alpha=0.7))]
    yield "relu", (9,), [L.ReLU()]
    yield "relu_slope", (9,), [L.ReLU(negative_slope=0.3)]
    yield "relu_max", (9,), [L.ReLU(max_value=0.8)]
    yield "relu_threshold", (9,), [L.ReLU(threshold=0.4)]
    yield "relu_all", (9,), [L.ReLU(max_value=0.9, negative_slope=0.25, threshold=0.4)]
    yield "leaky_relu", (9,), [L.LeakyReLU()]
    yield "leaky_relu_slope", (9,), [L.LeakyReLU(negative_slope=0.05)]
    yield "softmax_layer", (3, 5), [L.Softmax()]


def slopes():
    """PReLU by channel, by element, by row, with one slope for all, and where it can become part of a convolution."""
    yield "prelu", (4, 3), [L.PReLU()]
    yield "prelu_dense", (7,), [L.Dense(5), L.PReLU()]
    yield "prelu_channels", IMAGE, [L.PReLU(shared_axes=[1, 2])]
    yield "prelu_one", IMAGE, [L.Conv2D(4, 3), L.PReLU(shared_axes=[1, 2, 3])]
    yield "prelu_rows", IMAGE, [L.PReLU(shared_axes=[2, 3])]
    yield "prelu_columns", IMAGE, [L.PReLU(shared_axes=[1])]
    yield "prelu_columns_alone", IMAGE, [L.PReLU(shared_axes=[1, 3])]
    yield "prelu_uneven", IMAGE, [L.PReLU(shared_axes=[2])]
    yield "prelu_pixels_after_conv", IMAGE, [L.Conv2D(4, 3), L.PReLU()]
    yield "prelu_after_conv", IMAGE, [L.Conv2D(4, 3, padding="same"), L.PReLU(shared_axes=[1, 2])]
    yield "prelu_after_conv_groups", (6, 5, 4), [L.Conv2D(6, 3, groups=2), L.PReLU(shared_axes=[1, 2])]
    yield "prelu_after_transposed", IMAGE, [
        L.Conv2DTranspose(5, 4, strides=2, padding="same", use_bias=False), L.BatchNormalization(),
        L.PReLU(shared_axes=[1, 2]), L.Conv2D(3, 3)]
    yield "prelu_first", PLANES, [L.PReLU(shared_axes=[2, 3])]
    yield "prelu_first_after_transposed", PLANES, [
        L.Conv2DTranspose(4, 3, strides=2, **FIRST), L.PReLU(shared_axes=[2, 3])]


def transposed():
    for padding in ["valid", "same"]:
        for kernel, stride in [(1, 1), (1, 2), (2, 2), (2, 3), (3, 1), (3, 2), (4, 2), (5, 2), (5, 3), (4, 4)]:
            yield f"transposed_{padding}_k{kernel}s{stride}", IMAGE, [
                L.Conv2DTranspose(4, kernel, strides=stride, padding=padding)]
        yield f"transposed_{padding}_uneven", IMAGE, [
            L.Conv2DTranspose(2, (2, 5), strides=(3, 1), padding=padding, use_bias=False)]
        for added in [0, 1]:
            for kernel in [2, 3, 5]:
                yield f"transposed_{padding}_k{kernel}_added{added}", IMAGE, [
                    L.Conv2DTranspose(4, kernel, strides=2, padding=padding, output_padding=added)]
        yield f"transposed_{padding}_k1s3_added", IMAGE, [
            L.Conv2DTranspose(4, 1, strides=3, padding=padding, output_padding=(2, 1))]
        yield f"transposed_{padding}_dilated", IMAGE, [L.Conv2DTranspose(4, 3, padding=padding, dilation_rate=(2, 3))]
        yield f"transposed_{padding}_first", PLANES, [
            L.Conv2DTranspose(4, 3, strides=2, padding=padding, activation="relu", **FIRST)]


def convolutions():
    for padding in ["valid", "same"]:
        for kernel, stride in [(1, 1), (1, 2), (2, 1), (3, 1), (3, 2), (4, 2), (5, 3), (2, 3)]:
            yield f"conv_{padding}_k{kernel}s{stride}", IMAGE, [
                L.Conv2D(4, kernel, strides=stride, padding=padding)]
        yield f"conv_{padding}_uneven", IMAGE, [L.Conv2D(4, (2, 4), strides=(1, 2), padding=padding, use_bias=False)]
        yield f"conv_{padding}_dilated", (7, 9, 3), [L.Conv2D(4, (3, 2), padding=padding, dilation_rate=(2, 3))]
        yield f"conv_{padding}_groups", (6, 5, 4), [L.Conv2D(6, 3, padding=padding, groups=2)]
        yield f"conv_{padding}_groups_strided", (6, 5, 4), [L.Conv2D(6, 3, strides=2, padding=padding, groups=2)]
        yield f"conv_{padding}_first", PLANES, [L.Conv2D(4, 3, padding=padding, **FIRST)]
        yield f"conv_{padding}_first_strided", PLANES, [L.Conv2D(4, 3, strides=2, padding=padding, **FIRST)]


def others():
    yield "dense", (7,), [L.Dense(5)]
    yield "dense_softmax", (7,), [L.Dense(5, activation="softmax")]
    yield "dense_without_bias", (7,), [L.Dense(5, use_bias=False, activation="tanh")]
    yield "dense_on_images", IMAGE, [L.Dense(4, activation="relu")]
    yield "dense_on_rows", (4, 3), [L.Dense(4)]
    yield "norm", IMAGE, [L.BatchNormalization()]
    yield "norm_first", PLANES, [L.BatchNormalization(axis=1, epsilon=0.1)]
    yield "norm_plain", (7,), [L.BatchNormalization(center=False, scale=False)]
    yield "norm_center", (7,), [L.BatchNormalization(scale=False)]
    yield "norm_scale", (7,), [L.BatchNormalization(center=False)]
    yield "norm_rows", (4, 7), [L.BatchNormalization(axis=-2)]
    yield "norm_after_transposed", IMAGE, [
        L.Conv2DTranspose(4, 4, strides=2, padding="same", use_bias=False), L.BatchNormalization(), L.ReLU()]
    yield "norm_after_conv_groups", (6, 5, 4), [L.Conv2D(6, 3, groups=2), L.BatchNormalization(), L.LeakyReLU()]
    yield "norm_after_transposed_first", PLANES, [
        L.Conv2DTranspose(4, 3, strides=2, **FIRST), L.BatchNormalization(axis=1), L.Activation("tanh")]
    yield "norm_after_transposed_other_axis", PLANES, [
        L.Conv2DTranspose(4, 3, strides=2, **FIRST), L.BatchNormalization(axis=-1)]
    yield "norm_after_activation", IMAGE, [
        L.Conv2DTranspose(4, 3, strides=2, activation="relu"), L.BatchNormalization(), L.Conv2D(3, 3, padding="same")]
    yield "norm_around_dense", (7,), [
        L.BatchNormalization(), L.Dense(6), L.BatchNormalization(), L.LeakyReLU(), L.BatchNormalization(), L.Dense(2)]
    yield "reshape", (12,), [L.Reshape((2, 3, 2))]
    yield "reshape_any", (4, 6), [L.Reshape((-1, 3))]
    yield "flatten", IMAGE, [L.Flatten()]
    yield "flatten_first", PLANES, [L.Flatten(**FIRST), L.Dense(3)]
    yield "flatten_first_rows", (4, 3), [L.Flatten(**FIRST)]
    for name, how in [("nearest", "nearest"), ("bilinear", "bilinear")]:
        yield f"up_{name}", IMAGE, [L.UpSampling2D(2, interpolation=how)]
        yield f"up_{name}_uneven", IMAGE, [L.UpSampling2D((3, 1), interpolation=how)]
        yield f"up_{name}_four", (3, 2, 2), [L.UpSampling2D(4, interpolation=how)]
        yield f"up_{name}_first", PLANES, [L.UpSampling2D((2, 3), interpolation=how, **FIRST)]
    for padding in ["valid", "same"]:
        yield f"up_then_conv_{padding}", IMAGE, [
            L.UpSampling2D(2), L.Conv2D(4, 3, padding=padding, activation="relu")]
        yield f"up_then_conv_groups_{padding}", (4, 3, 4), [
            L.UpSampling2D((3, 2)), L.Conv2D(6, (2, 4), padding=padding, groups=2)]
    yield "up_then_strided_conv", IMAGE, [L.UpSampling2D(2), L.Conv2D(4, 3, strides=2)]
    yield "up_then_dilated_conv", IMAGE, [L.UpSampling2D(2), L.Conv2D(4, 3, dilation_rate=2)]
    yield "up_then_transposed", IMAGE, [L.UpSampling2D(2), L.Conv2DTranspose(4, 3, strides=2)]
    yield "up_first_then_conv", PLANES, [L.UpSampling2D(2, **FIRST), L.Conv2D(4, 3, **FIRST)]
    yield "pad", IMAGE, [L.ZeroPadding2D()]
    yield "pad_two", IMAGE, [L.ZeroPadding2D((2, 0))]
    yield "pad_four", IMAGE, [L.ZeroPadding2D(((0, 1), (3, 2)))]
    yield "pad_first", PLANES, [L.ZeroPadding2D(((0, 1), (3, 2)), **FIRST)]
    yield "pad_then_conv", IMAGE, [L.ZeroPadding2D(((1, 0), (2, 1))), L.Conv2D(4, 4)]
    yield "pad_far_then_conv", IMAGE, [L.ZeroPadding2D(((1, 0), (2, 5))), L.Conv2D(4, 3)]
    yield "pad_then_same_conv", IMAGE, [L.ZeroPadding2D(1), L.Conv2D(4, 5, padding="same")]
    yield "pad_then_strided_conv", IMAGE, [L.ZeroPadding2D(((1, 2), (0, 1))), L.Conv2D(4, 4, strides=2)]
    yield "pad_then_strided_same_conv", IMAGE, [L.ZeroPadding2D(1), L.Conv2D(4, 4, strides=2, padding="same")]
    yield "pad_then_transposed", IMAGE, [L.ZeroPadding2D(1), L.Conv2DTranspose(4, 5, strides=2, padding="same")]
    yield "crop", IMAGE, [L.Cropping2D(1)]
    yield "crop_four", IMAGE, [L.Cropping2D(((0, 1), (3, 2)))]
    yield "crop_first", PLANES, [L.Cropping2D((1, 2), **FIRST)]
    for padding in ["valid", "same"]:
        for kernel in [1, 3, 4]:
            yield f"crop_after_transposed_{padding}_k{kernel}", IMAGE, [
                L.Conv2DTranspose(4, kernel, strides=2, padding=padding, activation="tanh"),
                L.Cropping2D(((1, 0), (1, 2)))]
    yield "crop_after_added", IMAGE, [
        L.Conv2DTranspose(4, 3, strides=3, output_padding=2), L.Cropping2D(((0, 1), (1, 4)))]
    yield "crop_after_conv", IMAGE, [L.Conv2D(4, 3, padding="same"), L.Cropping2D(1)]
    yield "rescaling", IMAGE, [L.Rescaling(1 / 127.5, offset=-1)]
    yield "rescaling_channels", IMAGE, [L.Rescaling([0.5, 1, 2], offset=[0, 1, -1])]
    yield "rescaling_around_conv", IMAGE, [L.Rescaling(2.0), L.Conv2D(3, 3), L.Rescaling(0.5, offset=0.5)]
    yield "dropout", IMAGE, [L.Dropout(0.5)]


def decoders():
    yield "dcgan", (20,), [
        L.Dense(4 * 4 * 16, use_bias=False), L.BatchNormalization(), L.LeakyReLU(), L.Reshape((4, 4, 16)),
        L.Conv2DTranspose(12, 5, strides=1, padding="same", use_bias=False), L.BatchNormalization(), L.LeakyReLU(),
        L.Conv2DTranspose(8, 5, strides=2, padding="same", use_bias=False), L.BatchNormalization(), L.LeakyReLU(),
        L.Dropout(0.3), L.Conv2DTranspose(1, 5, strides=2, padding="same", use_bias=False, activation="tanh")]
    yield "resize_convolution", IMAGE, [
        L.UpSampling2D(2), L.Conv2D(8, 3, padding="same", activation="relu"), L.BatchNormalization(),
        L.UpSampling2D(2, interpolation="bilinear"), L.Conv2D(3, 5, padding="same", activation="sigmoid")]
    yield "nested", (4, 4, 6), [
        keras.Sequential([L.Conv2DTranspose(5, 4, strides=2, padding="same", use_bias=False), L.BatchNormalization(),
                          L.Dropout(0.5), L.ReLU()], name="up_1"),
        keras.Sequential([L.Conv2DTranspose(4, 4, strides=2, padding="same", use_bias=False), L.BatchNormalization(),
                          L.ReLU()], name="up_2")]


def safetensors(path, tensors):
    """The format is eight bytes, a JSON header and the data: no package is needed for it."""
    header, data = {}, b""
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def flat_layers(model):
    for layer in model.layers:
        yield from flat_layers(layer) if hasattr(layer, "layers") else [layer]


def write(name, model, shape, random, batch=2):
    weights = {}
    for layer in flat_layers(model):
        for variable in layer.weights:
            value = random.uniform(-1, 1, variable.shape)
            if variable.name == "kernel":
                # As large as what comes in: rounding errors of deep models stay those of their last layer.
                value *= (3 / max(3, np.prod(variable.shape[:-1]))) ** 0.5
            if variable.name == "moving_variance":
                value = random.uniform(0.3, 2, variable.shape)
            variable.assign(value.astype("f4"))
            weights[f"{layer.name}/{variable.name}"] = np.array(variable)
    x = random.uniform(-2, 2, (batch, *shape)).astype("f4")
    y = np.array(model(x, training=False))
    folder = FOLDER / name
    folder.mkdir()
    document = json.loads(model.to_json())
    (folder / "model.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    if weights:
        safetensors(folder / "weights.safetensors", weights)
    safetensors(folder / "example.safetensors", {"x": x, "y": y})


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    random = np.random.default_rng(5)
    for cases in [activations, transposed, convolutions, others, decoders]:
        for name, shape, layers in cases():
            keras.utils.clear_session()
            try:
                model = keras.Sequential([keras.Input(shape, name="x"), *layers], name=name)
                write(name, model, shape, random)
            except Exception as error:
                print(f"{name}: {type(error).__name__}: {str(error)[:300]}")
                shutil.rmtree(FOLDER / name, ignore_errors=True)
    # The same as a Functional model that is a chain, and with sizes that vary.
    x = keras.Input(IMAGE, name="x")
    y = L.Conv2DTranspose(4, 4, strides=2, padding="same", name="up")(x)
    y = L.ReLU(name="y")(L.BatchNormalization()(y))
    write("functional", keras.Model(x, y, name="functional"), IMAGE, random)
    any_size = keras.Sequential(
        [keras.Input((None, None, 3), name="x"), L.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
         L.Conv2DTranspose(3, 4, strides=2, padding="same", name="y")], name="any_size")
    write("any_size", any_size, (7, 9, 3), random)
    random = np.random.default_rng(6)
    for name, shape, layers in slopes():
        keras.utils.clear_session()
        write(name, keras.Sequential([keras.Input(shape, name="x"), *layers], name=name), shape, random)


if __name__ == "__main__":
    main()
