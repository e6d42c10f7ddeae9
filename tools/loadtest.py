"""Drives `upconv serve` over loopback and prints what it bears. See scripts/loadtest."""
import argparse, array, gzip, json, os, random, re, socket, statistics, struct, subprocess, sys, tempfile, threading, time

PATH = "/v1/conv2d_transpose"
SAFETENSORS = "application/vnd.safetensors"

WRK = """
local body = os.getenv("BODY")
if body then
  local file = io.open(body, "rb")
  wrk.method, wrk.body = "POST", file:read("*a")
  file:close()
  for name, value in string.gmatch(os.getenv("FIELDS"), "([^:\\n]+): ([^\\n]+)") do wrk.headers[name] = value end
end
function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %f %d %d %d %d %d\\n", summary.requests / summary.duration * 1e6, summary.requests,
    failed, latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"""


def safetensors(options, **tensors):
    """Named (shape, bytes) as one file; bytes may be a memoryview."""
    header, offset = {"__metadata__": options}, 0
    for name, (shape, data) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(data for _, data in tensors.values())


def normal(count):
    source = random.Random(0)
    some = array.array("f", (source.gauss(0, 1) for _ in range(min(count, 1 << 18))))
    return (some.tobytes() * (count // len(some) + 1))[: 4 * count]


class Server:
    """`upconv serve` as a process."""

    def __init__(self, program):
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--log-level", "error"], stdout=subprocess.PIPE, text=True,
            close_fds=False)  # posix_spawn: no copy of this process's page tables
        line = ""
        while not (match := re.search(r":(\d+) \(", line)):
            line = self.process.stdout.readline()
            if not line:
                sys.exit("the server did not start")
        self.port = int(match[1])
        connection = self.connect()
        connection.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: a\r\n\r\n")
        if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
            sys.exit("the server is not ready")
        self.ready_ms = (time.perf_counter() - began) * 1e3
        connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def status(self, name):
        """In MiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(name + r":\s+(\d+)", file.read())[1]) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def load(self, workload, seconds):
        """requests/s, requests, failed, and the 50th, 99th and 99.9th percentile of latency in µs."""
        name, target, body, fields, connections = workload
        environment = dict(os.environ, FIELDS="\n".join(f"{key}: {value}" for key, value in fields.items()))
        if body:
            environment["BODY"] = body
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", self.script,
                   f"http://127.0.0.1:{self.port}{target}"]
        output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
        return [float(word) for word in re.search(r"RESULT (.*)", output)[1].split()]

    def load_http2(self, workload, seconds):
        """The same through h2load, HTTP/2 with prior knowledge; None where it is not served."""
        name, target, body, fields, connections = workload
        with tempfile.NamedTemporaryFile("r") as log:
            command = ["h2load", "-t1", f"-c{connections}", "-m8", f"-D{seconds}", f"--log-file={log.name}"]
            command += [f"--header={key}: {value}" for key, value in fields.items()] + (["-d", body] if body else [])
            subprocess.run(command + [f"http://127.0.0.1:{self.port}{target}"], stdout=subprocess.DEVNULL, check=True)
            rows = [line.split() for line in log]
        times = sorted(int(row[2]) for row in rows if row[1] == "200")
        if not times:
            return None
        at = lambda share: times[min(len(times) - 1, int(share * len(times)))]
        return [len(times) / seconds, len(times), len(rows) - len(times), at(0.5), at(0.99), at(0.999)]


def transfer(server, body, fields, until):
    """Sends one body after the other and reads the answers; answers how many."""
    count, room = 0, bytearray(1 << 20)
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n" + "".join(
        f"{key}: {value}\r\n" for key, value in fields.items()) + "\r\n"
    with server.connect() as connection:
        while not count or not until.is_set():
            connection.sendall(head.encode())
            connection.sendall(body)
            start = b""
            while b"\r\n\r\n" not in start:
                start += connection.recv(65536)
            if not start.startswith(b"HTTP/1.1 200"):
                sys.exit(f"a large request failed: {start[:400]}")
            length = int(re.search(rb"(?i)content-length: (\d+)", start)[1])
            left = length - (len(start) - start.index(b"\r\n\r\n") - 4)
            while left > 0:
                left -= connection.recv_into(room, min(left, len(room)))
            count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    wanted = lambda name: not arguments.only or name in arguments.only.split(",")
    passed = []

    def hold(what, value, bound, unit):
        print(f"{what:44} {value:9.2f} {unit}, at most {bound:.2f}", flush=True)
        if value > bound:
            passed.append(what)

    with tempfile.TemporaryDirectory() as folder:
        def put(name, data):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(data)
            return path

        flat = lambda shape, count: {"shape": shape, "data": [1.0] * count}
        gist = json.dumps({"input": flat([3, 4, 4, 2], 96), "filters": flat([3, 3, 4, 2], 72), "strides": 2}).encode()
        up7 = safetensors({"strides": "2"}, input=([1, 64, 64, 256], normal(64 * 64 * 256)),
                          filters=([4, 4, 64, 256], normal(16 * 64 * 256)))
        Server.script = put("wrk.lua", WRK.encode())
        binary, zipped = {"Content-Type": SAFETENSORS}, {"Content-Type": SAFETENSORS, "Content-Encoding": "gzip"}
        workloads = [
            ("live", "/v2/health/live", None, {}, 32),
            ("gist_json", PATH, put("gist.json", gist), {"Content-Type": "application/json"}, 8),
            ("up7_binary", PATH, put("up7.st", up7), binary, 2),
            ("up7_gzip_in", PATH, put("up7.st.gz", gzip.compress(up7, 1)), zipped, 2),
            ("up7_gzip_both", PATH, os.path.join(folder, "up7.st.gz"), {**zipped, "Accept-Encoding": "gzip"}, 2),
        ]

        starts = []
        for _ in range(5):
            server = Server(arguments.program)
            starts.append(server.ready_ms)
            server.stop()
        server = Server(arguments.program)
        if wanted("footprint"):
            hold("ready after", statistics.median(starts), 30, "ms")
            time.sleep(2)
            hold("resident, idle", server.status("VmRSS"), 16, "MiB")
            hold("anonymous, idle", server.status("RssAnon"), 2, "MiB")

        print(f"{'':22} {'requests/s':>11} {'p50 µs':>8} {'p99 µs':>8} {'p99.9 µs':>9}")
        for workload in workloads:
            if not wanted(workload[0]):
                continue
            runs = [("HTTP/1.1", server.load(workload, arguments.seconds))]
            if workload[0] in ("live", "gist_json"):
                runs.append(("HTTP/2", server.load_http2(workload, arguments.seconds)))
            for protocol, result in runs:
                if result is None:
                    print(f"{workload[0]:13} {protocol:8} not served")
                    continue
                rate, _, failed, *percentiles = result
                print(f"{workload[0]:13} {protocol:8} {rate:11.1f} {percentiles[0]:8.0f} {percentiles[1]:8.0f} "
                      f"{percentiles[2]:9.0f}" + (f"  {failed:.0f} failed" if failed else ""), flush=True)
                if failed:
                    passed.append(workload[0])

        if wanted("footprint"):
            def mixed(requests):
                count = 0
                while count < requests:
                    for workload, seconds in zip(workloads, (1, 1, 1, 1, 1)):
                        count += server.load(workload, seconds)[1]
            mixed(1)
            time.sleep(3)
            warm, descriptors = server.status("VmRSS"), server.descriptors()
            mixed(100_000)
            time.sleep(3)
            hold("resident after 100,000 mixed requests", server.status("VmRSS"), 1.1 * warm, "MiB")
            hold("descriptors after them", server.descriptors(), descriptors, "")
        server.stop()

        pixels = 6400 * 1024
        identity = array.array("f", (float(i % 9 == 0) for i in range(64))).tobytes()
        large = safetensors({}, input=([1, 6400, 1024, 8], normal(8 * pixels)), filters=([1, 1, 8, 8], identity))
        megabytes = len(large) / (1 << 20)
        if wanted("memory"):
            server = Server(arguments.program)
            done = threading.Event()
            done.set()
            transfer(server, large, {**binary, "Accept": "application/octet-stream"}, done)
            hold(f"peak, {megabytes:.0f} MiB in and out", server.status("VmHWM"), 1.15 * 2 * megabytes + 8, "MiB")
            server.stop()
        if wanted("mixed"):
            server = Server(arguments.program)
            server.load(workloads[1], 1)
            quiet = statistics.median(server.load(workloads[1], arguments.seconds)[4] for _ in range(3))
            done, others = threading.Event(), []
            thread = threading.Thread(target=lambda: others.append(
                transfer(server, large, {**binary, "Accept": "application/octet-stream"}, done)))
            thread.start()
            busy = server.load(workloads[1], 2 * arguments.seconds)[4]
            done.set()
            thread.join()
            hold(f"gist_json p99 beside {others[0]} large requests", busy / 1e3, 3 * quiet / 1e3 + 5, "ms")
            print(f"{'gist_json p99 alone':44} {quiet / 1e3:9.2f} ms")
            server.stop()
    if passed:
        sys.exit("passed its bound: " + ", ".join(passed))


if __name__ == "__main__":
    main()
