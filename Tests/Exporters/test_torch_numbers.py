"""PyTorch modules whose layers alone do not say what they compute: exported with PyTorch's numbers, or refused."""
import os
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from upconv_export import ExportError, export
from upconv_export.reference_model import compare

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "../../python/upconv_export/__main__.py")
warnings.simplefilter("ignore")
torch.manual_seed(11)


def up():
    return nn.ConvTranspose2d(2, 4, 4, 2, 1)


def pruned(layer):
    prune.l1_unstructured(layer, "weight", 0.5)
    return layer


class Halved(nn.Module):
    def forward(self, weight):
        return weight / 2


def halved(layer):
    parametrize.register_parametrization(layer, "weight", Halved())
    return layer


WEIGHTS = {
    "spectral_norm": lambda: nn.utils.spectral_norm(up()), "weight_norm": lambda: nn.utils.weight_norm(up()),
    "new spectral_norm": lambda: parametrizations.spectral_norm(up()),
    "new weight_norm": lambda: parametrizations.weight_norm(up()),
    "pruning": lambda: pruned(up()), "a parametrization": lambda: halved(up()),
}


def trained(module):
    """Other weights than those that the module was made with, as a file of weights has them."""
    state = {}
    for name, tensor in module.state_dict().items():
        kept = not tensor.is_floating_point() or name.endswith(("mask", "_u", "0._v", "weight_u")) or (
            "spectral" in str(module) or "_u" in "".join(module.state_dict())) and name.endswith("_v")
        state[name] = tensor if kept else torch.randn_like(tensor)
    return state


@pytest.mark.parametrize("when", ["made", "loaded"])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_a_weight_made_of_others_is_the_one_of_inference(kind, when, tmp_path):
    module = nn.Sequential(WEIGHTS[kind]())
    if when == "loaded":
        module.load_state_dict(trained(module))
    was_training = module.training
    chain = export(module)
    assert module.training == was_training
    chain.write(tmp_path / "1")
    x = torch.randn(2, 2, 5, 6)
    with torch.no_grad():
        compare(str(tmp_path / "1"), x.numpy(), module.eval()(x).numpy())


def hooked(register):
    layer = up()
    getattr(layer, register)(lambda *arguments: None)
    return nn.Sequential(layer, nn.ReLU())


class Doubled(nn.Sequential):
    def forward(self, x):
        return super().forward(x) * 2


class Around(nn.Module):
    def __init__(self, factor=1):
        super().__init__()
        self.main, self.factor = nn.Sequential(up(), nn.GELU(), nn.Conv2d(4, 3, 3, padding=1)), factor

    def forward(self, x):
        return self.factor * self.main(x)


def hooked_chain():
    module = nn.Sequential(up())
    module.register_forward_hook(lambda module, inputs, output: 2 * output)
    return module


def own_forward():
    layer = up()
    layer.forward = lambda x: x
    return nn.Sequential(layer)


REFUSALS = {
    "a hook": (lambda: hooked("register_forward_hook"), "'0' .ConvTranspose2d.*forward hook"),
    "a hook before": (lambda: hooked("register_forward_pre_hook"), "'0' .ConvTranspose2d.*forward pre-hook"),
    "a hook of the chain": (hooked_chain, "Sequential.*forward hook"),
    "a subclass with a forward": (lambda: Doubled(up()), "Doubled.*forward"),
    "one within": (lambda: nn.Sequential(Doubled(up())), "'0' .Doubled.*cannot be exported"),
    "a class that does more": (lambda: Around(2), "differ from them by up to .*nothing was written"),
    "a layer's own forward": (own_forward, "'0'.*forward.. of its own"),
    "GELU by tanh": (lambda: nn.Sequential(up(), nn.GELU("tanh")), "approximate is 'tanh'"),
    "Softmax over channels": (lambda: nn.Sequential(up(), nn.Softmax(1)), "dim is 1 of 4 axes"),
    "an early threshold": (lambda: nn.Sequential(up(), nn.Softplus(1, 2)), "threshold is 2"),
    "a slope below zero": (lambda: nn.Sequential(up(), nn.LeakyReLU(-0.5)), "negative slope is -0.5"),
    "NaN": (lambda: nn.Sequential(nn.utils.weight_norm(nn.Conv2d(1, 1, 1))).apply(
        lambda layer: layer.weight_v.data.zero_() if hasattr(layer, "weight_v") else None), "NaN"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_other_numbers_than_the_modules_are_refused(case):
    make, sentence = REFUSALS[case]
    with pytest.raises(ExportError, match=sentence):
        export(make())


def test_a_layer_that_is_translated_wrongly_is_named(monkeypatch):
    from upconv_export import torch_sequential
    monkeypatch.setitem(torch_sequential.HANDLERS, nn.Tanh, torch_sequential.HANDLERS[nn.Sigmoid])
    with pytest.raises(ExportError, match="its layer '1' is the first"):
        export(nn.Sequential(up(), nn.Tanh(), nn.Conv2d(4, 1, 1)))


def test_all_obstacles_are_named_at_once():
    module = nn.Sequential(nn.Conv2d(1, 4, 1), nn.InstanceNorm2d(4), nn.Mish(), nn.GELU("tanh"))
    with pytest.raises(ExportError) as refused:
        export(module)
    assert all(name in str(refused.value) for name in ("InstanceNorm2d", "Mish"))
    both = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"), nn.GELU("tanh"))
    with pytest.raises(ExportError) as refused:
        export(both)
    assert "padding_mode" in str(refused.value) and "approximate" in str(refused.value)


ACTIVATIONS = [nn.GELU(), nn.SiLU(), nn.ELU(0.7), nn.SELU(), nn.Softplus(), nn.Softplus(2.5), nn.Softsign(),
               nn.Hardsigmoid(), nn.Hardtanh(0, 3), nn.RReLU(), nn.LeakyReLU(0.2, inplace=True), nn.PReLU(),
               nn.PReLU(3)]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_an_activation_answers_as_torch_does(activation, check):
    module = nn.Sequential(activation, nn.Conv2d(3, 3, 1), activation).eval()
    x = torch.randn(2, 3, 5, 4)
    with torch.no_grad():
        expected = module(x.clone()).numpy()
    check(export(module, input_shape=[3, None, None]), x.numpy(), expected)


def test_softmax_on_features(check):
    module, x = nn.Sequential(nn.Linear(4, 5), nn.Softmax(dim=1)), torch.randn(2, 4)
    check(export(module), x.numpy(), module(x).detach().numpy())


def test_prelu_is_one_layer():
    chain = export(nn.Sequential(nn.Conv2d(1, 3, 1), nn.PReLU()))
    layer = chain.layers[1]
    # Channels stand first, so the slopes are shared along axes 2 and 3.
    assert (layer["class_name"], layer["config"]["shared_axes"]) == ("PReLU", [2, 3])
    assert chain.weights[layer["config"]["name"] + "/alpha"].shape == (3, 1, 1)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.bfloat16])
