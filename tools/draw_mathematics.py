#!/usr/bin/env python3
"""Draws the pictures of docs/mathematics.md. Every number in them is computed here, by the definition.

    tools/draw_mathematics.py docs/pictures
"""
import pathlib
import random
import statistics
import sys

INK, PAPER, FAINT, RULE = "#1d2733", "#ffffff", "#6b7885", "#c9d1d9"
PHASE_COLOURS = ["#2f6fb2", "#c8741f", "#3f8f57", "#9a4f96"]


def transposed(image, kernel, stride, before, output):
    """One channel, one axis after the other the same: scatters image times kernel, then cuts the window out."""
    result = [[0.0] * output for _ in range(output)]
    for i, row in enumerate(image):
        for j, pixel in enumerate(row):
            for ky, taps in enumerate(kernel):
                for kx, tap in enumerate(taps):
                    y, x = i * stride + ky - before, j * stride + kx - before
                    if 0 <= y < output and 0 <= x < output:
                        result[y][x] += pixel * tap
    return result


def same(image, kernel, stride):
    """With SAME: as many times larger as the stride says, the odd position of the crop at the end."""
    size, output = len(image), len(image) * stride
    return transposed(image, kernel, stride, max(0, (size - 1) * stride + len(kernel) - output) // 2, output)


def ones(size):
    return [[1.0] * size for _ in range(size)]


def normal(size, seed):
    generator = random.Random(seed)
    return [[generator.gauss(0.35, 1) for _ in range(size)] for _ in range(size)]


def unevenness(values, stride):
    """Standard deviation of the phases over their mean magnitude, of an inner block of stride × stride outputs."""
    start = len(values) // 2 // stride * stride
    gains = [values[start + y][start + x] for y in range(stride) for x in range(stride)]
    return statistics.pstdev(gains) / statistics.fmean(map(abs, gains))


class Picture:
    def __init__(self, width, height, title):
        self.size, self.parts = (width, height), []
        self.add(f'<title>{title}</title><rect width="{width}" height="{height}" fill="{PAPER}"/>')

    def add(self, text):
        self.parts.append(text)

    def text(self, x, y, words, size=12, colour=INK, anchor="middle", weight="normal"):
        self.add(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"'
                 f' font-weight="{weight}">{words}</text>')

    def box(self, x, y, width, height, fill=PAPER, stroke=RULE, dash=""):
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.add(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}" stroke="{stroke}"'
                 f'{dashes}/>')

    def line(self, x1, y1, x2, y2, colour):
        self.add(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="1.5"/>')

    def heat_map(self, x, y, values, cell, low, high, numbers=True):
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                share = (value - low) / (high - low) if high > low else 0.5
                self.box(x + j * cell, y + i * cell, cell, cell, heat(share), PAPER)
                if numbers:
                    self.text(x + (j + 0.5) * cell, y + (i + 0.5) * cell + 4, f"{value:g}", 11,
                              INK if share < 0.55 else PAPER)

    def write(self, path):
        width, height = self.size
        path.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
                        f' height="{height}" font-family="Inter, Helvetica, Arial, sans-serif">\n'
                        + "\n".join(self.parts) + "\n</svg>\n")


def heat(share):
    """From nearly white to dark blue, lightness falling evenly."""
    light, dark = (0xEE, 0xF4, 0xFA), (0x12, 0x3F, 0x73)
    return "#" + "".join(f"{round(a + (b - a) * min(max(share, 0), 1)):02x}" for a, b in zip(light, dark))


def checkerboard():
    """The example with two channels of ones, and the same with a kernel that is a multiple of the stride."""
    two = [[2 * value for value in row] for row in ones(4)]
    picture = Picture(760, 322, "A constant image becomes a checkerboard, unless the stride divides the kernel")
    panels = ((30, two, "input: ones, two channels", "each pixel brings 1 + 1 = 2"),
              (208, same(two, ones(3), 2), "3×3 of ones, stride 2", "2, 4 and 8: a checkerboard"),
              (486, same(two, ones(4), 2), "4×4 of ones, stride 2", "even, but for the border"))
    for x, values, above, below in panels:
        cell, width = 32, 32 * len(values)
        y = 38 + (256 - width) / 2
        picture.text(x + width / 2, y - 12, above, 13, weight="600")
        picture.heat_map(x, y, values, cell, 0, 9)
        picture.text(x + width / 2, y + width + (14 if width > 200 else 20), below, 11 if width > 200 else 10, FAINT)
    return picture


