"""The people in the tests."""

from allauth.account.models import EmailAddress

from accounts.models import ApiToken, User

PASSWORD = "correct horse battery"


def alice() -> User:
    """A customer."""
    return _customer("alice@example.com", "Alice Liddell")


def bob() -> User:
    """Another customer, who must never see what is alice's."""
    return _customer("bob@example.com", "Bob Cratchit")


def carol() -> User:
    """A member of staff who may do everything."""
    user = User.objects.create_superuser("carol@example.com", PASSWORD, name="Carol Bird")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def bearer(user: User) -> dict[str, str]:
    """The headers of a program that acts for `user`."""
    _, secret = ApiToken.objects.issue(user=user, name="test")
    return {"Authorization": f"Bearer {secret}"}


def _customer(email: str, name: str) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
