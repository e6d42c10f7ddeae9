"""Decoders as PyTorch users write them, with random weights."""
import torch
from torch import nn


def with_random_statistics(module, seed=7):
    """Moving statistics and slopes as after training, rather than zeros and ones; ready to infer."""
    generator = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, (nn.BatchNorm2d, nn.BatchNorm1d)):
            tensors = [(layer.running_mean, -0.2, 0.2), (layer.running_var, 0.5, 1.5)]
            if layer.affine:
                tensors += [(layer.weight.data, 0.5, 1.5), (layer.bias.data, -0.2, 0.2)]
            for tensor, low, high in tensors:
                tensor.uniform_(low, high, generator=generator)
        if isinstance(layer, nn.PReLU):
            layer.weight.data.uniform_(0.0, 0.4, generator=generator)
    return module.eval()


def dcgan(width=64):
    """The generator of PyTorch's tutorial on DCGAN: 100 numbers to 64x64x3; width 64 is its size."""
    layers, inputs = [], 100
    for number, outputs in enumerate([8 * width, 4 * width, 2 * width, width]):
        layers += [nn.ConvTranspose2d(inputs, outputs, 4, *((1, 0) if number == 0 else (2, 1)), bias=False),
                   nn.BatchNorm2d(outputs), nn.ReLU(True)]
        inputs = outputs
    return with_random_statistics(nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh()))


def fsrcnn(d=56, s=12, m=4, factor=3):
    """FSRCNN as PyTorch has it: padding 4 and output_padding factor - 1 around the last 9x9 kernel."""
    body, inputs = [], 1
    for outputs, size in [(d, 5), (s, 1), *[(s, 3)] * m, (d, 1)]:
        body += [nn.Conv2d(inputs, outputs, size, padding=size // 2), nn.PReLU(outputs)]
        inputs = outputs
    return with_random_statistics(nn.Sequential(
        nn.Sequential(*body), nn.ConvTranspose2d(d, 1, 9, stride=factor, padding=4, output_padding=factor - 1)))


def pix2pix_decoder(width=64):
    """The decoder's column of pix2pix, without the skip connections: 1x1x512 to 256x256x3 at width 64."""
    column, inputs = [], 8 * width
    for outputs in (8, 8, 8, 8, 4, 2, 1):
        column += [nn.ReLU(), nn.ConvTranspose2d(inputs, outputs * width, 4, 2, 1), nn.BatchNorm2d(outputs * width),
                   nn.Dropout(0.5)]
        inputs = outputs * width
    return with_random_statistics(nn.Sequential(*column, nn.ReLU(), nn.ConvTranspose2d(inputs, 3, 4, 2, 1), nn.Tanh()))


def unet_step(channels=64):
    """U-Net's step up: a 2x2 transposed convolution that halves the channels, and two 3x3 convolutions."""
    half = channels // 2
    return with_random_statistics(nn.Sequential(
        nn.ConvTranspose2d(channels, half, 2, stride=2),
        nn.Conv2d(half, half, 3, padding=1, bias=False), nn.BatchNorm2d(half), nn.ReLU(),
        nn.Conv2d(half, half, 3, padding=1, bias=False), nn.BatchNorm2d(half), nn.ReLU()))
