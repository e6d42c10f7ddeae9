"""Offers a server multiples of what it can do, and prints what comes of it.

The load is open: requests are sent when their time has come, whatever became of those before, as many clients that know
nothing of each other do. One process, HTTP/1.1, one request at a time on a connection, as many connections as it takes.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time


def request(size: int, kernel: int) -> bytes:
    """A request of some 30 KB that takes a thread several milliseconds."""
    content = json.dumps(
        {
            "input": {"shape": [1, size, size, 1], "data": [1] * (size * size)},
            "filters": {"shape": [kernel, kernel, 1, 1], "data": [1] * (kernel * kernel)},
        },
        separators=(",", ":"),
    ).encode()
    head = (
        "POST /v1/conv2d_transpose HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/octet-stream\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Client:
    """Connections that are free, and what became of the requests on them."""

    def __init__(self, port: int, payload: bytes):
        self.port, self.payload = port, payload
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        # (status, seconds, Retry-After)
        self.answers: list[tuple[int, float, str | None]] = []
        self.failures = 0

    async def send(self) -> None:
        start = time.perf_counter()
        try:
            if self.free:
                reader, writer = self.free.pop()
            else:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(self.payload)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            await reader.readexactly(int(fields.get("content-length", "0")))
        except (OSError, asyncio.IncompleteReadError):
            self.failures += 1
            return
        self.answers.append((int(head[0].split(" ")[1]), time.perf_counter() - start, fields.get("retry-after")))
        if fields.get("connection") == "close":
            writer.close()
        else:
            self.free.append((reader, writer))


async def closed(port: int, payload: bytes, connections: int, seconds: float) -> Client:
    """As many requests at a time as there are connections."""
    client, end = Client(port, payload), time.perf_counter() + seconds

    async def loop() -> None:
        while time.perf_counter() < end:
            await client.send()

    await asyncio.gather(*(loop() for _ in range(connections)))
    return client


async def offered(port: int, payload: bytes, rate: float, seconds: float) -> Client:
    """So many requests a second, evenly."""
    client, tasks = Client(port, payload), []
    start = time.perf_counter()
    for number in range(int(rate * seconds)):
        wait = start + number / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(client.send()))
    await asyncio.gather(*tasks)
    return client


def quantile(values: list[float], share: float) -> float:
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--deadline", type=float, default=1.0, help="seconds that an answer may take")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", type=int, default=48)
    parser.add_argument("--kernel", type=int, default=96)
    options = parser.parse_args()
    payload = request(options.size, options.kernel)
    # Half of the deadline for waiting: the rest is for the run, and for a machine that others use too.
    wait = int(options.deadline * 500)
    server = subprocess.Popen(
        [options.program, "serve", "--port", "0", "--threads", str(options.threads), "--log-requests", "none"]
        + ["--max-queue-wait-milliseconds", str(wait), "--max-waiting-requests", "100000"],
        stdout=subprocess.PIPE, text=True)
    try:
        port = int(next(line for line in server.stdout if " serves " in line).split(" (")[0].rsplit(":", 1)[1])
        asyncio.run(closed(port, payload, 2 * options.threads, 1))
        missed = []
        print(f"deadline {options.deadline} s, --max-queue-wait-milliseconds {wait}, threads: {options.threads}")
        print("| offered | requests/s | goodput/s | of peak | p99 answered, ms | late | 503 | p50, p99 of 503, ms | "
              "in 50 ms | Retry-After, s | failed |")
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for _ in range(options.rounds):
            peak = 0.0
            warm = asyncio.run(closed(port, payload, 4 * options.threads, options.seconds))
            peak = len([a for a in warm.answers if a[0] == 200]) / options.seconds
            for multiple in (0.5, 1, 2, 3):
                client = asyncio.run(offered(port, payload, multiple * peak, options.seconds))
                took = [s for status, s, _ in client.answers if status == 200]
                good = [s for s in took if s <= options.deadline]
                refused = [(s, after) for status, s, after in client.answers if status == 503]
                other = [status for status, _, _ in client.answers if status not in (200, 503)]
                quick = [s for s, _ in refused if s < 0.05]
                afters = sorted({after or "none" for _, after in refused})
                share = len(good) / options.seconds / peak
                print(
                    f"| {multiple}× | {multiple * peak:.0f} | {len(good) / options.seconds:.0f} | {share:.0%} | "
                    f"{quantile(took, 0.99) * 1000:.0f} | {len(took) - len(good)} | {len(refused)} | "
                    f"{quantile([s for s, _ in refused], 0.5) * 1000:.1f}, "
                    f"{quantile([s for s, _ in refused], 0.99) * 1000:.1f} | "
                    f"{len(quick) / max(1, len(refused)):.1%} | {', '.join(afters)} | {client.failures + len(other)} |",
                    flush=True)
                if multiple == 3:
                    if share < 0.9:
                        missed.append(f"goodput is {share:.0%} of the peak, and has to be 90%")
                    if len(took) > len(good):
                        missed.append(f"{len(took) - len(good)} accepted requests were late")
                    if "none" in afters or not refused:
                        missed.append("a refusal without Retry-After, or no refusal")
                    if client.failures or other:
                        missed.append(f"{client.failures} connections failed, other answers: {other[:5]}")
                    if len(quick) < 0.99 * len(refused):
                        missed.append("more than one refusal of a hundred took 50 ms or longer")
        for line in missed:
            print(f"missed: {line}", file=sys.stderr)
        return 1 if missed else 0
    finally:
        server.terminate()
        server.wait()


sys.exit(main())
