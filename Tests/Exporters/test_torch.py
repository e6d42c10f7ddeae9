"""PyTorch modules: exported, served channels first, and compared with PyTorch's own output."""
import filecmp
import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

import make_fixtures
import torch_models
from upconv_export.reference_model import compare
from upconv_export import ExportError, export

HERE = os.path.dirname(os.path.abspath(__file__))

torch.manual_seed(5)


def run(module, x):
    with torch.no_grad():
        return module(x).numpy()


DECODERS = {
    "dcgan": (torch_models.dcgan, (2, 100, 1, 1)),
    "fsrcnn": (torch_models.fsrcnn, (2, 1, 17, 12)),
    "pix2pix": (torch_models.pix2pix_decoder, (1, 512, 1, 1)),
    "unet_step": (torch_models.unet_step, (2, 64, 9, 14)),
}


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_answers_as_torch_does(name, check):
    make, shape = DECODERS[name]
    module, x = make(), torch.randn(shape)
    check(export(module), x.numpy(), run(module, x))


def test_every_option_of_conv_transpose(check):
    count = 0
    for k, s, d, p, added, groups in itertools.product(range(1, 6), (1, 2, 3), (1, 2), (0, 1, 2), (0, 1, 2), (1, 2)):
        if added >= max(s, d) or (groups > 1 and (k + s + p) % 3):
            continue
        bias = not (d > 1 and added > p and added >= s)  # refused with one, below
        module = nn.ConvTranspose2d(4, 6, (k, 3), (s, 2), (p, 1), (added, 1), groups, bias, (d, 1)).eval()
        x = torch.randn(1, 4, 5, 4)
        try:
            expected = run(module, x)
        except RuntimeError:
            continue  # nothing is left of the image
        if expected.size == 0:
            continue
        check(export(module), x.numpy(), expected, served=count % 30 == 0)
        count += 1
    assert count >= 150


def test_every_option_of_conv(check):
    count = 0
    for k, s, d, p, groups in itertools.product((1, 2, 3, 4), (1, 2), (1, 2), (0, 1, 2, "same", "valid"), (1, 2)):
        if p == "same" and s > 1:
            continue
        module = nn.Conv2d(4, 6, (k, 3), s, p, d, groups)
        x = torch.randn(1, 4, 9, 8)
        check(export(module), x.numpy(), run(module, x), served=count % 30 == 0)
        count += 1
    assert count >= 140


def test_all_the_other_layers(check):
    module = torch_models.with_random_statistics(nn.Sequential(
        nn.Linear(6, 24), nn.BatchNorm1d(24), nn.PReLU(24), nn.Unflatten(1, (4, 2, -1)), nn.ReLU6(),
        nn.Upsample(scale_factor=2, mode="nearest"), nn.ZeroPad2d((1, 0, 2, -1)), nn.Conv2d(4, 8, 3, 2, 1),
        nn.PReLU(), nn.Upsample(scale_factor=(2, 3), mode="bilinear"), nn.BatchNorm2d(8, affine=False, eps=1e-3),
        nn.Sequential(nn.PixelShuffle(2), nn.Sigmoid(), nn.Dropout2d()), nn.Identity(), nn.LeakyReLU(0.07),
        nn.Upsample(size=(24, 48)), nn.ConstantPad2d(1, 0.0), nn.Flatten(2), nn.Flatten(),
        nn.Linear(2 * 26 * 50, 5, bias=False)))
    x = torch.randn(3, 6)
    check(export(module), x.numpy(), run(module, x))


def test_strides_with_dilations_and_groups_are_written_out(check):
    module = nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, dilation=2, groups=2)
    x = torch.randn(1, 4, 5, 5)
    chain = export(module)
    check(chain, x.numpy(), run(module, x))
    assert chain.weights["convtranspose2d_0/kernel"].shape == (5, 5, 6, 4)
    assert len(chain.notes) == 2


def test_padding_4_2_1_stays_keras_same():
    layer = export(nn.ConvTranspose2d(3, 5, 4, 2, 1)).layers[0]["config"]
    assert (layer["padding"], layer["output_padding"], layer["data_format"]) == ("same", None, "channels_first")


def test_the_models_kept_for_other_tests_are_still_what_is_made(tmp_path):
    for name, module, _ in make_fixtures.torch_cases():
        export(module, name).write(tmp_path / name)
        kept = os.path.join(make_fixtures.MODELS, name, "1")
        assert filecmp.cmpfiles(tmp_path / name, kept, ["model.json", "weights.safetensors"], shallow=False) == (
            ["model.json", "weights.safetensors"], [], [])