def test_other_types_and_layouts_are_exported_and_left_alone(kind):
    module = nn.Sequential(up(), nn.BatchNorm2d(4)).to(kind).to(memory_format=torch.channels_last)
    export(module)
    assert module.training and module[0].weight.dtype == kind


def make_around():
    return Around()


def make_sequential():
    return Around().main


def run_program(*arguments, cwd=HERE):
    command = [sys.executable, PROGRAM, "torch", *map(str, arguments)]
    said = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert "Traceback" not in said.stderr, said.stderr
    return said


WRAPPED = {
    "main": ("make_sequential", lambda state: state, "'main.' removed"),
    "DataParallel": ("make_around", lambda state: {f"module.{name}": t for name, t in state.items()},
                     "'module.' removed"),
    "compile": ("make_around", lambda state: {f"_orig_mod.{name}": t for name, t in state.items()},
                "'_orig_mod.' removed"),
    "a checkpoint": ("make_around", lambda state: {"epoch": 3, "generator": {"state_dict": state}},
                     "entry 'generator.state_dict'"),
    "the chain's weights": ("make_around", lambda state: {name.removeprefix("main."): t for name, t in state.items()},
                            "'main.' put before"),
}


@pytest.mark.parametrize("case", WRAPPED)
def test_names_of_weights_are_mapped_in_one_try(case, tmp_path):
    maker, wrap, sentence = WRAPPED[case]
    module, x = Around().eval(), torch.randn(1, 2, 5, 6)
    torch.save(wrap(module.state_dict()), tmp_path / "weights.pt")
    said = run_program(f"test_torch_numbers:{maker}", "--weights", tmp_path / "weights.pt", "-o", tmp_path / "m/up/1")
    assert said.returncode == 0, said.stderr
    assert sentence in said.stderr
    with torch.no_grad():
        compare(str(tmp_path / "m/up/1"), x.numpy(), module(x).numpy())


def broken(tmp_path):
    (tmp_path / "broken.pt").write_bytes(b"no such thing")
    torch.save({"main.9.weight": torch.zeros(2)}, tmp_path / "other.pt")
    torch.save({**Around().state_dict(), "main.0.bias": torch.zeros(7)}, tmp_path / "size.pt")


MISTAKES = {
    "a missing file": (["test_torch_numbers:Around", "--weights", "none.pt"], "there is no file none.pt"),
    "a corrupt file": (["test_torch_numbers:Around", "--weights", "broken.pt"], "broken.pt is no file of a state_dict"),
    "a corrupt module": (["broken.pt", "--trust-pickle"], "PyTorch cannot read broken.pt"),
    "keys that differ": (["test_torch_numbers:Around", "--weights", "other.pt"], "only the module has: main.0.bias"),
    "another size": (["test_torch_numbers:Around", "--weights", "size.pt"], r"main.0.bias is \[7\] in the file"),
    "no such module": (["nowhere:make"], "there is no module 'nowhere'"),
    "no such name": (["test_torch_numbers:nothing"], "has no 'nothing'"),
    "no such file": (["nowhere.pt"], "there is no file nowhere.pt"),
    "arguments": (["test_torch_numbers:hooked"], "without arguments"),
    "a shape": (["test_torch_numbers:Around", "--input-shape", "3,x"], "whole numbers"),
    "a version": (["test_torch_numbers:Around", "-o", "m/up/0"], "versions are whole numbers from 1"),
    "a name": (["test_torch_numbers:Around", "-o", "m/u p/1"], "'u p' is no name of a model"),
    "an output": (["test_torch_numbers:Around", "--output-name", "a b"], "the output cannot be called 'a b'"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_a_sentence_and_leaves_nothing(case, tmp_path, monkeypatch):
    arguments, sentence = MISTAKES[case]
    broken(tmp_path)
    before = sorted(os.listdir(tmp_path))
    monkeypatch.setenv("PYTHONPATH", HERE)
    said = run_program("-o", "models/up/1", *arguments, cwd=tmp_path)
    assert said.returncode == 2
    assert re.search(sentence, said.stderr), said.stderr
    assert sorted(os.listdir(tmp_path)) == before
