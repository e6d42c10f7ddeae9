"""What an exported layer keeps is what the source keeps, for every option; by the definition, without a framework."""
import itertools

from upconv_export.transposed_window import AxisWindow, keras_window, tensorflow_window, torch_window


def kept(window, axis, pair, length):
    """Which positions of the full result the exported layers give: index, or None for one without taps."""
    full = (length - 1) * axis.stride + axis.extent
    if window.padding == "valid":
        added = None if window.output_padding is None else window.output_padding[pair]
        out = (length - 1) * axis.stride + (max(axis.extent, axis.stride) if added is None else axis.extent + added)
        before = 0
    else:
        added = None if window.output_padding is None else window.output_padding[pair]
        out = length * axis.stride if added is None else (length - 1) * axis.stride + axis.extent % 2 + added
        before = max(0, full - out) // 2
    if added is not None:
        assert added < axis.stride, "Keras refuses it"
    positions = [p if p < full else None for p in range(before, before + out)]
    if window.cropping:
        start, end = window.cropping[pair]
        positions = positions[start:len(positions) - end]
    if window.zero_padding:
        start, end = window.zero_padding[pair]
        positions = [None] * start + positions + [None] * end
    return positions


def expected(axis, length):
    full = (length - 1) * axis.stride + axis.extent
    return [p if p < full else None for p in range(axis.before, full - axis.after)]


def axes_of_torch():
    for k, s, d, p in itertools.product(range(1, 7), range(1, 5), range(1, 4), range(4)):
        if s > 1 and d > 1:
            continue  # written out before
        for added in range(max(s, d)):
            yield torch_window(k, s, d, p, added)


def test_every_torch_option_keeps_the_same_positions():
    count = 0
    other = torch_window(4, 2, 1, 1, 0)
    for axis in axes_of_torch():
        for rows, columns in ((axis, axis), (axis, other), (other, axis)):
            window = keras_window(rows, columns)
            for length in (1, 2, 5):
                for pair, one in enumerate((rows, columns)):
                    assert kept(window, one, pair, length) == expected(one, length), (rows, columns, window)
                    count += 1
    assert count > 5000


def test_every_output_length_of_tensorflow_keeps_the_same_positions():
    for k, s, length in itertools.product(range(1, 7), range(1, 5), range(1, 5)):
        accepted = 0
        for padding in ("SAME", "VALID", (1, 0), (1, 2)):
            for out in range(1, 40):
                axis = tensorflow_window(k, s, 1, padding, length, out)
                if axis is None:
                    continue
                accepted += 1
                assert len(expected(axis, length)) == out
                assert kept(keras_window(axis, axis), axis, 0, length) == expected(axis, length), (axis, padding)
        assert accepted >= 2 * s


def test_what_keras_can_say_stays_one_layer():
    cases = {
        (4, 2, 1, 1, 0): ("same", None), (2, 2, 1, 0, 0): ("same", None), (4, 1, 1, 0, 0): ("valid", None),
        (3, 1, 1, 1, 0): ("same", None), (3, 2, 1, 0, 1): ("valid", (1, 1)), (1, 2, 1, 0, 1): ("same", None),
        (5, 1, 1, 2, 0): ("same", None), (3, 2, 1, 1, 0): ("same", (0, 0)),
    }
    for options, (padding, added) in cases.items():
        window = keras_window(torch_window(*options), torch_window(*options))
        assert (window.padding, window.output_padding) == (padding, added), (options, window)
        assert window.cropping is None and window.zero_padding is None


def test_torch_3x3_stride_2_with_output_padding_is_not_same():
    axis = torch_window(3, 2, 1, 1, 1)
    assert axis == AxisWindow(3, 2, 1, 1, 0)
    window = keras_window(axis, axis)
    assert window.padding == "valid" and window.cropping == ((1, 0), (1, 0))
