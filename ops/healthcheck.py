"""`python -m ops.healthcheck URL`: whether a process answers there with 200; status 1 and a line when it does not.

For containers, whose image holds no other program that asks over HTTP; it loads nothing of c360.
"""

import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_SECONDS = 4.0


def main(url: str) -> int:
    """0 when it is well."""
    asked = urlsplit(url)
    try:
        # Not by urllib: a proxy of the environment knows nothing of this container's loopback.
        with closing(HTTPConnection(asked.hostname or "", asked.port, timeout=_SECONDS)) as connection:
            connection.request("GET", asked.path)
            status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"{url} does not answer: {error}\n")
        return 1
    if status != 200:
        sys.stderr.write(f"{url} answers {status}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
