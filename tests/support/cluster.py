"""Three RabbitMQ nodes of our own that form one cluster, to be killed, frozen and parted."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Self

from onward.servers import LocalRabbit, ServerError
from onward.servers.rabbit import USER

PEERS = 2
_PART = "[begin erlang:set_cookie(N, {cookie}), erlang:disconnect_node(N) end || N <- [{peers}]]"


class Cluster:
    """One node, and two that joined it."""

    def __init__(self) -> None:
        """Raise `ServerError` where RabbitMQ is not installed."""
        first = LocalRabbit()
        self.nodes: Sequence[LocalRabbit] = [first]
        self._first = first

    def __enter__(self) -> Self:
        """Start every node and wait until they are one cluster."""
        self._first.start()
        peers = [LocalRabbit(beside=self._first) for _ in range(PEERS)]
        self.nodes = [self._first, *peers]
        with ThreadPoolExecutor(PEERS) as pool:
            list(pool.map(LocalRabbit.start, peers))
        return self

    def __exit__(self, *_: object) -> None:
        """Stop every node; the first last, since it owns the port mapper."""
        for node in reversed(self.nodes):
            node.stop()

    @property
    def uri(self) -> str:
        """Where clients connect: every node's address."""
        return ";".join(node.uri for node in self.nodes)

    def virtual_host(self, name: str) -> str:
        """Make a virtual host; return where clients of it connect."""
        self._first.ctl("add_vhost", name)
        self._first.ctl("set_permissions", "-p", name, USER, ".*", ".*", ".*")
        return self.uri.replace("/%2F", f"/{name}")

    def leader(self, queue: str, virtual_host: str = "/") -> LocalRabbit:
        """Return the node that leads quorum queue *queue*; asks whichever node answers."""
        asked = ("list_queues", "-p", virtual_host, "name", "leader", "--formatter", "json")
        for node in self.nodes:
            with suppress(ServerError):
                leaders = {row["name"]: row["leader"] for row in json.loads(node.ctl(*asked))}
                return next(node for node in self.nodes if node.name == leaders[queue])
        raise AssertionError("No node of the cluster answers.")

    def members(self, queue: str) -> int:
        """Return how many nodes keep a copy of quorum queue *queue*."""
        told = self._first.ctl("list_queues", "name", "members", "--formatter", "json")
        return next(len(row["members"]) for row in json.loads(told) if row["name"] == queue)

    def part(self, node: LocalRabbit) -> None:
        """Break the links between *node* and its peers, and let none come about again.

        Its peers do not share its cookie any more, so that each side refuses the other.
        """
        self._break(node, "parted")

    def rejoin(self, node: LocalRabbit) -> None:
        """Let *node* and its peers find each other again."""
        self._break(node, "erlang:get_cookie()")

    def _break(self, node: LocalRabbit, cookie: str) -> None:
        peers = ",".join(f"'{each.name}'" for each in self.nodes if each is not node)
        node.ctl("eval", _PART.format(cookie=cookie, peers=peers) + ".")
