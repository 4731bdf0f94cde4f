"""A connection of the server over a transport that only records, on a clock that tests set."""

import asyncio
from dataclasses import dataclass, field

import uvicorn
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.process.connection import READ_BYTES, ConnectionFactory, ConnectionTimes, Listener
from pilookup_server.process.connection_table import ConnectionTable
from uvicorn.server import ServerState

TIMES = ConnectionTimes(head=10, body=10, progress=60)


@dataclass
class FakeClock:
    now: float = 1000.0

    def __call__(self):
        return self.now


class FakeTransport(asyncio.Transport):
    """Records what is written. `unsent` bytes of it wait until the test takes them."""

    def __init__(self, peer, port=80, *, reads=True):
        super().__init__()
        self.peer, self.port, self.reads = peer, port, reads
        self.written, self.unsent = bytearray(), 0
        self.closing = self.aborted = self.paused = self.ended = False
        self.high = 65536
        self.protocol = None

    def get_extra_info(self, name, default=None):
        return {"peername": (self.peer, 1), "sockname": ("127.0.0.1", self.port)}.get(name, default)

    def set_write_buffer_limits(self, high=None, low=None):
        self.high = high

    def get_write_buffer_size(self):
        return self.unsent

    def write(self, data):
        self.written += data
        if not self.reads:
            self.unsent += len(data)
            if self.unsent > self.high:
                self.protocol.pause_writing()

    def take(self, count):
        """Let the caller take bytes."""
        self.unsent -= count
        if self.unsent <= self.high / 4:
            self.protocol.resume_writing()

    def write_eof(self):
        self.ended = True

    def is_closing(self):
        return self.closing

    def pause_reading(self):
        self.paused = True

    def resume_reading(self):
        self.paused = False

    def close(self):
        self._close()

    def abort(self):
        self.aborted = True
        self.unsent = 0
        self._close()

    def _close(self):
        if not self.closing:
            self.closing = True
            if not self.unsent:
                asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


@dataclass
class Worker:
    """The connections of one worker to an app."""

    app: object
    total: int = 100
    per_address: int = 100
    trusted: tuple = ()
    others: dict = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self):
        self.table = ConnectionTable(self.total, self.per_address, self.clock)
        self.state = ServerState()
        self.config = uvicorn.Config(self.app, http="httptools", ws="none", lifespan="off", log_config=None)
        self.config.load()
        self.factory = ConnectionFactory(Listener(self.table), self.others, ClientAddresses(self.trusted), TIMES)

    def connect(self, peer="192.0.2.1", **options):
        transport = FakeTransport(peer, **options)
        transport.protocol = self.factory(
            config=self.config, server_state=self.state, app_state={}, _loop=asyncio.get_running_loop()
        )
        transport.protocol.connection_made(transport)
        return transport


async def settle():
    """Let everything run that is ready."""
    for _ in range(20):
        await asyncio.sleep(0)


async def feed(transport, data):
    """Deliver bytes as the event loop does: no more than fit into the buffer, and none while reading is paused.

    Returns:
        How many bytes were read.
    """
    read = 0
    while read < len(data) and not transport.closing:
        if transport.paused:
            await settle()
            if transport.paused or transport.closing:
                break
        buffer = transport.protocol.get_buffer(-1)
        part = data[read : read + min(READ_BYTES, len(buffer))]
        buffer[: len(part)] = part
        transport.protocol.buffer_updated(len(part))
        read += len(part)
    await settle()
    return read
