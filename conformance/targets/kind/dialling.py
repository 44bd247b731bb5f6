"""What a node of ours is let dial, until it is answered as a run needs it: lookalikes' Services, and cluster DNS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dns.message

from conformance.targets.clustered.network import Dialled
from conformance.targets.kind.tools import find, run

__all__ = ["Node", "command_for_names", "command_for_places"]

# Bash has a client of its own. A Service's rules come some time after it, and may until then lead to where an earlier
# run listened, which refuses now.
_DIAL = """
while read -r ip port reach; do
  for attempt in $(seq 200); do
    answer=none
    said=$( { timeout 1 bash -c "exec 3<>/dev/tcp/$ip/$port"; } 2>&1 ) && answer=listening
    case "$said" in *refused*) answer=refused;; esac
    [ "$answer" = "$reach" ] && break
    [ "$attempt" = 200 ] && { echo "$ip:$port does not answer" >&2; exit 1; }
    sleep 0.1
  done
done
"""

# Of an answer over TCP (RFC 1035, 4.1.1 and 4.2.2) the last byte of the flags, with the RCODE, and the number of
# answers. Old servers go on answering for some time after a restart, and whom a dial comes to is chance.
_ASK = """
while read -r ip port name query; do
  good=0
  for attempt in $(seq 200); do
    set -- $(timeout 2 bash -c "exec 3<>/dev/tcp/$ip/$port; printf '$query' >&3; head -c 10 <&3" 2>/dev/null \
      | od -An -v -tx1)
    case "$6" in ?0) [ "$9${10}" != 0000 ] && good=$((good + 1));; *) good=0; sleep 0.1;; esac
    [ "$good" = 8 ] && break
    [ "$attempt" = 200 ] && { echo "cluster DNS at $ip does not know $name" >&2; exit 1; }
  done
done
"""


class Node:
    """A kind node, by the name of its container."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def reaches(self, places: Sequence[Dialled]) -> None:
        """Return when each place is reached as it should be. Raises SetupProblem when one is not."""
        remedy = "is kube-proxy running? see `kubectl get pods -n kube-system`"
        await self._bash(*command_for_places(places), "dialling lookalikes from the node", remedy)

    async def resolves(self, hosts: Iterable[str], ip: str, port: int = 53) -> None:
        """Return when the cluster's name server at (ip, port) knows all hosts. Raises SetupProblem when it does not."""
        remedy = "is CoreDNS running? see `kubectl get pods -n kube-system`"
        await self._bash(*command_for_names(hosts, ip, port), "asking cluster DNS from the node", remedy)

    async def _bash(self, script: str, text: str, what: str, remedy: str) -> None:
        command = [find("docker"), "exec", "--interactive", self._name, "bash", "-c", script]
        if text:
            await run(command, what, remedy=remedy, seconds=60, stdin=text.encode())


def command_for_places(places: Iterable[Dialled]) -> tuple[str, str]:
    """The script for bash and its standard input."""
    return _DIAL, "".join(f"{one.ip} {one.port} {one.reach}\n" for one in places)


def command_for_names(hosts: Iterable[str], ip: str, port: int) -> tuple[str, str]:
    """The script for bash and its standard input."""
    queries = ((host, dns.message.make_query(host, "A").to_wire(prepend_length=True)) for host in hosts)
    # `read` takes a backslash with -r as it is, and printf makes a byte of each \\xHH.
    escaped = ((host, "".join(f"\\x{byte:02x}" for byte in query)) for host, query in queries)
    return _ASK, "".join(f"{ip} {port} {host} {query}\n" for host, query in escaped)
