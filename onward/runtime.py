"""Run services: as a Nameko container of their own, or all four in one process.

The only kernel module beside the consumer that knows Nameko and eventlet.
"""

import contextlib
import gc
import signal
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from eventlet.event import Event
from nameko.containers import ServiceContainer
from nameko.extensions import DependencyProvider, Entrypoint
from nameko.web.server import WebServer
from werkzeug.wsgi import ClosingIterator

from onward import housekeeping, transport
from onward.consumer import hear_events
from onward.green import AtWork
from onward.inbox import Arrival
from onward.intake.listening import Listener
from onward.intake.taking import Intake
from onward.relay import Relay
from onward.service import RunningService
from onward.ticking import Bell, run_tick
from onward.topology import LISTEN

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

ROLES = ("all", "web", "worker")
HTTP_DRAIN = 5.0
"""Seconds that a stopping process gives to requests under way."""
GARBAGE = 20_000
"""Objects made, beyond those given up, before Python looks for circles: a request makes thousands."""
STOP = 25.0
"""Seconds after which a stop becomes an end: it loses nothing, since every moment may be the last."""

log = structlog.get_logger(__name__)


class Running(DependencyProvider):
    """Gives the service's method the `RunningService` of its container."""

    def get_dependency(self, _worker_context: object) -> RunningService:
        """Return it."""
        running: RunningService = self.container.config["RUNNING"]
        return running


class Background(DependencyProvider):
    """The relay and the ticks: work that no message and no request starts."""

    def setup(self) -> None:
        """Find the service this container runs."""
        self._running: RunningService = self.container.config["RUNNING"]
        self._asked: Event | None = self.container.config["ASKED"]
        self._stopping = False
        self._threads: list[Any] = []
        self.bell = Bell()

    def get_dependency(self, _worker_context: object) -> Bell:
        """Return what wakes ticks."""
        return self.bell

    def start(self) -> None:
        """Start the relay and each tick, unless this process only serves the web."""
        if self.container.config["ROLE"] == "web":
            return
        relay = Relay(
            self._running.settings,
            lambda: self._stopping,
            self._is_asked,
            apart=self._running.service.told_apart,
        )
        self._spawn(relay.run, "relay")
        if self._running.service.name in LISTEN and self._is_reachable():
            self._spawn(self._listener().run, "intake")
        for tick in (*housekeeping.TICKS, *self._running.service.ticks):
            run = partial(run_tick, tick, self._running, self.bell)
            self._spawn(run, tick.name)

    def stop(self) -> None:
        """Let each finish the round it is in, within the patience of a stop."""
        self._stopping = True
        self.bell.end()
        with eventlet.Timeout(HTTP_DRAIN, exception=False):
            for thread in self._threads:
                thread.wait()

    def _is_asked(self) -> bool:
        """Tell whether the process is asked to stop, though others still finish before us."""
        return self._asked is not None and self._asked.ready()

    def _is_reachable(self) -> bool:
        """Tell whether partners' systems can connect: nobody can to the broker of one process."""
        return self._running.settings.amqp_uri != transport.URI

    def _listener(self) -> Listener:
        running = self._running
        intake = Intake(running, running.service.create_app(running))
        name = running.service.name
        return Listener(running.settings.amqp_uri, name, intake, lambda: self._stopping)

    def _spawn(self, run: Callable[[], None], name: str) -> None:
        self._threads.append(self.container.spawn_managed_thread(run, identifier=name))


class Requests:
    """A WSGI layer that sends answers as they come, and knows how many are under way."""

    def __init__(self, app: Wsgi) -> None:
        """Stand in front of *app*."""
        self._app = app
        self.under_way = 0
        """Requests whose answer is not written to its end; open live streams do not count."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request."""
        environ["eventlet.minimum_write_chunk_size"] = 1
        live = False

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal live
            live = ("Content-Type", "text/event-stream") in (
                (name.title(), value.partition(";")[0]) for name, value in headers
            )
            return start_response(status, headers, *rest)

        self.under_way += 1
        AtWork.count += 1
        try:
            answer = self._app(environ, start)
        except BaseException:
            self._answered()
            raise
        if live:
            self._answered()
            return answer
        return ClosingIterator(answer, self._answered)

    def _answered(self) -> None:
        self.under_way -= 1
        AtWork.count -= 1

    def finish(self) -> None:
        """Wait for requests under way, within the patience of a stop."""
        with eventlet.Timeout(HTTP_DRAIN, exception=False):
            while self.under_way:
                eventlet.sleep(0.02)


