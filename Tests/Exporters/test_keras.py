"""Keras models: exported, served, and compared with Keras's own output."""
import filecmp
import itertools
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import Input, Sequential, layers

import keras_models
import make_fixtures
from upconv_export.reference_model import compare
from upconv_export import ExportError, export
from upconv_export.keras_model import load_keras

generator = np.random.default_rng(11)


def normal(*shape):
    return generator.normal(0, 1, shape).astype(np.float32)


DECODERS = {
    "dcgan": (keras_models.dcgan, (3, 100)),
    "fsrcnn": (keras_models.fsrcnn, (2, 17, 12, 1)),
    "pix2pix": (keras_models.pix2pix_decoder, (1, 1, 1, 512)),
    "unet_step": (keras_models.unet_step, (2, 9, 14, 64)),
}


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_answers_as_keras_does(name, check):
    make, shape = DECODERS[name]
    model, x = make(), normal(*shape)
    check(export(model), x, model(x, training=False))


def test_every_option_of_conv2d_transpose(check, tmp_path):
    count = 0
    for k, s, d, padding, added in itertools.product(
            (1, 2, 3, 4, 5), (1, 2, 3), (1, 2), ("same", "valid"), (None, 0, 1, 2)):
        if (s > 1 and d > 1) or (added is not None and added >= s) or (d > 1 and padding == "same"):
            continue
        if padding == "same" and added is not None and not 1 <= k % 2 + added <= s:
            continue  # TensorFlow refuses the output's size that Keras asks for
        model = keras_models.with_random_statistics(Sequential([Input((None, 5, 2)), layers.Conv2DTranspose(
            3, (k, 3), strides=s, padding=padding, output_padding=added, dilation_rate=d, activation="relu")]))
        x = normal(1, 4, 5, 2)
        check(export(model), x, model(x), served=count % 20 == 0)
        count += 1
    assert count >= 60


def test_all_the_other_layers(check):
    model = keras_models.with_random_statistics(Sequential([
        Input((6, 4, 3), name="image"), layers.Rescaling(1 / 127.5, offset=-1), layers.ZeroPadding2D(((1, 0), (2, 1))),
        layers.Conv2D(8, 3, activation="leaky_relu"), layers.UpSampling2D((2, 3), interpolation="bilinear"),
        layers.GaussianNoise(0.1), layers.Activation("sigmoid"), layers.Cropping2D(((1, 2), (0, 3))),
        layers.UpSampling2D(2), layers.ReLU(max_value=0.8), layers.BatchNormalization(scale=False),
        layers.Conv2D(4, 3, padding="same", groups=2, use_bias=False, activation=layers.LeakyReLU(negative_slope=0.1)),
        layers.BatchNormalization(center=False), layers.Flatten(), layers.Dense(24, activation="relu6"),
        layers.Dropout(0.5), layers.Reshape((2, -1, 4)), layers.Conv2DTranspose(2, 3, strides=2, activation="tanh")]))
    x = generator.uniform(0, 255, (2, 6, 4, 3)).astype(np.float32)
    check(export(model), x, model(x, training=False))


def test_nested_and_functional_models_become_one_chain(tmp_path):
    inner = Sequential([Input((4, 4, 2)), layers.Conv2DTranspose(3, 2, strides=2, name="up")], name="block")
    image = Input((4, 4, 2))
    y = layers.Conv2DTranspose(3, 3, strides=2, padding="same", name="up")(image)
    outer = keras.Model(image, layers.LeakyReLU()(layers.Conv2D(2, 1, name="up2")(y)))
    both = Sequential([Input((4, 4, 2)), inner, layers.Conv2D(2, 1, name="up")])
    x = normal(1, 4, 4, 2)
    for number, model in enumerate((outer, both)):
        chain = export(keras_models.with_random_statistics(model) if model is outer else model)
        chain.write(tmp_path / str(number))
        compare(tmp_path / str(number), x, np.asarray(model(x)))
    assert {name.split("/")[0] for name in chain.weights} == {"up", "up_1"}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_saved_files_are_read(suffix, tmp_path):
    model = keras_models.unet_step(8)
    model.save(tmp_path / f"model{suffix}")
    x = normal(1, 5, 6, 8)
    load_keras(str(tmp_path / f"model{suffix}")).write(tmp_path / "1")
    compare(tmp_path / "1", x, np.asarray(model(x)))


def command(*arguments):
    program = os.path.join(make_fixtures.HERE, "../../python/upconv_export/__main__.py")
    return subprocess.run([sys.executable, program, *map(str, arguments)], capture_output=True, text=True)


def test_the_command_line_exports_a_file(tmp_path):
    model, x = keras_models.unet_step(8), normal(1, 5, 6, 8)
    model.save(tmp_path / "model.keras")
    said = command("keras", tmp_path / "model.keras", "-o", tmp_path / "models/step/1", "--output-name", "y")
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(f"{tmp_path}/models/step/1: 3 layers, 428 parameters, input ")
    compare(tmp_path / "models/step/1", x, np.asarray(model(x)))


