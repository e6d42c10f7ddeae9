"""Python's HTTP/2 clients against a running server: httpx (over h2) and h2 itself.

usage: http2_clients.py PORT
"""
import asyncio
import gzip
import json
import socket
import struct
import sys

import h2.config
import h2.connection
import h2.events
import h2.settings
import httpx

PORT = int(sys.argv[1])
URL = f"http://127.0.0.1:{PORT}"
PATH = "/v1/conv2d_transpose"
TINY = b'{"input":[[[[3]]]],"filters":[[[[2]]]]}'
TINY_ANSWER = b'{"shape":[1,1,1,1],"data":[6]}\n'
checks = 0


def check(is_right, what):
    global checks
    if not is_right:
        raise SystemExit(f"wrong: {what}")
    checks += 1


def safetensors(pixels):
    """A square image of float32 and a filter of one tap, 2."""
    side = int(len(pixels) ** 0.5)
    size = 4 * len(pixels)
    header = json.dumps({
        "input": {"dtype": "F32", "shape": [1, side, side, 1], "data_offsets": [0, size]},
        "filters": {"dtype": "F32", "shape": [1, 1, 1, 1], "data_offsets": [size, size + 4]},
    }).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack(f"<{len(pixels) + 1}f", *pixels, 2.0)


def with_httpx():
    json_type = {"content-type": "application/json"}
    with httpx.Client(http1=False, http2=True, timeout=60) as client:
        answer = client.get(URL + "/v2/health/live")
        check(answer.http_version == "HTTP/2" and answer.json() == {"live": True}, "httpx GET")
        head = client.head(URL + "/v2/health/live")
        check(head.headers["content-length"] == "14" and head.content == b"", "httpx HEAD")
        check(client.get(URL + "/nowhere").status_code == 404, "httpx 404")
        check(client.post(URL + PATH, content=TINY, headers=json_type).content == TINY_ANSWER, "httpx POST")
        pieces = (TINY[i:i + 1] for i in range(len(TINY)))
        check(client.post(URL + PATH, content=pieces, headers=json_type).content == TINY_ANSWER, "httpx in pieces")
        packed = client.post(
            URL + PATH, content=gzip.compress(TINY), headers=json_type | {"content-encoding": "gzip"})
        check(packed.content == TINY_ANSWER, "httpx gzip")
        # 16 MiB each way, through windows of 64 KiB on the way back.
        pixels = [float(i % 1000) for i in range(2048 * 2048)]
        large = client.post(
            URL + PATH, content=safetensors(pixels),
            headers={"content-type": "application/vnd.safetensors", "accept": "application/octet-stream"})
        check(large.status_code == 200, "httpx large")
        check(list(struct.unpack(f"<{len(pixels)}f", large.content)) == [2 * p for p in pixels], "httpx numbers")
        # Refused by its head: the content is taken all the same, and the connection serves on.
        for size in (1 << 16, 1_000_000):
            refused = client.post(URL + "/nowhere", content=bytes(size), headers=json_type)
            check(refused.status_code == 404, f"httpx 404 for {size} bytes")
        # In pieces: httpx copies the rest of a piece for each frame.
        pieces = (bytes(1 << 16) for _ in range(800))
        refused = client.post(
            URL + PATH, content=pieces, headers={"content-type": "text/plain", "content-length": str(800 << 16)})
        check(refused.status_code == 415, "httpx 415 for 50 MB")
        check(client.post(URL + PATH, content=TINY, headers=json_type).content == TINY_ANSWER, "httpx after refusal")

    async def at_once():
        async with httpx.AsyncClient(http1=False, http2=True, timeout=60) as client:
            posts = [client.post(URL + PATH, content=TINY, headers=json_type) for _ in range(300)]
            return await asyncio.gather(*posts)

    answers = asyncio.run(at_once())
    check(all(a.content == TINY_ANSWER for a in answers), "httpx 300 at once")


def with_h2():
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    wire = socket.create_connection(("127.0.0.1", PORT), timeout=60)
    connection.initiate_connection()
    wire.sendall(connection.data_to_send())
    content, statuses, ended, others = {}, {}, set(), []

    def step():
        data = wire.recv(65536)
        if not data:
            raise SystemExit("wrong: the server closed")
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                statuses[event.stream_id] = int(dict(event.headers)[b":status"])
            elif isinstance(event, h2.events.DataReceived):
                content[event.stream_id] = content.get(event.stream_id, b"") + event.data
                connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                ended.add(event.stream_id)
            else:
                others.append(event)
        wire.sendall(connection.data_to_send())

    def wait_for(kind):
        while not any(isinstance(event, kind) for event in others):
            step()

    wait_for(h2.events.SettingsAcknowledged)
    announced = connection.remote_settings
    check(announced.max_concurrent_streams == 100, "h2: 100 streams")
    head = [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", PATH),
            ("content-type", "application/json")]
    # 100 requests, whose pieces take turns.
    streams = [connection.get_next_available_stream_id() + 2 * i for i in range(100)]
    for stream in streams:
        connection.send_headers(stream, head)
    for i in range(0, len(TINY), 10):
        for stream in streams:
            connection.send_data(stream, TINY[i:i + 10], pad_length=stream % 3 or None)
    for stream in streams:
        # Half of them end in trailers.
        if stream % 4 == 1:
            connection.send_headers(stream, [("x-checksum", "1")], end_stream=True)
        else:
            connection.end_stream(stream)
    wire.sendall(connection.data_to_send())
    while len(ended) < 100:
        step()
    check(all(content[stream] == TINY_ANSWER for stream in streams), "h2: 100 streams, in turns")
    check(all(statuses[stream] == 200 for stream in streams), "h2: statuses")

    connection.ping(b"12345678")
    wire.sendall(connection.data_to_send())
    wait_for(h2.events.PingAckReceived)
    check(True, "h2: ping")

    # One is reset; the next is answered.
    gone, kept = streams[-1] + 2, streams[-1] + 4
    connection.send_headers(gone, head)
    connection.reset_stream(gone, 8)
    connection.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 10})
    connection.send_headers(kept, head)
    connection.send_data(kept, TINY, end_stream=True)
    wire.sendall(connection.data_to_send())
    while kept not in ended:
        step()
    check(content[kept] == TINY_ANSWER, "h2: through a window of ten bytes")
    connection.close_connection()
    wire.sendall(connection.data_to_send())
    wire.settimeout(10)
    while wire.recv(65536):
        pass
    check(True, "h2: the server closes when it is told to")


with_httpx()
with_h2()
print(f"httpx and h2: {checks} checks right")
