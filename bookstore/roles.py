"""The roles that the one image can start in.

This table is the only place that knows what a role is: the URL configuration, the database
connection, the middleware and the readiness checks are derived from it, and a test compares the
nginx configuration with it. Nothing else asks which role is running.
"""

from dataclasses import dataclass
from enum import Enum


class DatabaseAccess(Enum):
    """What a role may do in PostgreSQL."""

    OWNER = "owner"  # reads and writes everything; the only writer
    READER = "reader"  # a database user with SELECT on what is public
    NONE = "none"  # Django's dummy backend: a query is an error


@dataclass(frozen=True)
class Route:
    """One path prefix (no leading slash; empty for everything else) and the URLs behind it."""

    prefix: str
    urlconf: str


@dataclass(frozen=True)
class Role:
    """A process's share of the shop."""

    name: str
    routes: tuple[Route, ...]
    database: DatabaseAccess
    has_sessions: bool
    """Whether visitors are known here: sessions, CSRF tokens, sign-in, messages."""
    threads: int
    """Requests that a web process answers at once, each with a connection if it needs one.

    Python runs one of them at a time: more only lengthen the slowest answers, unless threads wait
    for PostgreSQL (`make bench ARGS=processes`; docs/performance.md has the figures).
    """
    ready_paths: tuple[str, ...] = ()
    """Where `ready` answers besides `/ready`, so that every role can be asked through nginx."""


class UnknownRole(ValueError):
    """BOOKSTORE_ROLE names no row of the table."""


RDS = Role(
    name="rds",
    routes=(
        Route("basket/", "storefront.urls.basket"),
        Route("checkout/", "storefront.urls.checkout"),
        Route("orders/", "storefront.urls.orders"),
        Route("account/", "storefront.urls.account"),
        Route("api/", "bookstore.urls.api"),
        Route("admin/", "bookstore.urls.admin"),
        Route("webhooks/", "orders.webhooks"),
    ),
    database=DatabaseAccess.OWNER,
    has_sessions=True,
    threads=8,
    ready_paths=("api/ready",),
)
REDIS = Role(
    name="redis",
    routes=(Route("live/", "bookstore.urls.live"),),
    database=DatabaseAccess.NONE,
    has_sessions=False,
    threads=4,
    ready_paths=("live/ready",),
)
FRONTEND = Role(
    name="frontend",
    routes=(Route("", "storefront.urls.public"),),
    database=DatabaseAccess.READER,
    has_sessions=False,
    threads=4,
)
SPLIT = (RDS, REDIS, FRONTEND)
"""The roles that together are the shop, most specific prefixes first."""

ALL = Role(
    name="all",
    routes=tuple(route for role in SPLIT for route in role.routes),
    database=DatabaseAccess.OWNER,
    has_sessions=True,
    threads=8,
    ready_paths=tuple(path for role in SPLIT for path in role.ready_paths),
)
ROLES = {role.name: role for role in (*SPLIT, ALL)}


def get_role(name: str) -> Role:
    """The role called `name`.

    Raises UnknownRole, listing the known ones, when there is none.
    """
    try:
        return ROLES[name]
    except KeyError:
        known = ", ".join(ROLES)
        raise UnknownRole(
            f"BOOKSTORE_ROLE is {name!r}, which is no role of the bookstore. Known roles: {known}."
        ) from None