def test_a_changed_weight_is_noticed(tmp_path):
    module, x = torch_models.dcgan(8), torch.randn(1, 100, 1, 1)
    chain = export(module)
    kernel = chain.weights["convtranspose2d_12/kernel"]
    chain.weights["convtranspose2d_12/kernel"] = kernel[:, ::-1]
    chain.write(tmp_path / "1")
    with pytest.raises(AssertionError, match="standard deviations"):
        compare(tmp_path / "1", x.numpy(), run(module, x))


class Skip(nn.Module):
    def forward(self, x):
        return x



REFUSALS = {
    "a layer of one's own": (lambda: nn.Sequential(nn.Conv2d(1, 1, 1), Skip()), "'1' .Skip.*cannot be exported"),
    "a module with a forward": (Skip, "no nn.Sequential"),
    "an unknown layer": (lambda: nn.Sequential(nn.Conv2d(1, 4, 1), nn.InstanceNorm2d(4)), "InstanceNorm2d"),
    "padding that is no zeros": (lambda: nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect"),
                                 "padding_mode is 'reflect'"),
    "batch statistics": (lambda: nn.BatchNorm2d(4, track_running_stats=False), "track_running_stats"),
    "corners": (lambda: nn.Sequential(nn.Conv2d(1, 1, 1), nn.UpsamplingBilinear2d(scale_factor=2)),
                "align_corners is True"),
    "parts of pixels": (lambda: nn.Sequential(nn.Conv2d(1, 1, 1), nn.Upsample(scale_factor=1.5)),
                        r"enlarges by \[1.5"),
    "an unknown size": (lambda: nn.Sequential(nn.Conv2d(1, 1, 1), nn.Flatten()), "must be known"),
    "an unknown input": (lambda: nn.Sequential(nn.Upsample(scale_factor=2)), "shape of the input"),
    "channels that do not fit": (lambda: nn.Sequential(nn.Conv2d(1, 2, 1), nn.Conv2d(3, 1, 1)),
                                 r"'1'.*takes 3 channels.*\[2"),
    "bias beyond the last tap": (lambda: nn.ConvTranspose2d(2, 2, 3, dilation=2, output_padding=1), "hold its bias"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_served_is_refused_with_the_layer_and_the_option(case):
    make, sentence = REFUSALS[case]
    with pytest.raises(ExportError, match=sentence):
        export(make())


def test_the_command_line_exports_a_state_dict(tmp_path):
    module = torch_models.unet_step()
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    program = os.path.join(HERE, "../../python/upconv_export/__main__.py")
    arguments = [sys.executable, program, "torch", "torch_models:unet_step", "--weights", str(tmp_path / "weights.pt"),
                 "-o", str(tmp_path / "models/step/3"), "--input-name", "x", "--output-name", "y",
                 "--input-shape", "64,-1,8"]
    said = subprocess.run(arguments, cwd=HERE, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert "input x [batch, 64, any, 8]" in said.stdout
    document = json.loads((tmp_path / "models/step/3/model.json").read_text())
    layers = document["config"]["layers"]
    assert document["config"]["name"] == "step"
    assert (layers[0]["config"]["name"], layers[-1]["config"]["name"]) == ("x", "y")
    again = subprocess.run(arguments, cwd=HERE, capture_output=True, text=True)
    assert again.returncode == 2 and "exists" in again.stderr and "Traceback" not in again.stderr
    x = torch.randn(1, 64, 5, 8)
    compare(str(tmp_path / "models/step/3"), x.numpy(), run(module, x))


def test_a_pickle_is_not_read_unasked(tmp_path):
    torch.save(torch_models.unet_step(4), tmp_path / "model.pt")
    program = os.path.join(HERE, "../../python/upconv_export/__main__.py")
    arguments = [sys.executable, program, "torch", str(tmp_path / "model.pt"), "-o", str(tmp_path / "1")]
    said = subprocess.run(arguments, cwd=HERE, capture_output=True, text=True)
    assert said.returncode == 2 and "--trust-pickle" in said.stderr
    said = subprocess.run([*arguments, "--trust-pickle"], cwd=HERE, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


def test_float16_and_shared_weights_are_read(tmp_path):
    module = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.ReLU())
    twice = nn.Sequential(module, module)
    x = torch.randn(1, 2, 5, 5)
    export(twice).write(tmp_path / "1")
    compare(str(tmp_path / "1"), x.numpy(), run(twice, x))
    half = export(nn.Conv2d(2, 2, 3).half())
    assert all(array.dtype == np.float32 for array in half.weights.values())
