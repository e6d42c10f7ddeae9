"""Layers that Keras's chain of layers has no single word for, said exactly by several of them."""
import numpy as np

from .errors import LayerError
from .transposed_window import keras_window


def add_transposed_convolution(chain, name, kind, rows, columns, kernel, bias, data_format, groups=1):
    """A transposed convolution with any crop.

    rows, columns: AxisWindow. kernel: [height, width, output channels / groups, input channels]. What Keras cannot say
    by itself is cropped by the layer after it; groups, and dilations together with strides, are written out as zeros in
    the kernel, which is exact and costs their multiplications.
    """
    kernel, dilations = without_dilation_where_strided(
        chain, name, kernel, (rows.stride, columns.stride), (rows.dilation, columns.dilation))
    if dilations != (rows.dilation, columns.dilation):
        rows, columns = _undilated(rows), _undilated(columns)
    if groups > 1:
        kernel = _ungrouped(kernel, groups)
        chain.note(f"{name}: Keras's transposed convolution has no groups: the kernel is written out for one group")
    window = keras_window(rows, columns)
    if window.zero_padding and bias is not None:
        raise LayerError(name, kind, "it adds a stride or more of positions without taps, which hold its bias; Keras's "
                         "output_padding has to be below the stride, and a ZeroPadding2D would leave them zero")
    weights = {"kernel": kernel} if bias is None else {"kernel": kernel, "bias": bias}
    chain.add(
        "Conv2DTranspose", name, weights, filters=int(kernel.shape[2]), kernel_size=list(kernel.shape[:2]),
        strides=[rows.stride, columns.stride], padding=window.padding,
        output_padding=None if window.output_padding is None else list(window.output_padding),
        data_format=data_format, dilation_rate=[rows.dilation, columns.dilation], activation="linear",
        use_bias=bias is not None)
    if window.cropping:
        chain.add("Cropping2D", f"{name}_crop", cropping=[list(pair) for pair in window.cropping],
                  data_format=data_format)
    if window.zero_padding:
        chain.add("ZeroPadding2D", f"{name}_pad", padding=[list(pair) for pair in window.zero_padding],
                  data_format=data_format)


def without_dilation_where_strided(chain, name, kernel, strides, dilations):
    """The kernel and its dilations; Keras refuses them together with strides, so the holes are written out as zeros."""
    if max(strides) == 1 or max(dilations) == 1:
        return kernel, dilations
    (height, width), rest = kernel.shape[:2], kernel.shape[2:]
    full = np.zeros(((height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1, *rest), np.float32)
    full[::dilations[0], ::dilations[1]] = kernel
    chain.note(f"{name}: strides and dilations together: the kernel is written out as {full.shape[0]}x{full.shape[1]}")
    return full, (1, 1)


def add_pixel_shuffle(chain, name, factor, channels, data_format):
    """Channels to pixels: output [c, r*y+i, r*x+j] is input [c*r*r + i*r + j, y, x], by a transposed convolution whose
    kernel is a one at the right places."""
    kernel = np.zeros((factor, factor, channels // factor**2, channels), np.float32)
    for i in range(factor):
        for j in range(factor):
            for channel in range(channels // factor**2):
                kernel[i, j, channel, channel * factor**2 + i * factor + j] = 1
    chain.add(
        "Conv2DTranspose", name, {"kernel": kernel}, filters=kernel.shape[2], kernel_size=[factor, factor],
        strides=[factor, factor], padding="valid", output_padding=None, data_format=data_format, dilation_rate=[1, 1],
        activation="linear", use_bias=False)


def _undilated(axis):
    return type(axis)(axis.extent, axis.stride, 1, axis.before, axis.after)


def _ungrouped(kernel, groups):
    height, width, outputs, inputs = kernel.shape
    full = np.zeros((height, width, groups * outputs, inputs), np.float32)
    step = inputs // groups
    for group in range(groups):
        ins = slice(group * step, (group + 1) * step)
        full[:, :, group * outputs:(group + 1) * outputs, ins] = kernel[..., ins]
    return full
