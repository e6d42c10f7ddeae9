"""TensorBoard's Python reader, which checks every check value, on what the server has written."""
import glob
import os
import re
import subprocess
import time

import numpy as np
import pytest
import upconv_server
from conftest import FLAGS, MODELS, ROOT, UpconvServer, png
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader


def run(recorded, name):
    accumulator = EventAccumulator(
        os.path.join(recorded.folder, name), {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0})
    return accumulator.Reload()


def events(path):
    """Every event of a file as the protobuf that TensorBoard knows."""
    return list(LegacyEventFileLoader(path).Load())


def only_file(folder):
    (path,) = glob.glob(os.path.join(folder, "events.out.tfevents.*"))
    return path


def summaries(path, kind):
    """Step, tag and content of all summaries of a kind."""
    return [(event.step, value.tag, getattr(value, kind)) for event in events(path)
            for value in event.summary.value if value.WhichOneof("value") == kind]


def test_file_begins_with_version(recorded):
    for path in glob.glob(f"{recorded.folder}/**/events.*", recursive=True):
        first = next(iter(LegacyEventFileLoader(path).Load()))
        assert first.file_version == "brain.Event:2"


def test_runs(recorded):
    runs = sorted(os.path.relpath(os.path.dirname(path), recorded.folder)
                  for path in glob.glob(f"{recorded.folder}/**/events.*", recursive=True))
    assert runs == ["conv2d_transpose", "dcgan/1", "gist/1", "pix2pix_up7/1", "server"]


def test_graph(recorded):
    nodes = {node.name: node for node in run(recorded, "gist/1").Graph().node}
    placeholder = nodes["x"]
    assert placeholder.op == "Placeholder"
    (convolution,) = [node for node in nodes.values() if node.op == "Conv2DBackpropInput"]
    assert list(convolution.attr["strides"].list.i) == [1, 2, 2, 1]
    assert convolution.attr["padding"].s == b"SAME"
    assert convolution.attr["data_format"].s == b"NHWC"
    assert [dim.size for dim in convolution.attr["_output_shapes"].list.shape[0].dim] == [-1, 8, 8, 4]
    kernel, x = convolution.input
    assert x == "x" and nodes[kernel].op == "VariableV2"
    assert [dim.size for dim in nodes[kernel].attr["shape"].shape.dim] == [3, 3, 4, 2]


def test_graph_is_connected(recorded):
    graph = run(recorded, "dcgan/1").Graph()
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names)
    operations = {node.op for node in graph.node}
    assert {"MatMul", "FusedBatchNormV3", "LeakyRelu", "Reshape", "Conv2DBackpropInput", "Tanh"} <= operations
    # All hang together: nothing but the output is read by nobody.
    unread = set(names) - {given for node in graph.node for given in node.input}
    assert len(unread) == 1
    for node in graph.node:
        for given in node.input:
            # Inputs stand before what reads them.
            assert names.index(given) < names.index(node.name)


def test_model_scalars_are_the_statistics(recorded):
    gist = run(recorded, "gist/1")
    def value(tag):
        (point,) = gist.Scalars(tag)
        return point.value
    success = recorded.statistics["success"]
    assert success["count"] == 4
    assert value("latency/mean_ms") == pytest.approx(success["ns"] / 4 / 1e6, rel=1e-6)
    compute = recorded.statistics["compute_infer"]
    assert value("latency/compute_ms") == pytest.approx(compute["ns"] / 4 / 1e6, rel=1e-6)
    # 3 + 1 + 2 + 1 images in 4 requests.
    assert value("throughput/images_per_second") / value("throughput/requests_per_second") == pytest.approx(7 / 4)
    assert value("throughput/failures_per_second") == 0
    idle = run(recorded, "pix2pix_up7/1")
    assert idle.Scalars("throughput/requests_per_second")[0].value == 0
    assert "latency/mean_ms" not in idle.Tags()["scalars"]


def test_server_scalars_are_the_metrics(recorded):
    server = run(recorded, "server")
    seconds = count = 0
    for total, route, value in re.findall(
            r'upconv_http_request_duration_seconds_(sum|count)\{route="([^"]*)"[^}]*\} (\S+)', recorded.metrics):
        if route.endswith(("infer", ":predict", "conv2d_transpose")):
            seconds += float(value) if total == "sum" else 0
            count += int(value) if total == "count" else 0
    assert count == 6
    (mean,) = server.Scalars("latency/mean_ms")
    assert mean.value == pytest.approx(seconds / count * 1000, rel=1e-5)
    p50, p99 = (server.Scalars(f"latency/p{share}_ms")[0].value for share in (50, 99))
    assert 0 < p50 <= p99
    (rate,) = server.Scalars("throughput/requests_per_second")
    (operation_rate,) = run(recorded, "conv2d_transpose").Scalars("throughput/requests_per_second")
    assert rate.value / operation_rate.value == pytest.approx(3)