class FlaskServer(WebServer):
    """Nameko's web server around the service's Flask application, where this process serves HTTP."""

    def start(self) -> None:
        """Listen, unless the embedded platform or another process does."""
        if self.container.config["APP"] is not None:
            self._requests = Requests(self.container.config["APP"])
            super().start()

    def stop(self) -> None:
        """Stop listening and finish what is under way."""
        if self._starting:
            self._is_accepting = False
            self._gt.kill()
            self._sock.close()
            self._requests.finish()

    def run(self) -> None:
        """Accept connections until stopped."""
        accept(self._sock, self._serv)

    def get_wsgi_app(self) -> Any:
        """Return the application."""
        return self._requests

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, **_: Any) -> wsgi.Server:
        """Return a server that logs nothing itself: a path may be a person's link."""
        return wsgi_server(sock, wsgi_app)


def accept(listener: Any, server: wsgi.Server) -> None:
    """Serve every connection in a greenlet of its own; trouble with one is never trouble for another."""
    while True:
        try:
            sock, address = listener.accept()
        except OSError:
            eventlet.sleep(0.05)  # out of file handles: others will close theirs
            continue
        sock.settimeout(server.socket_timeout)
        eventlet.spawn_n(_serve_one, server, sock, address)


def _serve_one(server: wsgi.Server, sock: Any, address: Any) -> None:
    with contextlib.suppress(OSError):  # the caller hung up
        server.process_request([address, sock, wsgi.STATE_IDLE])


def wsgi_server(sock: Any, app: Wsgi) -> wsgi.Server:
    """Return an eventlet server for *app* on *sock*, which logs nothing itself."""
    return wsgi.Server(
        sock, sock.getsockname(), app, log_output=False, debug=False, socket_timeout=60
    )


class Http(Entrypoint):
    """Brings the web server into the container; the decorated method is never called."""

    server = FlaskServer()


http = Http.decorator


class EventService:
    """What all four services are to Nameko: an ear, a web server, and work by the clock."""

    name: str
    running = Running()
    bell = Background()

    @hear_events
    def hear(self, arrivals: Sequence[Arrival]) -> None:
        """Take over a batch of messages."""
        inbox = self.running.inbox
        inbox.receive(arrivals)
        if news := inbox.take_news():
            self.bell.ring(news)

    @http
    def web(self) -> None:
        """Serve the service's API and pages."""


def container(
    running: RunningService, *, role: str, app: Wsgi | None, asked: Event | None = None
) -> ServiceContainer:
    """Return the Nameko container for *running*; without *app* it serves no HTTP itself.

    *asked* is set as soon as the process is asked to stop.
    """
    return ServiceContainer(
        running.service.entrypoints(),
        {
            "AMQP_URI": running.settings.amqp_uri,
            "WEB_SERVER_ADDRESS": running.settings.listen,
            "RUNNING": running,
            "ROLE": role,
            "APP": app,
            "ASKED": asked,
        },
    )


def serve(running: RunningService, *, role: str) -> None:
    """Run one service in this process until SIGTERM or SIGINT, then stop without losing anything."""
    asked = asked_to_stop()
    app = running.service.create_app(running) if role != "worker" else None
    hosted = container(running, role=role, app=app, asked=asked)
    hosted.start()
    # What start-up made stays for good: looking through it again held a service still for tens of ms.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    log.info("service-started", service=running.service.name, role=role)
    wait_for_stop(asked, hosted)
    with eventlet.Timeout(STOP, exception=False):
        hosted.stop()
    running.close()
    log.info("service-stopped", service=running.service.name)


def asked_to_stop() -> Event:
    """Return what is set once the process is asked to stop; ask for it before anything starts to work."""
    asked = Event()

    def ask(*_: object) -> None:
        if not asked.ready():
            asked.send(None)

    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, ask)
    return asked


def wait_for_stop(asked: Event, *hosted: ServiceContainer) -> None:
    """Return when *asked* is set. Raises what killed a container, if one died first."""
    for each in hosted:
        eventlet.spawn_n(_watch, each, asked)
    asked.wait()


def _watch(hosted: ServiceContainer, asked: Event) -> None:
    try:
        hosted.wait()
    except Exception as error:  # noqa: BLE001 - whatever killed it, the process ends and says so
        if not asked.ready():
            asked.send_exception(error)
