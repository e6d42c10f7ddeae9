"""The server behind TensorBoard's page, which reads the files by another reader, asked as the page asks."""
import json
import time
import urllib.parse
import urllib.request

import numpy as np
import pytest
from conftest import TensorBoard, png


@pytest.fixture(scope="module")
def page(recorded):
    with TensorBoard(recorded.folder) as page:
        end = time.monotonic() + 60
        while sorted(json.loads(get(page, "runs"))) != ["conv2d_transpose", "dcgan/1", "gist/1", "pix2pix_up7/1", "server"]:
            assert time.monotonic() < end, "TensorBoard found other runs"
            time.sleep(0.1)
        yield page


def get(page, path, **query):
    with urllib.request.urlopen(f"{page.url}/data/{path}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return answer.read()


def test_graphs(page):
    text = get(page, "plugin/graphs/graph", run="gist/1", conceptual="false").decode()
    assert 'op: "Conv2DBackpropInput"' in text and 'name: "x"' in text


def test_scalars(page):
    tags = json.loads(get(page, "plugin/scalars/tags"))
    assert "latency/p99_ms" in tags["server"] and "latency/mean_ms" in tags["gist/1"]
    ((_, _, value),) = json.loads(get(page, "plugin/scalars/scalars", run="gist/1", tag="latency/mean_ms"))
    assert value > 0


def test_histograms(page, recorded):
    points = json.loads(get(page, "plugin/histograms/histograms", run="gist/1", tag="y/values"))
    assert [point[1] for point in points] == [1, 2, 3, 4]
    for (_, _, buckets), y in zip(points, recorded.outputs):
        assert sum(count for _, _, count in buckets) == pytest.approx(y.size)
        assert buckets[0][0] >= y.min() and buckets[-1][1] <= y.max()


def test_images(page, recorded):
    images = json.loads(get(page, "plugin/images/images", run="conv2d_transpose", tag="output/image", sample="0"))
    assert [image["step"] for image in images] == [1, 2]
    query = dict(urllib.parse.parse_qsl(images[-1]["query"]))
    assert np.array_equal(png(get(page, "plugin/images/individualImage", **query)), png(recorded.png))
