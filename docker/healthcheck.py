"""Whether what this container runs is well: `python docker/healthcheck.py [/health]`.

A role answers on PORT, the worker on METRICS_PORT; no container runs both.
"""

import http.client
import os
import sys

TIMEOUT_SECONDS = 3
PORTS = (("PORT", "8000"), ("METRICS_PORT", "0"))


def status(port: int, path: str) -> int:
    """What is answered there; 0 when nobody does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def main() -> None:
    """Exit with 0 when it is well, else with 1 and a line that Docker keeps."""
    path = sys.argv[1] if len(sys.argv) > 1 else "/health"
    ports = [int(os.environ.get(name) or default) for name, default in PORTS]
    seen = [status(port, path) for port in ports if port]
    if http.client.OK not in seen:
        said = next((str(each) for each in seen if each), "no answer")
        sys.exit(f"{path}: {said}")


if __name__ == "__main__":
    main()
