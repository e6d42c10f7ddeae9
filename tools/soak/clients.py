"""Two clients that do as a case says: HTTP/1.1 on asyncio's streams, HTTP/2 by h2."""
import asyncio

import h2.config
import h2.connection
import h2.events
import h2.exceptions

PATIENCE = 60


class Lost(Exception):
    """The connection ended before the answer did."""


class HTTP1Client:
    """One connection that is kept, one request after another."""
    name = "HTTP/1.1"

    def __init__(self, port, random):
        self.port, self.random = port, random
        self.reader = self.writer = None

    async def close(self):
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None

    async def _connect(self):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    async def run(self, case):
        """Answers (status, fields, content), or None where nobody waits for an answer."""
        if case.raw is not None:
            await self.close()
        await self._connect()
        try:
            return await asyncio.wait_for(self._run(case), PATIENCE)
        except (OSError, EOFError, asyncio.IncompleteReadError) as error:
            await self.close()
            if case.raw is not None:
                return 0, {}, b""
            raise Lost(repr(error)) from error
        except asyncio.TimeoutError as error:
            await self.close()
            raise Lost(f"no answer within {PATIENCE} s") from error

    async def _run(self, case):
        if case.raw is not None:
            self.writer.write(case.raw)
            answer = await self._answer()
            await self.close()
            return answer
        fields = {"host": "127.0.0.1", "content-length": str(len(case.body))} | case.fields
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        message = f"{case.method} {case.path} HTTP/1.1\r\n{lines}\r\n".encode() + case.body
        if case.manner == "abandoned":
            self.writer.write(message[:self.random.choice([len(message), len(message) // 2, len(message) // 8])])
            await asyncio.sleep(self.random.random() * 0.05)
            await self.close()
            return None
        for piece in pieces(case, message, self.random):
            self.writer.write(piece)
            await self.writer.drain()
            if case.manner == "slow":
                await asyncio.sleep(0.05)
        return await self._answer()

    async def _answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        if "content-length" in fields:
            content = await self.reader.readexactly(int(fields["content-length"]))
        else:
            content = b""
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                content += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readuntil(b"\r\n")
        if fields.get("connection") == "close":
            await self.close()
        return int(head[0].split()[1]), fields, content


class HTTP2Client:
    """One connection for several tasks, each with a stream of its own."""
    name = "HTTP/2"

    def __init__(self, port, random):
        self.port, self.random = port, random
        self.connection = None
        self.lock = asyncio.Lock()

    async def close(self):
        if self.connection is not None:
            self.connection.abort()
            self.connection = None

    async def run(self, case):
        async with self.lock:
            if self.connection is None or self.connection.is_over:
                self.connection = await HTTP2Connection.open(self.port)
        try:
            return await asyncio.wait_for(self.connection.run(case, self.random), PATIENCE)
        except asyncio.TimeoutError as error:
            raise Lost(f"no answer within {PATIENCE} s") from error
        except (OSError, h2.exceptions.ProtocolError) as error:
            raise Lost(repr(error)) from error


class HTTP2Connection(asyncio.Protocol):
    class Stream:
        def __init__(self):
            self.status, self.fields, self.content = 0, {}, bytearray()
            self.done = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, port):
        _, protocol = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return protocol

    def connection_made(self, transport):
        self.transport = transport
        self.is_over = False
        self.streams = {}
        self.window_opened = asyncio.Event()
        self.session = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.session.initiate_connection()
        self.send()

    def send(self):
        self.transport.write(self.session.data_to_send())

    def abort(self):
        self.is_over = True
        self.transport.abort()

    def connection_lost(self, error):
        self.is_over = True
        self.window_opened.set()
        for stream in self.streams.values():
            if not stream.done.done():
                stream.done.set_exception(Lost(f"connection closed: {error}"))
        self.streams = {}

    def data_received(self, data):
        for event in self.session.receive_data(data):
            stream = self.streams.get(getattr(event, "stream_id", None))
            if isinstance(event, h2.events.DataReceived):
                self.session.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.ConnectionTerminated):
                self.is_over = True
            elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
                self.window_opened.set()
            if stream is None or stream.done.done():
                continue
            if isinstance(event, h2.events.ResponseReceived):
                stream.fields = {name.decode(): value.decode() for name, value in event.headers}
                stream.status = int(stream.fields[":status"])
            elif isinstance(event, h2.events.DataReceived):
                stream.content += event.data
            elif isinstance(event, h2.events.StreamEnded):
                stream.done.set_result((stream.status, stream.fields, bytes(stream.content)))
            elif isinstance(event, h2.events.StreamReset):
                stream.done.set_exception(Lost(f"stream reset with {event.error_code}"))
        self.send()

    async def run(self, case, random):
        number = self.session.get_next_available_stream_id()
        stream = self.streams[number] = self.Stream()
        fields = [(":method", case.method), (":scheme", "http"), (":authority", "127.0.0.1"),
                  (":path", case.path)] + list(case.fields.items())
        try:
            self.session.send_headers(number, fields, end_stream=not case.body)
            self.send()
            if case.manner == "abandoned":
                await self.send_content(number, stream, case.body[:len(case.body) // 2], False)
                await asyncio.sleep(random.random() * 0.05)
                if not stream.done.done():
                    self.session.reset_stream(number, 8)
                    self.send()
                return None
            sent = list(pieces(case, case.body, random)) if case.body else []
            for index, piece in enumerate(sent):
                await self.send_content(number, stream, piece, index == len(sent) - 1)
                if case.manner == "slow":
                    await asyncio.sleep(0.05)
            return await stream.done
        finally:
            self.streams.pop(number, None)
            if stream.done.done() and not stream.done.cancelled():
                stream.done.exception()

    async def send_content(self, number, stream, content, is_last):
        """Sends as windows allow, and stops where the answer is there already: it was refused by its head."""
        while content and not self.is_over and not stream.done.done():
            count = min(len(content), self.session.local_flow_control_window(number), self.session.max_outbound_frame_size)
            if count <= 0:
                self.window_opened.clear()
                await asyncio.wait({asyncio.ensure_future(self.window_opened.wait()), stream.done}, timeout=1,
                                   return_when=asyncio.FIRST_COMPLETED)
                continue
            self.session.send_data(number, content[:count], end_stream=is_last and count == len(content))
            content = content[count:]
            self.send()


def pieces(case, message, random):
    """The whole, or up to twenty pieces of it where the case is slow."""
    size = max(1, -(-len(message) // random.randint(2, 20))) if case.manner == "slow" else len(message)
    return (message[i:i + size] for i in range(0, len(message), size))
