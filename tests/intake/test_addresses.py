"""No address of this installation can be asked on behalf of others, in whatever form it is written."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.errors import InputError, ServiceError, SettingsError
from setpoint.intake.addresses import Allowed, addresses_of, is_public

CLOSED = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
        "2001:db8::/32",
        "2001::/32",
        "64:ff9b:1::/48",
    )
]


def _within(network: IPv4Network | IPv6Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    return st.integers(0, network.num_addresses - 1).map(lambda number: network[number])


closed = st.sampled_from(CLOSED).flatmap(_within)
closed_v4 = st.sampled_from([network for network in CLOSED if network.version == 4]).flatmap(_within)


@given(closed)
def test_no_closed_network_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address)


@given(closed_v4, st.integers(0, 2**80 - 1))
def test_nor_is_an_address_that_stands_for_one(address: IPv4Address | IPv6Address, rest: int) -> None:
    number = int(address)
    forms = (
        (0xFFFF << 32) | number,  # mapped
        number,  # compatible
        (0x2002 << 112) | (number << 80) | rest,  # 6to4
        (0x0064_FF9B << 96) | number,  # NAT64
        (0x2001_0000 << 96) | (rest & ((1 << 32) - 1)) | ((number ^ 0xFFFF_FFFF) << 32),  # Teredo
    )
    assert [IPv6Address(form) for form in forms if is_public(IPv6Address(form))] == []


@given(st.ip_addresses())
def test_what_is_public_is_global_and_no_other_form_changes_that(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        closed_to_all = (address.is_private, address.is_loopback, address.is_link_local, address.is_multicast)
        assert not any(closed_to_all)
    if isinstance(address, IPv4Address):
        assert is_public(IPv6Address(f"::ffff:{address}")) == is_public(address)
        assert is_public(IPv6Address(f"64:ff9b::{address}")) == is_public(address)


def test_public_ones_are_public() -> None:
    assert all(is_public(ip_address(text)) for text in ("8.8.8.8", "52.216.1.1", "2600:1f18::1", "64:ff9b::8.8.8.8"))


def test_all_addresses_of_a_name_count() -> None:
    with pytest.raises(InputError, match="not a public one"):
        addresses_of("two.example", 443, Allowed(), lambda *_: ["8.8.8.8", "127.0.0.1"])
    assert len(addresses_of("two.example", 443, Allowed(), lambda *_: ["8.8.8.8", "8.8.4.4", "8.8.8.8"])) == 2


@pytest.mark.parametrize("entry", ["minio.internal", "MinIO.internal.", "10.1.2.3", "10.1.0.0/16"])
def test_what_is_listed_is_allowed(entry: str) -> None:
    allowed = Allowed.read([" ", entry])
    assert addresses_of("minio.internal", 80, allowed, lambda *_: ["10.1.2.3"]) == (ip_address("10.1.2.3"),)
    with pytest.raises(InputError):
        addresses_of("metadata.internal", 80, allowed, lambda *_: ["10.2.0.1"])


@pytest.mark.parametrize("entry", ["http://x", "10.0.0.0/99", "10.1.2.3/16", "*", "a b", "999.1.1.1"])
def test_what_cannot_be_listed_is_said(entry: str) -> None:
    with pytest.raises(SettingsError, match="fetch_allowed"):
        Allowed.read([entry])


@pytest.mark.parametrize("written", ["2130706433", "0x7f.1", "127.1", "017700000001", "localhost", "[::1]"])
def test_this_machine_is_refused_however_it_is_written(written: str) -> None:
    with pytest.raises(InputError):
        addresses_of(written.strip("[]"), 80, Allowed())


@given(st.text(max_size=80))
def test_no_name_does_more_than_refuse(name: str) -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise UnicodeError

    with pytest.raises(InputError):
        addresses_of(name, 80, Allowed(), nowhere)


def test_a_name_that_cannot_be_looked_up_now_is_asked_again() -> None:
    def later(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    def never(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "never")

    with pytest.raises(ServiceError):
        addresses_of("log.example", 80, Allowed(), later)
    with pytest.raises(InputError):
        addresses_of("log.example", 80, Allowed(), never)
