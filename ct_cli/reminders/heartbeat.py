"""Tells a watcher that a run went well, so that it can tell when none did: a page that is fetched."""

import http.client
import ssl
from urllib.error import URLError
from urllib.request import HTTPSHandler, build_opener

SECONDS = 10


def ping(address: str) -> str:
    """Fetch the page; empty where that went well, else why it did not. The address is secret, and so not in it."""
    if not address.startswith(("https://", "http://")):
        return "reminders.heartbeat is not a page's address: it begins with https://"
    opener = build_opener(HTTPSHandler(context=ssl.create_default_context()))
    try:
        with opener.open(address, timeout=SECONDS) as answer:
            answer.read(1)
    except URLError as error:  # HTTPError among them
        return f"the heartbeat's page did not answer ({getattr(error, 'code', None) or _short(error.reason)})"
    except (OSError, http.client.HTTPException, ValueError) as error:
        return f"the heartbeat's page did not answer ({_short(error)})"
    return ""


def _short(reason: object) -> str:
    words = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
    return words.lower()
