"""Sets the project's JSON codec beside simdjson On-Demand, the C++ library and orjson with NumPy, in one run, on one core each.

usage: compare_json.py --upconv 'COMMAND' --simdjson PROGRAM [--rounds 4] [--seconds 0.5]

All read and write the same array of a million normally distributed float32 in shortest form. They take turns, `rounds` times, and
the best median of each counts (the machine has quiet and noisy spells). Prints a row for each and the ratios to the peers.
"""
import argparse, json, os, shlex, subprocess, sys, tempfile, time
import numpy as np
import orjson


def measured(name, count, call, seconds):
    for _ in range(2): call()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        t = time.perf_counter(); call(); times.append(time.perf_counter() - t)
    median = sorted(times)[len(times) // 2]
    return dict(name=name, bytes=count, mb_per_s=count / median / 1e6)


def lines(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(x) for x in done.stdout.splitlines() if x.startswith("{")]


if __name__ == "__main__":
    p = argparse.ArgumentParser(); p.add_argument("--upconv", required=True); p.add_argument("--simdjson", required=True)
    p.add_argument("--rounds", type=int, default=4); p.add_argument("--seconds", type=float, default=.5); a = p.parse_args()
    numbers = np.random.default_rng(1).standard_normal(1_000_000).astype("f")
    option = orjson.OPT_SERIALIZE_NUMPY
    text = orjson.dumps(numbers, option=option)
    best = {}
    with tempfile.TemporaryDirectory() as directory:
        file = os.path.join(directory, "numbers.json")
        open(file, "wb").write(text)
        for _ in range(a.rounds):
            names = "json_decode_flat,json_decode_nested,json_decode_narrow,json_encode_flat,json_encode_nested,json_encode_narrow"
            found = lines(shlex.split(a.upconv) + ["--text", file, "--only", names, "--seconds", str(a.seconds)])
            found += lines([a.simdjson, file, str(a.seconds)])
            found.append(measured("orjson_encode", len(text), lambda: orjson.dumps(numbers, option=option), a.seconds))
            found.append(measured("orjson_decode", len(text), lambda: np.array(orjson.loads(text), dtype="f"), a.seconds))
            for x in found: best[x["name"]] = max(best.get(x["name"], 0), x["mb_per_s"])
    for name, rate in best.items(): print(f"{name:20} {rate:8.0f} MB/s")
    ratios = [("json_decode_flat", "simdjson_decode", 1.5), ("json_encode_flat", "orjson_encode", 1.25)]
    for ours, peer, least in ratios: print(f"{ours} / {peer}: {best[ours] / best[peer]:.2f} (at least {least})")
    for kind in ("decode", "encode"):
        print(f"{kind}, nested / flat: {best[f'json_{kind}_nested'] / best[f'json_{kind}_flat']:.2f}, "
              f"narrow / flat: {best[f'json_{kind}_narrow'] / best[f'json_{kind}_flat']:.2f}")
    sys.exit(any(best[ours] < least * best[peer] for ours, peer, least in ratios))
