"""The proxy that the environment names: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either case."""

import ssl
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from pilookup.errors import MissingExtraError
from pilookup.loopback import is_loopback

_SOCKS = ("socks5", "socks5h")

_NOT_A_PROXY = (
    "the proxy in HTTPS_PROXY, HTTP_PROXY or ALL_PROXY: must be a URL that starts with http://, https:// or socks5://"
)


def proxy_of(url: httpx2.URL) -> str | None:
    """Return the URL of the proxy to use for a server, or None: for this machine, and for the hosts in NO_PROXY."""
    if is_loopback(url.host) or proxy_bypass(url.netloc.decode("ascii")):
        return None
    named = getproxies()
    found = named.get(url.scheme) or named.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def make_proxy(url: str, context: ssl.SSLContext) -> httpcore2.Proxy:
    """Make what httpcore needs to connect through a proxy.

    Args:
        url: the proxy's URL. It may hold a password, so that no error names it.
        context: what to trust if the proxy itself is reached by https://.

    Raises:
        ValueError: it is not the URL of a proxy.
        MissingExtraError: it is a SOCKS proxy, and the extra `socks` is not installed.
    """
    try:
        _ = urlsplit(url).port  # raises for ports and brackets that httpx2 accepts
        proxy = httpx2.Proxy(url)
    except (ValueError, httpx2.InvalidURL):
        raise ValueError(_NOT_A_PROXY) from None
    if not proxy.url.host:
        raise ValueError(_NOT_A_PROXY)
    if proxy.url.scheme in _SOCKS and find_spec("socksio") is None:
        raise MissingExtraError("a SOCKS proxy needs socksio: pip install 'pilookup[socks]', or unset ALL_PROXY")
    target = httpcore2.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port or _port(proxy.url), target=b"/"
    )
    tls = context if proxy.url.scheme == "https" else None
    return httpcore2.Proxy(target, auth=proxy.raw_auth, ssl_context=tls)


def _port(url: httpx2.URL) -> int | None:
    """Return the port of a SOCKS proxy whose URL has none; httpcore knows those of HTTP."""
    return 1080 if url.scheme in _SOCKS else None
