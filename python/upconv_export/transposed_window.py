"""Which part of a transposed convolution's full result a layer keeps, and how Keras's options say so.

Every framework's transposed convolution is one computation: scatter each input pixel times the kernel to the output in
steps of the stride, which gives (input - 1) * stride + (kernel - 1) * dilation + 1 positions, then cut some off at the
beginning (`before`) and at the end (`after`). A negative `after` adds positions that no tap reaches. Frameworks differ
only in how they say before and after.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class AxisWindow:
    """One axis of a layer: what is computed, and the crop of the full result."""
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def extent(self):
        """Positions from a kernel's first tap to its last."""
        return (self.kernel - 1) * self.dilation + 1


@dataclass(frozen=True)
class KerasWindow:
    """`padding` and `output_padding` of a Conv2DTranspose, and what has to follow it. Pairs are (rows, columns)."""
    padding: str
    output_padding: tuple | None
    cropping: tuple | None = None
    zero_padding: tuple | None = None


def torch_window(kernel, stride, dilation, padding, output_padding):
    """PyTorch: both ends lose `padding`, and the end gets `output_padding` back."""
    return AxisWindow(kernel, stride, dilation, before=padding, after=padding - output_padding)


def tensorflow_window(kernel, stride, dilation, padding, input_length, output_length):
    """TensorFlow: the crop follows from the output's length; `padding` is "SAME", "VALID" or a pair of numbers.

    None where TensorFlow would not accept the output's length.
    """
    full = (input_length - 1) * stride + (kernel - 1) * dilation + 1
    if padding == "SAME":
        accepted = (input_length - 1) * stride < output_length <= input_length * stride
        before = max(0, full - output_length) // 2
    else:
        before, end = (0, 0) if padding == "VALID" else padding
        accepted = 0 <= output_length - (full - before - end) < stride
    return AxisWindow(kernel, stride, dilation, before, full - output_length - before) if accepted else None


def keras_window(rows, columns):
    """The options of Keras that keep exactly this of the full result.

    Keras's own options are preferred; where they cannot say it, `valid` followed by a Cropping2D can. Where the end
    gets a stride or more of positions without taps, a ZeroPadding2D has to follow, which is the same only for a layer
    without bias.
    """
    axes = (rows, columns)
    if all((a.before, a.after) == _same(a, a.stride) for a in axes):
        return KerasWindow("same", None)
    if all((a.before, a.after) == (0, -max(0, a.stride - a.extent)) for a in axes):
        return KerasWindow("valid", None)
    if all(a.before == 0 and -a.stride < a.after <= 0 for a in axes):
        return KerasWindow("valid", tuple(-a.after for a in axes))
    added = tuple(_same_output_padding(a) for a in axes)
    if None not in added:
        return KerasWindow("same", added)
    cropping = tuple((a.before, max(0, a.after)) for a in axes)
    beyond = tuple(max(0, -a.after) for a in axes)
    # At the end, real positions are cut or empty ones added, never both.
    if all(b < a.stride for a, b in zip(axes, beyond)):
        return KerasWindow("valid", beyond, cropping)
    return KerasWindow("valid", (0, 0), cropping if any(map(any, cropping)) else None,
                       tuple((0, b) for b in beyond))


def _same(axis, last_step):
    """The crop of `same` where the output is (input - 1) * stride + last_step long."""
    total = axis.extent - last_step
    before = max(0, total) // 2
    return before, total - before


def _same_output_padding(axis):
    """The `output_padding` with which `same` has this crop: Keras makes it (input - 1) * stride + extent % 2 + it."""
    for added in range(axis.stride):
        last_step = axis.extent % 2 + added
        if 1 <= last_step <= axis.stride and (axis.before, axis.after) == _same(axis, last_step):
            return added
    return None
