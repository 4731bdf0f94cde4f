"""Whether a host name or address is this machine itself."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of the loopback interface (127.0.0.0/8, ::1) or the name `localhost`.

    No name is resolved: what another name leads to may change between the check and the connection.
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