def test_histograms_are_those_of_the_outputs(recorded):
    histograms = summaries(only_file(f"{recorded.folder}/gist/1"), "histo")
    assert [(step, tag) for step, tag, _ in histograms] == [(step, "y/values") for step in (1, 2, 3, 4)]
    for (_, _, histogram), y in zip(histograms, recorded.outputs):
        y = y.astype(np.float64).ravel()
        assert (histogram.min, histogram.max, histogram.num) == (y.min(), y.max(), y.size)
        assert histogram.sum == pytest.approx(y.sum(), rel=1e-12, abs=1e-9)
        assert histogram.sum_squares == pytest.approx((y * y).sum(), rel=1e-12)
        width = (y.max() - y.min()) / 30
        buckets = np.minimum(29, ((y - y.min()) / width).astype(int))
        assert list(histogram.bucket) == np.bincount(buckets, minlength=30).tolist()
        assert len(histogram.bucket_limit) == 30 and histogram.bucket_limit[-1] == y.max()
        assert np.all(np.diff(histogram.bucket_limit) > 0)


def test_image_is_the_picture_of_the_output(recorded):
    images = summaries(only_file(f"{recorded.folder}/conv2d_transpose"), "image")
    assert [(step, tag) for step, tag, _ in images] == [(1, "output/image"), (2, "output/image")]
    for _, _, image in images:
        pixels = png(image.encoded_image_string)
        assert pixels.shape == (image.height, image.width, 3)
        scale = image.width // 14
        assert pixels.shape[:2] == (10 * scale, 14 * scale)
        expected = np.rint(recorded.grey[0, :, :, 0].astype(np.float64) * 255).astype(np.uint8)
        expected = expected.repeat(2 * scale, 0).repeat(2 * scale, 1)
        assert all(np.array_equal(pixels[:, :, channel], expected) for channel in range(3))
        assert np.array_equal(pixels, png(recorded.png))


def test_share_is_about_what_was_asked_for(tmp_path):
    x = np.ones((1, 4, 4, 2), np.float32)
    with UpconvServer(MODELS, "--tensorboard", str(tmp_path), "--tensorboard-share", "0.25") as server:
        for _ in range(200):
            server.infer("gist", x)
    # 50 are expected; 15 or 95 would be seven standard deviations away.
    assert 15 < len(summaries(only_file(tmp_path / "gist/1"), "histo")) < 95


def test_nothing_is_written_without_the_flag(tmp_path):
    with UpconvServer(MODELS) as server:
        assert b"tensorboard" not in server.request("/metrics")[2]


def test_unusable_folder_stops_the_start():
    done = subprocess.run(
        [upconv_server.PROGRAM, "serve", "--port", "0", "--tensorboard", "/proc/no/such"], capture_output=True,
        text=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "upconv: /proc/no cannot be written: No such file or directory (--tensorboard: flag)\n"


def test_full_disk_stops_no_request_and_leaves_readable_files(tmp_path, monkeypatch):
    # A limit on the size of files is what a full disk is to a program: a record is cut in its middle.
    limited = tmp_path / "limited"
    limited.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 40\nexec '{upconv_server.PROGRAM}' \"$@\"\n")
    limited.chmod(0o755)
    monkeypatch.setattr(upconv_server, "PROGRAM", str(limited))
    folder = tmp_path / "events"
    x = np.ones((1, 4, 4, 2), np.float32)
    with UpconvServer(MODELS, "--tensorboard", str(folder), *FLAGS) as server:
        for _ in range(60):
            server.infer("gist", x)
        end = time.monotonic() + 30
        while b'upconv_tensorboard_events_total{outcome="failed"} 0\n' in server.request("/metrics")[2]:
            assert time.monotonic() < end, "no event failed"
            time.sleep(0.05)
    path = only_file(folder / "gist/1")
    size = os.path.getsize(path)
    # Whole records to the last byte: 12 bytes before and 4 after each.
    assert size <= 40 * 512
    assert size == sum(16 + length for length in record_lengths(path))
    assert len(summaries(path, "histo")) > 3


def record_lengths(path):
    with open(path, "rb") as file:
        while head := file.read(8):
            length = int.from_bytes(head, "little")
            assert len(file.read(4 + length + 4)) == length + 8
            yield length


def test_documented_example(tmp_path):
    """The curl of docs/tensorboard.md shows the checkerboard of 2, 4 and 8."""
    with open(os.path.join(ROOT, "docs/tensorboard.md")) as file:
        (curl,) = re.findall(r"^(curl .*?)\n```", file.read(), re.DOTALL | re.MULTILINE)
    with UpconvServer(MODELS, "--tensorboard", str(tmp_path), *FLAGS) as server:
        subprocess.run(
            ["bash", "-ec", curl.replace("127.0.0.1:8080", server.address)], check=True, capture_output=True, timeout=60)
    ((_, _, histogram),) = summaries(only_file(tmp_path / "conv2d_transpose"), "histo")
    assert (histogram.min, histogram.max, histogram.num) == (2, 8, 3 * 8 * 8 * 4)
    # 5 x 5 of 2 (the last row and column are single), 2 x 5 x 3 of 4, 3 x 3 of 8, for each image and channel.
    counts = {value: 12 * count for value, count in ((0, 25), (10, 30), (29, 9))}
    assert {index: count for index, count in enumerate(histogram.bucket) if count} == counts
