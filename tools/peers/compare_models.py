"""Whole models, served by Upconv over HTTP, beside PyTorch and ONNX Runtime in this process: time, first run, difference.

usage: compare_models.py --upconv PATH/upconv [--rounds 5] [--threads 2] [--only NAME,...]

Each model is a torch.nn.Sequential with weights from a seed, exported by upconv-export, so it takes torch, onnx and
onnxruntime. The three take turns, a round each; of each the median of all runs counts. Upconv's time includes the request
and the answer over loopback, as arrays of NumPy on both ends.
"""
import argparse
import http.client
import io
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]


def dcgan_generator():
    """Radford et al. 2015, as in PyTorch's tutorial: 100 numbers to 64×64 pixels in colour."""
    layers, channels = [], 100
    for outputs, stride, padding in ((512, 1, 0), (256, 2, 1), (128, 2, 1), (64, 2, 1)):
        layers += [nn.ConvTranspose2d(channels, outputs, 4, stride, padding, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        channels = outputs
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels, 3, 4, 2, 1, bias=False), nn.Tanh())


def fsrcnn():
    """Dong et al. 2016 with d = 56, s = 12, m = 4, for twice the size."""
    layers = [nn.Conv2d(1, 56, 5, padding=2), nn.PReLU(56), nn.Conv2d(56, 12, 1), nn.PReLU(12)]
    for _ in range(4):
        layers += [nn.Conv2d(12, 12, 3, padding=1), nn.PReLU(12)]
    layers += [nn.Conv2d(12, 56, 1), nn.PReLU(56)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(56, 1, 9, 2, 4, output_padding=1))


def decoder():
    """The decoder of a convolutional autoencoder: 8×8 pixels of 256 channels to 128×128 in colour."""
    layers, channels = [], 256
    for outputs in (128, 64, 32):
        layers += [nn.ConvTranspose2d(channels, outputs, 3, 2, 1, output_padding=1), nn.LeakyReLU(0.2)]
        channels = outputs
    return nn.Sequential(*layers, nn.ConvTranspose2d(channels, 3, 4, 2, 1), nn.Sigmoid())


MODELS = {
    "dcgan_generator": (dcgan_generator, (8, 100, 1, 1)),
    "fsrcnn_x2": (fsrcnn, (1, 1, 256, 256)),
    "decoder": (decoder, (8, 256, 8, 8)),
}


def make(name):
    """A model whose batch statistics are not those of a new one."""
    torch.manual_seed(0)
    model = MODELS[name][0]()
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_mean.normal_(0, 0.1)
                layer.running_var.uniform_(0.5, 1.5)
    return model.eval()


def export(name, model, folder):
    """Writes the folder that Upconv serves, by the project's own exporter."""
    weights, source = folder / f"{name}.pt", folder / f"{name}_net.py"
    torch.save(model.state_dict(), weights)
    source.write_text(f"import sys\nsys.path.insert(0, {str(ROOT / 'tools/peers')!r})\n"
                      f"from compare_models import MODELS\n\ndef make():\n    return MODELS[{name!r}][0]()\n")
    shape = ",".join(str(length) for length in MODELS[name][1][1:])
    subprocess.run([sys.executable, "-m", "upconv_export", "torch", f"{source}:make", "--weights", weights,
                    "--input-shape", shape, "-o", folder / "models" / name / "1"], check=True, stdout=sys.stderr,
                   env={**os.environ, "PYTHONPATH": str(ROOT / "python")})


class Server:
    def __init__(self, program, models, threads):
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--threads", str(threads), "--models", models], stdout=subprocess.PIPE,
            text=True, stderr=subprocess.DEVNULL)
        address = self.process.stdout.readline().split("http://")[1].split()[0]
        self.connection = http.client.HTTPConnection(address)
        while self.call("GET", "/v2/health/ready")[0] != 200:
            time.sleep(0.05)

    def call(self, method, path, body=None, fields={}):
        self.connection.request(method, path, body, fields)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def run(self, name, array):
        body = io.BytesIO()
        np.save(body, array)
        status, content = self.call("POST", f"/v2/models/{name}/infer", body.getbuffer(),
                                    {"Content-Type": "application/x-npy", "Accept": "application/x-npy"})
        if status != 200:
            raise SystemExit(content.decode())
        return np.load(io.BytesIO(content))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def seconds(run, least=0.5):
    """Times of single runs until half a second has passed."""
    times, end = [], time.perf_counter() + least
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--upconv", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default=",".join(MODELS))
    options = parser.parse_args()
    names = options.only.split(",")
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        models = {name: make(name) for name in names}
        for name, model in models.items():
            export(name, model, folder)
        server = Server(options.upconv, folder / "models", options.threads)
        print("| model | input | Upconv, over HTTP, ms | PyTorch | ONNX Runtime | best peer / Upconv | difference |\n"
              "|---|---|---|---|---|---|---|")
        ratios = []
        for name, model in models.items():
            array = np.random.default_rng(1).standard_normal(MODELS[name][1], np.float32)
            tensor = torch.from_numpy(array)
            torch.onnx.export(model, (tensor,), folder / f"{name}.onnx", input_names=["x"], dynamo=False)
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = options.threads
            session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), settings, ["CPUExecutionProvider"])
            with torch.inference_mode():
                expected = model(tensor).numpy()
                runs = {
                    "upconv": lambda: server.run(name, array), "torch": lambda: model(tensor),
                    "ort": lambda: session.run(None, {"x": array}),
                }
                got = server.run(name, array)
                times = {peer: [] for peer in runs}
                for _ in range(options.rounds):
                    for peer, run in runs.items():
                        times[peer] += seconds(run)
            median = {peer: 1000 * statistics.median(of) for peer, of in times.items()}
            ratios.append(min(median["torch"], median["ort"]) / median["upconv"])
            difference = np.abs(got - expected).max() / np.abs(expected).max()
            print(f"| {name} | {'×'.join(map(str, array.shape))} | {median['upconv']:.2f} | {median['torch']:.2f} | "
                  f"{median['ort']:.2f} | {ratios[-1]:.2f} | {difference:.1e} |", flush=True)
            if not difference < 1e-4:
                raise SystemExit(f"{name}: the answers differ by {difference}")
        print(f"\ngeometric mean: {statistics.geometric_mean(ratios):.2f}")
        server.stop()


if __name__ == "__main__":
    main()
