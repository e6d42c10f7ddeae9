"""Writes Tests/Clients/models: small decoders exported from Keras or PyTorch, and what the framework made of an input.

usage: make_fixtures.py keras|torch    (scripts/test-exporters installs both, and tests that this still makes the same)

Beside each model's version is `expected.npz`: the input `x`; of the framework's output, the shape and every `step`-th
number; and for those the standard deviation of float32's rounding errors (reference_model.py).
"""
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../python")]

from upconv_export.reference_model import compare  # noqa: E402
from upconv_export import export  # noqa: E402

MODELS = os.path.join(HERE, "../Clients/models")
MOST_NUMBERS = 4096


def keras_cases():
    import keras
    from keras import Input, Sequential, layers

    import keras_models as models
    # Layers are numbered through a whole process otherwise.
    keras.utils.clear_session()
    decoder = models.with_random_statistics(Sequential([
        Input((None, None, 3), name="x"),
        layers.Conv2DTranspose(5, 4, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(2, 3, strides=2, padding="valid", name="y")], name="decoder"))
    yield "decoder", decoder, (2, 5, 3, 3)
    yield "dcgan", models.dcgan(1), (2, 100)
    yield "fsrcnn", models.fsrcnn(8, 4, 1), (2, 7, 9, 1)
    yield "pix2pix", models.pix2pix_decoder(2), (1, 1, 1, 16)
    yield "unet_step", models.unet_step(8), (2, 6, 5, 8)


def torch_cases():
    import torch

    import torch_models as models
    torch.manual_seed(1)
    yield "torch_dcgan", models.dcgan(1), (2, 100, 1, 1)
    yield "torch_fsrcnn", models.fsrcnn(8, 4, 1), (2, 1, 7, 9)
    yield "torch_unet_step", models.unet_step(8), (2, 8, 6, 5)


def output(model, x):
    if hasattr(model, "state_dict"):
        import torch
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()
    return np.asarray(model(x, training=False))


def main():
    cases = {"keras": keras_cases, "torch": torch_cases}[sys.argv[1]]
    for number, (name, model, shape) in enumerate(cases()):
        x = np.random.default_rng(number).normal(0, 1, shape).astype(np.float32)
        folder = os.path.join(MODELS, name, "1")
        export(model, name).write(folder, replace=True)
        y = output(model, x)
        _, variance = compare(folder, x, y)
        step = -(-y.size // MOST_NUMBERS)
        np.savez_compressed(
            os.path.join(MODELS, name, "expected.npz"), x=x, shape=y.shape, step=step, y=y.reshape(-1)[::step],
            deviation=np.sqrt(variance).reshape(-1)[::step].astype(np.float32))
        print(name, y.shape)


if __name__ == "__main__":
    main()