def scatter():
    """[1, 10, 100] through [1, 2, 3] at stride 2, and the windows that SAME cuts out."""
    image, kernel, stride = [1, 10, 100], [1, 2, 3], 2
    full = [0] * ((len(image) - 1) * stride + len(kernel))
    picture = Picture(620, 330, "One axis: scattering three pixels with three taps at stride 2")
    cell, left, top, bottom = 72, 90, 40, 170
    centre = lambda o: left + (o + 0.5) * cell
    picture.text(16, top + 20, "input", 13, anchor="start", weight="600")
    picture.text(16, bottom + 20, "full", 13, anchor="start", weight="600")
    for i, pixel in enumerate(image):
        x = centre(i * stride + 1)
        for t, tap in enumerate(kernel):
            full[i * stride + t] += pixel * tap
            target = centre(i * stride + t)
            picture.line(x, top + 32, target, bottom, PHASE_COLOURS[t])
        picture.box(x - 30, top, 60, 32)
        picture.text(x, top + 21, pixel, 14)
    for o, value in enumerate(full):
        picture.box(centre(o) - 30, bottom, 60, 32)
        picture.text(centre(o), bottom + 21, value, 14)
    for t, tap in enumerate(kernel):
        picture.line(left + 120 * t + 20, 20, left + 120 * t + 50, 20, PHASE_COLOURS[t])
        picture.text(left + 120 * t + 58, 24, f"times {tap} (tap {t})", 11, FAINT, "start")
    for row, (output, before) in enumerate(((6, 0), (5, 1))):
        y = 226 + 48 * row
        picture.box(centre(before) - 34, y, output * cell - 4, 30, "none", INK, "5 3")
        picture.text(16, y + 20, f"SAME, {output}", 13, anchor="start", weight="600")
        for o in range(before, before + output):
            picture.text(centre(o), y + 20, full[o], 13)
    return picture


def phases():
    """Which taps of 3×3 and 4×4 meet the outputs of each phase, at stride 2."""
    picture = Picture(760, 300, "Phases: outputs that are equal modulo the stride share their taps")
    for x, size in ((20, 3), (400, 4)):
        picture.text(x, 26, f"kernel {size}×{size}, stride 2, SAME", 13, anchor="start", weight="600")
        before = max(0, size - 2) // 2
        colour = lambda y, x: PHASE_COLOURS[y % 2 * 2 + x % 2]
        for i in range(size):
            for j in range(size):
                picture.box(x + 34 * j, 44 + 34 * i, 34, 34, colour(i - before, j - before), PAPER)
                picture.text(x + 34 * j + 17, 66 + 34 * i, f"{i},{j}", 11, PAPER)
        picture.text(x, 44 + 34 * size + 20, "taps", 11, FAINT, "start")
        for i in range(6):
            for j in range(6):
                picture.box(x + 170 + 26 * j, 44 + 26 * i, 26, 26, colour(i, j), PAPER)
        picture.text(x + 170, 44 + 156 + 20, "outputs, from the first", 11, FAINT, "start")
        for phase in range(4):
            row, column = divmod(phase, 2)
            count = [sum((t - before) % 2 == r for t in range(size)) for r in (row, column)]
            y = 252 + 20 * (phase // 2)
            picture.box(x + 170 * (phase % 2), y - 10, 12, 12, PHASE_COLOURS[phase], PAPER)
            picture.text(x + 170 * (phase % 2) + 18, y, f"{count[0]}×{count[1]} taps", 11, INK, "start")
    return picture


def overlap():
    """How many taps each output meets, for kernels of 2 to 5 at stride 2 and of 4 at stride 3."""
    picture = Picture(760, 204, "How many taps meet each output")
    for index, (size, stride) in enumerate(((2, 2), (3, 2), (4, 2), (5, 2), (4, 3))):
        values = same(ones(8), ones(size), stride)
        start = 2 * stride
        shown = [[value for value in row[start:start + 6]] for row in values[start:start + 6]]
        x = 14 + 149 * index
        picture.text(x + 69, 24, f"kernel {size}, stride {stride}", 13, weight="600")
        picture.heat_map(x, 36, shown, 23, 0, 10)
        share = unevenness(values, stride)
        picture.text(x + 69, 194, "even" if share == 0 else f"uneven by {100 * share:.1f} %", 12, FAINT)
    return picture


def remedies():
    """A constant image through random weights: what is left of the checkerboard with each remedy."""
    stride, flat = 2, ones(8)
    small = normal(3, 5)
    # Repeating each tap of a small kernel stride times in both directions is what ICNR begins with.
    icnr = [[normal(2, 7)[i // 2][j // 2] for j in range(4)] for i in range(4)]
    # Nearest-neighbour resizing and then a convolution, as one transposed convolution of stride 1 over the resized.
    resized = [[flat[i // 2][j // 2] for j in range(16)] for i in range(16)]
    line = [0.25, 0.75, 0.75, 0.25]
    cases = (("3×3, random", same(flat, small, stride)), ("4×4, random", same(flat, normal(4, 11), stride)),
             ("4×4, ICNR", same(flat, icnr, stride)), ("4×4, bilinear", same(flat, [[a * b for b in line] for a in line], stride)),
             ("resize, then 3×3", same(resized, small, 1)))
    picture = Picture(760, 214, "Random weights, a constant image: what is left of the checkerboard")
    for index, (name, values) in enumerate(cases):
        shown = [row[4:12] for row in values[4:12]]
        numbers = [value for row in shown for value in row]
        middle, reach = statistics.fmean(numbers), max(abs(v) for v in numbers)
        x = 14 + 149 * index
        picture.text(x + 69, 24, name, 13, weight="600")
        picture.heat_map(x, 36, shown, 17.25, middle - reach, middle + reach, numbers=False)
        share = unevenness(values, stride)
        picture.text(x + 69, 194, "even" if share < 1e-9 else f"uneven by {100 * share:.0f} %", 12, FAINT)
    return picture


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else sys.exit(__doc__))
    folder.mkdir(parents=True, exist_ok=True)
    for draw in (checkerboard, scatter, phases, overlap, remedies):
        draw().write(folder / f"{draw.__name__}.svg")


if __name__ == "__main__":
    main()
