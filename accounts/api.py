"""Bearer tokens, by which the API knows a member of staff, and what they may do."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.security import HttpBearer

from accounts.models import ApiToken, User

SAFE_METHODS = ("GET", "HEAD")


def require(user: User, permission: str) -> None:
    """Raises AuthorizationError for who lacks the permission."""
    if not user.has_perm(permission):
        text = _("The permission %(name)s is needed.")
        raise AuthorizationError(message=text % {"name": permission})


class StaffBearer(HttpBearer):
    """`Authorization: Bearer <token>`, made by `create_api_token`; never a cookie.

    Reading needs the permission to view what is guarded, anything else the one to change it, or
    what else `writing` says.
    """

    def __init__(self, *, guards: str, writing: str = "change") -> None:
        """`guards` is a model as in permissions: `orders.order`."""
        super().__init__()
        self.app, self.model = guards.split(".")
        self.writing = writing

    def __call__(self, request: HttpRequest) -> User:
        """The member of staff. Raises AuthenticationError without a token of this scheme."""
        user: User | None = super().__call__(request)
        if user is None:
            raise AuthenticationError(message=_("A bearer token is needed."))
        return user

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """The holder of the token.

        Raises AuthenticationError when it is unknown, revoked, or its user inactive, and
        AuthorizationError when that user is no longer staff or lacks the permission.
        """
        found = ApiToken.objects.in_force(token)
        if found is None or not found.user.is_active:
            raise AuthenticationError(message=_("This bearer token is not valid."))
        if not found.user.is_staff:
            raise AuthorizationError(message=_("This bearer token is not a member of staff's."))
        action = "view" if request.method in SAFE_METHODS else self.writing
        require(found.user, f"{self.app}.{action}_{self.model}")
        found.used(at=timezone.now())
        return found.user
