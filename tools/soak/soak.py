"""Loads a server that it starts with requests of every sort, and tells whether it stays right, small and quick.

usage: soak.py PROGRAM --models FOLDER [--seconds N] [--seed N] [--plot FILE]

The time is cut into rounds. After each all connections are closed and the server rests; what it then holds, memory and
descriptors, may not grow from round to round. Ends with 1 where it does, or where an answer is wrong or missing.
"""
import argparse
import asyncio
import collections
import os
import random
import re
import subprocess
import sys
import time

import numpy as np

from cases import Cases
from clients import HTTP1Client, HTTP2Client, Lost

CONNECTIONS = 4  # of each version
STREAMS = 3  # tasks on one connection of HTTP/2
REST_SECONDS = 4  # the server gives memory back after one second without connections
GROWTH_BYTES = 16 << 20


class Watch:
    """Memory and descriptors of a process, and how many answers have come, twice a second."""

    def __init__(self, process):
        self.process = process
        self.start = time.monotonic()
        self.samples = []
        self.answers = 0

    def look(self):
        with open(f"/proc/{self.process}/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        descriptors = len(os.listdir(f"/proc/{self.process}/fd"))
        self.samples.append((time.monotonic() - self.start, resident, descriptors, self.answers))
        return resident, descriptors

    async def run(self):
        while True:
            self.look()
            await asyncio.sleep(0.5)


class Tally:
    """What came of all requests, by kind."""

    def __init__(self):
        self.seconds = collections.defaultdict(list)
        self.statuses = collections.Counter()
        self.wrong = []

    def report(self, elapsed):
        count = sum(len(seconds) for kind, seconds in self.seconds.items() if kind.startswith("HTTP"))
        print(f"{count} requests in {elapsed:.0f} s, {count / elapsed:.0f} a second")
        print(f"{'kind':<28}{'requests':>9}{'median ms':>11}{'p99 ms':>9}{'p99.9 ms':>10}")
        for kind, seconds in sorted(self.seconds.items()):
            median, p99, p999 = 1000 * np.quantile(seconds, [0.5, 0.99, 0.999])
            print(f"{kind:<28}{len(seconds):>9}{median:>11.1f}{p99:>9.1f}{p999:>10.1f}")
        print("statuses:", ", ".join(
            f"{kind} {status}: {n}" for (kind, status), n in sorted(self.statuses.items(), key=str)))
        for line in self.wrong[:20]:
            print("wrong:", line)


async def lag(tally):
    """How late this process does what is due: no time that it takes of the server is more exact."""
    while True:
        start = time.monotonic()
        await asyncio.sleep(0.02)
        tally.seconds["(delay of this process)"].append(time.monotonic() - start - 0.02)


async def load(client, choice, tally, watch, end):
    """One task: a request after the other, until the round ends."""
    cases = Cases(choice)
    while time.monotonic() < end:
        case = cases.next()
        if case.raw is not None and client.name == "HTTP/2":
            continue
        start = time.monotonic()
        try:
            answer = await client.run(case)
        except Lost as error:
            tally.wrong.append(f"{client.name} {case.kind}: {error}")
            tally.statuses[case.kind, "lost"] += 1
            continue
        watch.answers += 1
        # Includes what this process took for others meanwhile.
        tally.seconds[f"{client.name} {case.kind}"].append(time.monotonic() - start)
        if answer is None:
            continue
        tally.statuses[case.kind, answer[0]] += 1
        if problem := case.judge(*answer):
            tally.wrong.append(f"{client.name} {case.kind}: {problem}")
        await asyncio.sleep(0)


async def soak(port, process, seconds, seed, tally):
    watch = Watch(process)
    watching = asyncio.gather(watch.run(), lag(tally))
    choice = random.Random(seed)
    rounds = max(3, min(12, round(seconds / 20)))
    rests = []
    for _ in range(rounds):
        end = time.monotonic() + max(1, seconds / rounds - REST_SECONDS)
        clients = [kind(port, random.Random(choice.getrandbits(64))) for kind in [HTTP1Client, HTTP2Client]
                   for _ in range(CONNECTIONS)]
        await asyncio.gather(*(
            load(client, random.Random(choice.getrandbits(64)), tally, watch, end)
            for client in clients for _ in range(STREAMS if client.name == "HTTP/2" else 1)))
        for client in clients:
            await client.close()
        await asyncio.sleep(REST_SECONDS)
        rests.append(watch.look())
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return watch, rests


def plot(watch, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    times, resident, descriptors, answers = np.array(watch.samples).T
    figure, axes = plt.subplots(3, 1, figsize=(9, 7), sharex=True)
    axes[0].plot(times[1:], np.diff(answers) / np.maximum(np.diff(times), 1e-3))
    axes[0].set_ylabel("answers a second")
    axes[1].plot(times, resident / (1 << 20))
    axes[1].set_ylabel("memory, MiB")
    axes[2].plot(times, descriptors)
    axes[2].set_ylabel("descriptors")
    axes[2].set_xlabel("seconds")
    for axis in axes:
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--models", required=True)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", default="soak.png")
    options = parser.parse_args()

    server = subprocess.Popen(
        [options.program, "serve", "--port", "0", "--log-level", "error", "--models", options.models],
        stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+) \(", server.stdout.readline()).group(1))
        tally = Tally()
        watch, rests = asyncio.run(soak(port, server.pid, options.seconds, options.seed, tally))
        is_alive = server.poll() is None
    finally:
        server.terminate()
        status = server.wait(60)

    tally.report(watch.samples[-1][0])
    print("at rest after each round:", ", ".join(f"{r / (1 << 20):.1f} MiB {d} descriptors" for r, d in rests))
    print(f"highest: {max(s[1] for s in watch.samples) / (1 << 20):.1f} MiB, plot: {options.plot}")
    plot(watch, options.plot)
    faults = []
    if tally.wrong:
        faults.append(f"{len(tally.wrong)} answers are wrong or missing")
    # The first round fills what is meant to be kept: the cache of layers, pools, threads' stacks.
    early = max(resident for resident, _ in rests[:max(1, len(rests) // 2)])
    if rests[-1][0] > early + GROWTH_BYTES:
        faults.append("memory grows")
    if len({descriptors for _, descriptors in rests}) > 1:
        faults.append("descriptors are not given back")
    if not is_alive or status != 0:
        faults.append(f"the server ended with {status}")
    print("All right." if not faults else "Not right: " + "; ".join(faults))
    sys.exit(1 if faults else 0)


main()
