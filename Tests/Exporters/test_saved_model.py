"""SavedModels of TensorFlow 1 and 2: exported, served, and compared with TensorFlow's own output.

TensorFlow 1's layers, such as tf.layers.conv2d_transpose, need the package tf_keras beside TensorFlow.
"""
import os
import subprocess
import sys

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

from upconv_export.reference_model import compare  # noqa: E402
from upconv_export import ExportError, export_saved_model  # noqa: E402

v1 = tf.compat.v1
generator = np.random.default_rng(3)


def normal(*shape):
    return generator.normal(0, 1, shape).astype(np.float32)


def save_graph(folder, shape, build, input_name="x", output_name="y"):
    """A TensorFlow 1 program: placeholder, layers, session, saved."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.set_random_seed(1)
        x = v1.placeholder(tf.float32, shape, name="images")
        y = build(x)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {input_name: x}, {output_name: y})
        return lambda value: session_output(folder, value, input_name, output_name)


def session_output(folder, value, input_name, output_name):
    with tf.Graph().as_default(), v1.Session() as session:
        signature = v1.saved_model.load(session, ["serve"], str(folder)).signature_def["serving_default"]
        return session.run(signature.outputs[output_name].name, {signature.inputs[input_name].name: value})


def save_function(folder, shape, function):
    """A TensorFlow 2 program: a tf.function of a tf.Module, saved."""
    module = tf.Module()
    module.weights = [tf.Variable(normal(3, 3, 4, 2))]
    module.serve = tf.function(lambda x: {"y": function(x, module.weights[0])},
                               input_signature=[tf.TensorSpec(shape, tf.float32, name="x")])
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    return lambda value: module.serve(value)["y"].numpy()


def test_the_layer_of_tensorflow_1(tmp_path, check):
    """The first example of this service: a batch of three 4x4 images, a kernel of ones."""
    output = save_graph(tmp_path / "saved", [None, 4, 4, 2], lambda x: v1.layers.conv2d_transpose(
        x, 4, 3, strides=2, padding="same", kernel_initializer=v1.ones_initializer(), use_bias=False))
    x = np.ones((3, 4, 4, 2), np.float32)
    chain = export_saved_model(str(tmp_path / "saved"))
    assert (chain.input_name, chain.layers[-1]["config"]["name"]) == ("x", "y")
    assert [layer["class_name"] for layer in chain.layers] == ["Conv2DTranspose"]
    y = output(x)
    assert y[0, :2, :4, 0].tolist() == [[2, 2, 4, 2], [2, 2, 4, 2]]
    check(chain, x, y)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("kernel,stride", [(1, 2), (2, 2), (3, 2), (4, 2), (5, 3), (2, 3)])
def test_every_size_of_layer_at_every_size_of_image(tmp_path, check, kernel, stride, padding):
    output = save_graph(tmp_path / "saved", [None, None, None, 2], lambda x: v1.layers.conv2d_transpose(
        x, 3, kernel, strides=(stride, 1), padding=padding, activation=tf.nn.tanh,
        bias_initializer=v1.random_normal_initializer()))
    x = normal(2, 5, 3, 2)
    chain = export_saved_model(str(tmp_path / "saved"))
    assert chain.input_shape == [None, None, 2]
    check(chain, x, output(x), served=(kernel, padding) == (4, "same"))


@pytest.mark.parametrize("padding,height,width", [
    ("SAME", 8, 8), ("SAME", 7, 8), ("SAME", 7, 7), ("VALID", 9, 9), ("VALID", 10, 9), ("VALID", 10, 10)])
def test_every_output_shape_that_the_operation_takes(tmp_path, check, padding, height, width):
    output = save_function(tmp_path / "saved", [3, 4, 4, 2], lambda x, w: tf.nn.conv2d_transpose(
        x, w, [3, height, width, 4], 2, padding))
    x = normal(3, 4, 4, 2)
    check(export_saved_model(str(tmp_path / "saved")), x, output(x), served=(height, width) == (7, 8))


def test_an_output_shape_made_from_the_input(tmp_path, check):
    def function(x, w):
        shape = tf.shape(x)
        return tf.nn.conv2d_transpose(x, w, [shape[0], 2 * shape[1] - 1, 2 * shape[2], 4], 2)
    output = save_function(tmp_path / "saved", [None, None, None, 2], function)
    x = normal(2, 6, 5, 2)
    check(export_saved_model(str(tmp_path / "saved")), x, output(x), served=False)


def test_a_whole_decoder_of_tensorflow_1(tmp_path, check):
    def build(x):
        x = v1.layers.dense(x, 2 * 3 * 8)
        x = v1.layers.batch_normalization(tf.reshape(x, [-1, 2, 3, 8]), training=False)
        x = v1.layers.conv2d_transpose(tf.nn.relu(x), 6, 4, strides=2, padding="same", use_bias=False)
        x = tf.nn.leaky_relu(v1.layers.batch_normalization(x, training=False, scale=False), 0.1)
        x = tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]])
        x = v1.layers.conv2d(x, 3, 3, padding="valid")
        x = v1.image.resize_nearest_neighbor(x, [5, 10])
        x = tf.image.resize(x, [15, 20])
        return tf.nn.sigmoid(v1.layers.conv2d(tf.nn.relu6(x * 2.0 + [0.1, 0.2, 0.3]), 1, 3, padding="same"))
    output = save_graph(tmp_path / "saved", [None, 10], build)
    x = normal(3, 10)
    check(export_saved_model(str(tmp_path / "saved")), x, output(x))


def test_a_keras_2_model(tmp_path, check):
    layers = tf.keras.layers
    model = tf.keras.Sequential([
        layers.Input((6,)), layers.Dense(2 * 2 * 4), layers.Reshape((2, 2, 4)), layers.BatchNormalization(),
        layers.LeakyReLU(), layers.Conv2DTranspose(3, 5, strides=2, padding="same"), layers.Dropout(0.3),
        layers.UpSampling2D(2, interpolation="bilinear"), layers.Conv2DTranspose(2, 2, strides=2, activation="tanh")])
    assert "tf_keras" in type(model).__mro__[0].__module__, "this is about Keras 2"
    model.layers[2].set_weights([normal(4) ** 2 + 0.5 for _ in range(4)])
    tf.saved_model.save(model, str(tmp_path / "saved"))
    x = normal(2, 6)
    check(export_saved_model(str(tmp_path / "saved")), x, model(x, training=False))


def two_inputs(x, w):
    return tf.nn.conv2d_transpose(x, w, [1, 8, 8, 4], 2) + tf.nn.conv2d_transpose(2 * x, w, [1, 8, 8, 4], 2)


REFUSALS = {
    "an unknown operation": (lambda x, w: tf.nn.softmax(x), "Softmax.*cannot be exported"),
    "two branches": (two_inputs, "works on 2 results of the input"),
    "a change by pixel": (lambda x, w: x + tf.constant(normal(4, 4, 1)), "one number for each channel"),
    "batch statistics": (lambda x, w: v1.nn.fused_batch_norm(x, [1., 1.], [0., 0.])[0], "is_training is True"),
    "corners": (lambda x, w: v1.image.resize_bilinear(x, [8, 8], align_corners=True), "align_corners"),
    "filters from the input": (lambda x, w: tf.nn.conv2d(tf.ones([1, 4, 4, 4]), x, 1, "SAME"),
                               "filters are made from the input"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_served_is_refused_with_the_operation_and_the_rule(case, tmp_path):
    function, sentence = REFUSALS[case]
    save_function(tmp_path / "saved", [1, 4, 4, 2] if "filters" not in case else [4, 4, 4, 2], function)
    with pytest.raises(ExportError, match=sentence):
        export_saved_model(str(tmp_path / "saved"))


def test_the_command_line_exports_a_folder(tmp_path):
    output = save_function(tmp_path / "saved", [1, 4, 4, 2], lambda x, w: tf.nn.conv2d_transpose(x, w, [1, 8, 8, 4], 2))
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../python/upconv_export/__main__.py")
    said = subprocess.run([sys.executable, program, "savedmodel", tmp_path / "saved", "-o", tmp_path / "models/up/1"],
                          capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert "1 layer, 72 parameters, input x [batch, 4, 4, 2]" in said.stdout
    x = normal(1, 4, 4, 2)
    compare(tmp_path / "models/up/1", x, output(x))


def test_a_signature_that_is_not_there_is_named(tmp_path):
    save_function(tmp_path / "saved", [1, 4, 4, 2], lambda x, w: tf.nn.conv2d_transpose(x, w, [1, 8, 8, 4], 2))
    with pytest.raises(ExportError, match="no signature 'other'; it has .*serving_default"):
        export_saved_model(str(tmp_path / "saved"), "other")
