"""Which addresses of the network may be asked on behalf of others: public ones, and those that are allowed by name."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from setpoint.errors import InputError, ServiceError, SettingsError

__all__ = ["Address", "Allowed", "Resolve", "addresses_of", "is_public", "resolved"]

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Iterable[str]]
"""Name and port to addresses. Raises OSError where there are none."""

# What `is_global` lets pass, in some version of Python or in all of them.
_CLOSED = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by the customers of a carrier
        "168.63.129.16/32",  # Azure: metadata and health of a machine, on an address that looks public
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata too
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4 in a form that nothing uses any more
        "64:ff9b:1::/48",  # NAT64 with a prefix of one's own
        "2001::/23",  # Teredo and other tunnels
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether anybody's address of the public network, behind which nothing of this installation is.

    >>> [is_public(ip_address(text)) for text in ("93.184.215.14", "10.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _CLOSED if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inner(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts and networks that may be asked although they are not public."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def read(cls, entries: Iterable[str]) -> "Allowed":
        """From names, addresses and networks. Raises SettingsError for what is none of these.

        >>> Allowed.read(["Minio.internal", "10.1.0.0/16"])
        Allowed(hosts=frozenset({'minio.internal'}), networks=(IPv4Network('10.1.0.0/16'),))
        """
        hosts, networks = set(), []
        for entry in filter(None, (entry.strip() for entry in entries)):
            try:
                networks.append(ip_network(entry))
            except ValueError:
                if not entry.replace("-", "").replace(".", "").replace("_", "").isalnum() or entry[0].isdigit():
                    raise SettingsError(
                        f"fetch_allowed names {entry[:100]!r}: give hosts (minio.internal), addresses (10.1.2.3) or "
                        "networks (10.1.0.0/16)."
                    ) from None
                hosts.add(_plain(entry))
        return cls(frozenset(hosts), tuple(networks))

    def host(self, name: str) -> bool:
        """Whether a name is listed."""
        return _plain(name) in self.hosts

    def address(self, address: Address) -> bool:
        """Whether an address may be asked."""
        return is_public(address) or any(
            address in network for network in self.networks if network.version == address.version
        )


def _plain(host: str) -> str:
    return host.rstrip(".").lower()


def resolved(host: str, port: int) -> list[str]:
    """Addresses of a name, as this machine knows it."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def addresses_of(host: str, port: int, allowed: Allowed, resolve: Resolve = resolved) -> tuple[Address, ...]:
    """Where a host is, asked once. Raises InputError where one of its addresses may not be asked.

    Raises ServiceError where nobody can say now where it is.
    """
    try:
        found = tuple(dict.fromkeys(ip_address(text.partition("%")[0]) for text in resolve(host, port)))
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise ServiceError(f"The name of the host {host} cannot be looked up now.") from None
        raise InputError(f"There is no host {host}: check the address of the event log.") from None
    except (OSError, UnicodeError, ValueError):
        raise InputError(f"There is no host {host[:100]}: check the address of the event log.") from None
    # All of them: a name that is here and there was made to be looked up twice.
    if not found or not (allowed.host(host) or all(allowed.address(each) for each in found)):
        raise InputError(
            f"Event logs are not fetched from {host}: its address is not a public one. Upload the log, or have the "
            "host added to fetch_allowed."
        )
    return found
