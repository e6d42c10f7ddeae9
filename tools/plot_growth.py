#!/usr/bin/env python3
"""Measures how the core's time grows with batch, channels, kernel and threads, and draws it.

usage: plot_growth.py UPCONV OUT.svg [--seconds 0.3] [--processors 2]

UPCONV is the program; it is called as `UPCONV bench kernel --layers FILE --threads N`, which verifies each result
before it times it. One layer (64x64, 64 to 64 channels, 4x4, stride 2) is varied in one number at a time. Both axes
are logarithmic; the grey line is time in proportion to the work. Needs nothing but Python.
"""
import argparse
import json
import math
import subprocess
import tempfile

BASE = dict(batch=1, height=64, width=64, in_channels=64, out_channels=64, kernel=4, stride=2)
SERIES = [
    ("batch", [1, 2, 4, 8, 16, 32], lambda layer, n: layer.update(batch=n), lambda n: n),
    ("channels in and out", [4, 8, 16, 32, 64, 128, 256], lambda layer, n: layer.update(in_channels=n, out_channels=n), lambda n: n * n),
    ("kernel (stride 2)", [2, 3, 4, 5, 6, 7, 8, 9], lambda layer, n: layer.update(kernel=n), lambda n: n * n),
]


def measure(program, layers, threads, seconds):
    """Median microseconds of each layer, and the algorithm that the planner picked."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(layers, file)
        file.flush()
        command = [program, "bench", "kernel", "--layers", file.name, "--threads", str(threads), "--seconds", str(seconds)]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [(result["median_us"], result["algorithm"]) for result in map(json.loads, lines)]


class Panel:
    """One diagram: logarithmic axes, points with a line, and a line of proportion."""

    width, height, left, top = 300, 230, 62, 40

    def __init__(self, title, points, expected):
        self.title, self.points, self.expected = title, points, expected
        times = [time for _, time, _ in points] + expected
        self.low, self.high = 10 ** math.floor(math.log10(min(times))), 10 ** math.ceil(math.log10(max(times)))
        self.first, self.last = points[0][0], points[-1][0]

    def x(self, value):
        return self.left + (self.width - self.left - 12) * math.log(value / self.first) / math.log(self.last / self.first)

    def y(self, time):
        return self.top + (self.height - self.top - 34) * math.log(self.high / time) / math.log(self.high / self.low)

    def line(self, values, color, dash=""):
        path = " ".join(f"{self.x(n):.1f},{self.y(t):.1f}" for n, t in values)
        return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.6" {dash}/>'

    def draw(self):
        out = [f'<text x="{self.left}" y="22" font-weight="bold">{self.title}</text>']
        decade = self.low
        while decade <= self.high:
            y = self.y(decade)
            label = f"{decade / 1000:g} ms" if decade >= 1000 else f"{decade:g} µs"
            out.append(f'<line x1="{self.left}" y1="{y:.1f}" x2="{self.width - 12}" y2="{y:.1f}" stroke="#ddd"/>')
            out.append(f'<text x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
            decade *= 10
        out.append(self.line([(n, t) for (n, _, _), t in zip(self.points, self.expected)], "#aaa", 'stroke-dasharray="4 3"'))
        out.append(self.line([(n, t) for n, t, _ in self.points], "#1f6feb"))
        colors = dict(direct="#888", phases="#1f6feb", rows="#be185d", pixels="#d97706", winograd="#15803d", strassen="#0891b2")
        for n, time, algorithm in self.points:
            out.append(f'<circle cx="{self.x(n):.1f}" cy="{self.y(time):.1f}" r="4" fill="{colors[algorithm]}"><title>{algorithm}: {time} µs</title></circle>')
            out.append(f'<text x="{self.x(n):.1f}" y="{self.height - 16}" text-anchor="middle">{n}</text>')
        return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("output")
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--processors", type=int, default=2)
    options = parser.parse_args()

    panels = []
    for title, values, change, work in SERIES:
        layers = []
        for value in values:
            layer = dict(BASE, name=f"{title} {value}")
            change(layer, value)
            layers.append(layer)
        results = measure(options.program, layers, options.processors, options.seconds)
        points = [(value, time, algorithm) for value, (time, algorithm) in zip(values, results)]
        middle = len(points) // 2
        scale = points[middle][1] / work(values[middle])
        panels.append(Panel(title, points, [scale * work(value) for value in values]))
    counts = sorted({1, 2, *range(1, options.processors + 1)})
    layer = dict(BASE, name="threads", batch=8)
    times = [measure(options.program, [layer], count, options.seconds)[0] for count in counts]
    points = [(count, time, algorithm) for count, (time, algorithm) in zip(counts, times)]
    panels.append(Panel("threads (batch 8)", points, [points[0][1] / count for count in counts]))

    width = Panel.width * len(panels)
    with open(options.output, "w") as svg:
        svg.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {Panel.height + 24}" font-family="sans-serif" font-size="11">\n')
        svg.write(f'<rect width="{width}" height="{Panel.height + 24}" fill="white"/>\n')
        for index, panel in enumerate(panels):
            svg.write(f'<g transform="translate({index * Panel.width} 0)">\n{panel.draw()}\n</g>\n')
        svg.write(f'<text x="12" y="{Panel.height + 14}">points: blue phases, red rows, orange pixels, green winograd, cyan strassen; dashed: in proportion to the work, or to the threads</text>\n')
        svg.write("</svg>\n")
    for panel in panels:
        print(panel.title, *(f"{n}: {time} µs ({algorithm})" for n, time, algorithm in panel.points), sep="\n  ")


if __name__ == "__main__":
    main()
