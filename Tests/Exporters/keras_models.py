"""Decoders as Keras users write them, with random weights."""
import numpy as np
from keras import Input, Sequential, layers


def with_random_statistics(model, seed=7):
    """Weights and moving statistics as after training, rather than zeros and ones."""
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        for weight in layer.weights:
            shape = weight.shape
            if weight.name in ("moving_variance", "gamma"):
                values = generator.uniform(0.5, 1.5, shape)
            elif len(shape) == 1:
                values = generator.normal(0, 0.1, shape)
            elif weight.name == "alpha":
                values = generator.uniform(0.0, 0.4, shape)
            else:
                values = generator.normal(0, 1 / np.sqrt(np.prod(shape[:-2]) * min(shape[-2:])), shape)
            weight.assign(values.astype(np.float32))
    return model


def dcgan(width=64):
    """The generator of TensorFlow's tutorial on DCGAN; width 64 is its size."""
    return with_random_statistics(Sequential([
        Input((100,), name="z"),
        layers.Dense(7 * 7 * 4 * width, use_bias=False), layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Reshape((7, 7, 4 * width)),
        layers.Conv2DTranspose(2 * width, (5, 5), strides=(1, 1), padding="same", use_bias=False),
        layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Conv2DTranspose(width, (5, 5), strides=(2, 2), padding="same", use_bias=False),
        layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Conv2DTranspose(1, (5, 5), strides=(2, 2), padding="same", use_bias=False, activation="tanh"),
    ], name="dcgan"))


def fsrcnn(d=56, s=12, m=4, factor=3):
    """FSRCNN: features, shrinking, mapping, expanding, and a 9x9 transposed convolution, for images of any size."""
    body = []
    for filters, size in [(d, 5), (s, 1), *[(s, 3)] * m, (d, 1)]:
        body += [layers.Conv2D(filters, size, padding="same"), layers.PReLU(shared_axes=[1, 2])]
    return with_random_statistics(Sequential([
        Input((None, None, 1), name="luma"), *body, layers.Conv2DTranspose(1, 9, strides=factor, padding="same")],
        name="fsrcnn"))


def pix2pix_decoder(width=64):
    """The decoder's column of TensorFlow's pix2pix, without the skip connections: 1x1x512 to 256x256x3 at width 64."""
    column = []
    for filters, dropout in [(8, True), (8, True), (8, True), (8, False), (4, False), (2, False), (1, False)]:
        column += [layers.Conv2DTranspose(filters * width, 4, strides=2, padding="same", use_bias=False),
                   layers.BatchNormalization()]
        column += [layers.Dropout(0.5)] if dropout else []
        column += [layers.ReLU()]
    return with_random_statistics(Sequential([
        Input((1, 1, 8 * width)), *column,
        layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")], name="pix2pix"))


def unet_step(channels=64):
    """U-Net's step up: a 2x2 transposed convolution that halves the channels, and two 3x3 convolutions."""
    return with_random_statistics(Sequential([
        Input((None, None, channels)),
        layers.Conv2DTranspose(channels // 2, 2, strides=2),
        layers.Conv2D(channels // 2, 3, padding="same", activation="relu"),
        layers.Conv2D(channels // 2, 3, padding="same", activation="relu")], name="unet_step"))
