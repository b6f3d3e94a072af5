"""People in the back office: signing in, users, their powers, and tokens."""

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from accounts.admin import asked_for
from accounts.models import ApiToken, User
from tests.people import PASSWORD, alice, bob, carol

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"


@pytest.fixture
def clerk(client: Client) -> User:
    """Carol, signed in."""
    user = carol()
    client.force_login(user)
    return user


def user_form(user: User, **changes: Any) -> dict[str, Any]:
    formsets = {
        f"{prefix}-{name}": "0"
        for prefix in ("addresses", "emailaddress_set")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return {"email": user.email, "name": user.name, "is_active": "on", **formsets, **changes}


def change_url(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def sign_in(client: Client, email: str, password: str) -> Any:
    return client.post(
        "/admin/login/?next=/admin/", {"username": email, "password": password, "next": "/admin/"}
    )


def test_staff_signs_in_by_e_mail_address(client: Client) -> None:
    carol()
    response = sign_in(client, "Carol@Example.com", PASSWORD)
    assert response.status_code == 302
    assert response["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_customers_and_wrong_passwords_do_not_get_in(client: Client) -> None:
    carol()
    alice()
    for email, password in (
        ("carol@example.com", "wrong"),
        ("alice@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("", ""),
    ):
        assert sign_in(client, email, password).status_code == 200
        assert client.get("/admin/").status_code == 302


def test_nobody_guesses_on_and_on(client: Client) -> None:
    carol()
    for _attempt in range(12):
        response = sign_in(client, "carol@example.com", "wrong")
    assert "Too many failed login attempts" in response.content.decode()
    assert sign_in(client, "carol@example.com", PASSWORD).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_the_list_takes_a_fixed_number_of_queries(
    client: Client, clerk: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for people in ((alice,), (bob,)):
        for person in people:
            person()
        with django_assert_max_num_queries(10) as counted:
            page = client.get(USERS, {"q": "example.com"}).content.decode()
        counts.append(len(counted))
    assert "bob@example.com" in page
    assert counts[0] == counts[1]


def test_a_user_is_added(client: Client, clerk: User) -> None:
    form = user_form(
        User(email="Dave@Example.com", name="Dave"),
        usable_password="true",
        password1="an honest phrase",
        password2="an honest phrase",
    )
    assert client.post(f"{USERS}add/", form).status_code == 302
    dave = User.objects.get(email="dave@example.com")
    assert dave.check_password("an honest phrase")
    assert not dave.is_staff


def test_the_same_address_in_other_letters_is_refused(client: Client, clerk: User) -> None:
    alice()
    form = user_form(User(email="ALICE@example.com"), usable_password="false")
    response = client.post(f"{USERS}add/", form)
    assert response.status_code == 200
    assert "email" in response.context["adminform"].form.errors
    assert User.objects.count() == 2


def test_a_superuser_gives_powers(client: Client, clerk: User) -> None:
    customer = alice()
    response = client.post(change_url(customer), user_form(customer, is_staff="on"))
    assert response.status_code == 302
    customer.refresh_from_db()
    assert customer.is_staff


def test_nobody_else_gives_or_takes_powers(client: Client) -> None:
    boss, customer, helper = carol(), alice(), bob()
    helper.is_staff = True
    helper.save()
    names = ("view_user", "change_user", "delete_user")
    helper.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(helper)

    powers = {"is_staff": "on", "is_superuser": "on"}
    client.post(change_url(customer), user_form(customer, name="Alice L.", **powers))
    client.post(change_url(helper), user_form(helper, **powers))
    refused = client.post(change_url(boss), user_form(boss, email="mine@example.com"))
    password = reverse("admin:auth_user_password_change", args=[boss.pk])
    forms = {"password1": "an honest phrase", "password2": "an honest phrase"}
    assert refused.status_code == 403
    assert client.post(password, forms).status_code == 403
    delete = reverse("admin:accounts_user_delete", args=[boss.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    client.post(USERS, bulk)

    colleague = User.objects.create_user("dave@example.com", PASSWORD, is_staff=True)
    assert client.post(change_url(colleague), user_form(colleague)).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[colleague.pk])
    assert client.post(password, forms).status_code == 403
    client.post(USERS, {**bulk, "_selected_action": [colleague.pk]})
    colleague.refresh_from_db()
    assert colleague.check_password(PASSWORD)

    for person in (boss, customer, helper):
        person.refresh_from_db()
    assert (customer.name, customer.is_staff, customer.is_superuser) == ("Alice L.", False, False)
    assert not helper.is_superuser
    assert boss.email == "carol@example.com"
    assert boss.check_password(PASSWORD)


def test_staff_and_what_they_did_stay(client: Client, clerk: User) -> None:
    colleague = User.objects.create_user("dave@example.com", PASSWORD, is_staff=True)
    former, customer = bob(), alice()
    LogEntry.objects.create(user=former, action_flag=CHANGE, object_repr="Emma")
    delete = {"action": "delete_selected", "post": "yes"}

    for person in (clerk, colleague, former):
        url = reverse("admin:accounts_user_delete", args=[person.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403
        chosen = {"_selected_action": [person.pk, customer.pk]}
        page = client.post(USERS, {**delete, **chosen}).content.decode()
        assert "untick “Active” on their page" in page
        assert str(person) in page
        assert "your account" not in page
    assert "untick “Active”" in client.get(change_url(colleague)).content.decode()
    assert User.objects.count() == 4
    assert LogEntry.objects.count() == 1

    client.post(USERS, {**delete, "_selected_action": [customer.pk]})
    assert set(User.objects.all()) == {clerk, colleague, former}


def test_many_are_deleted_by_as_few_queries_as_two(
    client: Client, clerk: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for number in (2, 10):
        customers = [User.objects.create_user(f"{n}@example.com", None) for n in range(number)]
        chosen = {"_selected_action": [customer.pk for customer in customers]}
        with django_assert_max_num_queries(60) as counted:
            page = client.post(USERS, {"action": "delete_selected", **chosen})
            client.post(USERS, {"action": "delete_selected", "post": "yes", **chosen})
        counts.append(len(counted))
        assert "1@example.com" in page.content.decode()
        assert set(User.objects.all()) == {clerk}
    assert counts[0] == counts[1]


def test_groups_are_the_affair_of_superusers(client: Client) -> None:
    helper = alice()
    helper.is_staff = True
    helper.save()
    codenames = ("view_group", "add_group", "change_group", "delete_group")
    helper.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    group = Group.objects.create(name="Helpers")
    helper.groups.add(group)
    client.force_login(helper)

    every = list(asked_for().values_list("pk", flat=True))
    assert not asked_for().filter(codename__in=codenames).exists()
    form = {"name": "Helpers", "permissions": every}
    assert client.get("/admin/auth/group/").status_code == 200
    for page in ("add", f"{group.pk}/change", f"{group.pk}/delete"):
        assert client.post(f"/admin/auth/group/{page}/", {**form, "post": "yes"}).status_code == 403
    assert not group.permissions.exists()

    client.force_login(carol())
    assert client.post(f"/admin/auth/group/{group.pk}/change/", form).status_code == 302
    assert group.permissions.count() == len(every)


def test_tokens_are_revoked(client: Client, clerk: User) -> None:
    token, secret = ApiToken.objects.issue(user=clerk, name="Till")
    page = "/admin/accounts/apitoken/"
    assert secret not in client.get(page).content.decode()

    data = {"action": "revoke", "_selected_action": [token.pk]}
    response = client.post(page, data, follow=True)

    assert "1 token revoked." in response.content.decode()
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert client.get(f"{page}add/").status_code == 403
    delete = reverse("admin:accounts_apitoken_delete", args=[token.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