def test_the_command_line_says_what_is_wrong_in_a_line(tmp_path):
    Sequential([Input((4, 4, 2)), layers.MaxPooling2D(name="pool")]).save(tmp_path / "model.keras")
    (tmp_path / "broken.keras").write_bytes(b"no model")
    for model, sentence in (("model.keras", "'pool' (MaxPooling2D)"), ("broken.keras", "Keras cannot read"),
                            ("nothing.keras", "no such file")):
        said = command("keras", tmp_path / model, "-o", tmp_path / "1")
        assert said.returncode == 2 and sentence in said.stderr and "Traceback" not in said.stderr
    assert not (tmp_path / "1").exists()


def test_keras_reads_the_document_back(tmp_path):
    chain = export(keras_models.dcgan(8))
    again = keras.models.model_from_json(json.dumps(chain.document()))
    for layer in again.layers:
        for weight in layer.weights:
            weight.assign(chain.weights[f"{layer.name}/{weight.name}"])
    x = normal(1, 100)
    np.testing.assert_array_equal(again(x), keras_models.dcgan(8)(x))


def test_the_models_kept_for_other_tests_are_still_what_is_made(tmp_path):
    for name, model, _ in make_fixtures.keras_cases():
        export(model, name).write(tmp_path / name)
        kept = os.path.join(make_fixtures.MODELS, name, "1")
        assert filecmp.cmpfiles(tmp_path / name, kept, ["model.json", "weights.safetensors"], shallow=False) == (
            ["model.json", "weights.safetensors"], [], [])


def test_a_changed_weight_is_noticed(tmp_path):
    model, x = keras_models.dcgan(8), normal(1, 100)
    chain = export(model)
    # The last layer's largest weight, by one part in ten thousand.
    kernel = chain.weights[f"{chain.layers[-1]['config']['name']}/kernel"]
    kernel.flat[np.abs(kernel).argmax()] *= 1.0001
    chain.write(tmp_path / "1")
    with pytest.raises(AssertionError, match="standard deviations"):
        compare(tmp_path / "1", x, np.asarray(model(x)))


class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


class DoubledModel(Sequential):
    def call(self, x, training=None, mask=None):
        return 2 * super().call(x)


def own_call():
    model = Sequential([Input((4,)), layers.Dense(4, name="d")])
    model.layers[0].call = lambda x, **options: 2 * x
    return model


def branches():
    image = Input((4, 4, 2))
    return keras.Model(image, layers.Add()([layers.Conv2D(2, 1)(image), image]))


REFUSALS = {
    "an unknown layer": (lambda: Sequential([Input((4, 4, 2)), layers.MaxPooling2D()]),
                         "MaxPooling2D.*cannot be exported"),
    "a layer of one's own": (lambda: Sequential([Input((4,)), Doubled()]), "Doubled.*class of its own"),
    "an activation": (lambda: Sequential([Input((4,)), layers.Dense(2, activation="log_softmax", name="d")]),
                      "'d'.*activation is 'log_softmax'"),
    "an interpolation": (lambda: Sequential([Input((4, 4, 2)), layers.UpSampling2D(interpolation="bicubic")]),
                         "bicubic"),
    "branches": (branches, "takes 2 inputs"),
    "no input": (lambda: Sequential([layers.Dense(2)]), "give it an Input"),
    "a subclass with a call": (lambda: DoubledModel([Input((4,)), layers.Dense(2)], name="twice"),
                               "'twice' .DoubledModel.*call.. of its own"),
    "one within": (lambda: Sequential([Input((4,)), DoubledModel([Input((4,)), layers.Dense(2)], name="twice")]),
                   "'twice' .DoubledModel.*call.. of its own"),
    "a call put over a layer's": (lambda: own_call(), "'d' .Dense.*call.. of its own"),
    "a Lambda": (lambda: Sequential([Input((4,)), layers.Lambda(lambda x: 2 * x)]), "Lambda.*cannot be exported"),
    "Softmax over channels": (lambda: Sequential([Input((4, 4, 2)), layers.Softmax(axis=1)]), "axis is 1"),
    "nothing to compute": (lambda: Sequential([Input((4,)), layers.GaussianNoise(1.0)]), "no layers"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_served_is_refused_with_the_layer_and_the_option(case, tmp_path):
    make, sentence = REFUSALS[case]
    with pytest.raises(ExportError, match=sentence):
        export(make()).write(tmp_path / "1")


def test_weights_that_are_not_finite_are_refused(tmp_path):
    model = Sequential([Input((4,)), layers.Dense(2, name="d")])
    model.layers[0].kernel.assign(np.full((4, 2), np.nan))
    with pytest.raises(ExportError, match="'d'.*kernel.*NaN"):
        export(model)


def test_a_version_that_is_there_is_not_overwritten_unasked(tmp_path):
    chain = export(keras_models.unet_step(4))
    chain.write(tmp_path / "1")
    with pytest.raises(ExportError, match="exists"):
        chain.write(tmp_path / "1")
    chain.write(tmp_path / "1", replace=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1"]
