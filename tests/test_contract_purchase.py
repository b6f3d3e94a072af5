"""Buying through the forms of the shop without any script, as a guest and as a member."""

import threading
from collections import Counter

from tests import mailbox
from tests.conftest import NextEdition
from tests.purchases import PASSWORD, add, check_out, order_number, sign_in
from tests.shop import Shop
from tests.visitor import Answer, Visitor

BUYERS = 20


# --- A guest ------------------------------------------------------------------------------------


def test_a_guest_buys(shop: Shop, visitor: Visitor, next_edition: NextEdition) -> None:
    edition = next_edition()
    assert add(visitor, edition, 2).location == "/basket/"
    basket = visitor.get("/basket/")
    assert edition["title"] in basket.text
    quantity = {f"quantity-{edition['isbn13']}": "1"}
    form = basket.form("/basket/quantities/")
    assert visitor.submit(form, **quantity).location == "/basket/"
    sent = check_out(visitor, "guest@example.com", payment_method="fake")
    number = order_number(sent)
    page = visitor.follow(sent)
    assert page.path.startswith(f"/orders/{number}/fake-payment/")
    paid = visitor.submit(page.form(f"/orders/{number}/fake-payment/"), answer="pay")
    assert paid.location == f"/orders/{number}/"
    order = visitor.follow(paid)
    assert edition["title"] in order.text
    assert "Paid" in order.text
    assert visitor.basket_quantity == 0
    mail = mailbox.wait_for("guest@example.com", number, folder=shop.data_dir / "mail")
    stranger = Visitor(shop.base_url)
    assert stranger.get(f"/orders/{number}/").status == 404
    assert stranger.get(mailbox.link(mail, "/orders/")).status == 200


def test_a_checkout_with_errors_keeps_what_was_typed(
    visitor: Visitor, next_edition: NextEdition
) -> None:
    add(visitor, next_edition())
    refused = check_out(visitor, "no address", payment_method="offline", city="", line1="Here 1")
    assert refused.status == 422
    form = refused.form("/checkout/")
    assert form.fields["email"] == "no address"
    assert form.fields["line1"] == "Here 1"
    assert "Please enter the city." in refused.text
    assert visitor.basket_quantity == 1


def test_a_form_sent_twice_orders_once(visitor: Visitor, next_edition: NextEdition) -> None:
    add(visitor, next_edition())
    form = visitor.get("/checkout/").form("/checkout/")
    values = {
        "email": "twice@example.com", "payment_method": "offline", "name": "Tweedledee",
        "line1": "In the wood 1", "city": "Oxford", "postcode": "OX1", "country": "GB",
    }  # fmt: skip
    first = visitor.submit(form, **values)
    again = visitor.submit(form, **values)
    assert order_number(first) == order_number(again)


def test_the_last_copy_is_sold_once(
    shop: Shop, staff: Visitor, visitor: Visitor, next_edition: NextEdition
) -> None:
    edition = next_edition()
    stock = f"stock/{edition['isbn13']}"
    assert staff.call("PUT", stock, {"on_hand": 1}).json()["available"] == 1
    buyers = [Visitor(shop.base_url) for _ in range(BUYERS)]
    for buyer in buyers:
        assert add(buyer, edition).status == 303
    answers = at_once(buyers)
    assert Counter(answer.status for answer in answers) == {303: 1, 409: BUYERS - 1}
    loser = next(answer for answer in answers if answer.status == 409)
    assert f"“{edition['title']}” is sold out." in loser.text
    after = staff.call("GET", stock).json()
    assert (after["on_hand"], after["allocated"], after["available"]) == (1, 1, 0)
    assert shop.audit() == ""


def at_once(buyers: list[Visitor]) -> list[Answer]:
    """All of them send their checkouts at the same moment."""
    forms = [buyer.get("/checkout/").form("/checkout/") for buyer in buyers]
    gate, answers = threading.Barrier(len(buyers)), []

    def buy(place: int) -> None:
        values = {
            "email": f"buyer{place}@example.com", "payment_method": "offline",
            "shipping_method": "collection",
        }  # fmt: skip
        gate.wait(timeout=120)
        answers.append(buyers[place].submit(forms[place], **values))

    threads = [threading.Thread(target=buy, args=(place,)) for place in range(len(buyers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert len(answers) == len(buyers)
    return answers


# --- A member -----------------------------------------------------------------------------------


def sign_up(shop: Shop, visitor: Visitor, email: str) -> None:
    form = visitor.get("/account/signup/").form("/account/signup/")
    assert visitor.submit(form, email=email, password1=PASSWORD).status == 302
    mail = mailbox.wait_for(email, "", folder=shop.data_dir / "mail")
    page = visitor.get(mailbox.link(mail, "/account/confirm-email/"))
    assert page.status == 200
    # The form's key is signed anew, so in another second it is another than the link's.
    assert visitor.submit(page.form_below("/account/confirm-email/")).status == 302


def test_a_member_buys(shop: Shop, visitor: Visitor, next_edition: NextEdition) -> None:
    chosen, at_home = next_edition(), next_edition()
    sign_up(shop, visitor, "member@example.com")
    if visitor.get("/account/").status != 200:
        sign_in(visitor, "member@example.com")
    add(visitor, at_home)
    # Elsewhere, as a guest first: the basket follows and is joined with the one at home.
    elsewhere = Visitor(shop.base_url)
    add(elsewhere, chosen, 2)
    assert sign_in(elsewhere, "member@example.com").status == 302
    assert elsewhere.basket_quantity == 3
    number = order_number(
        check_out(elsewhere, "member@example.com", payment_method="offline", save_address="on")
    )
    assert elsewhere.basket_quantity == 0
    history = visitor.get("/account/orders/")
    assert number in history.text
    assert visitor.get(f"/orders/{number}/").status == 200
    assert "Christ Church" in visitor.get("/account/addresses/").text
    bob = Visitor(shop.base_url)
    sign_up(shop, bob, "bob.cratchit@example.com")
    sign_in(bob, "bob.cratchit@example.com")
    assert bob.get("/account/").status == 200
    assert bob.get(f"/orders/{number}/").status == 404
    assert number not in bob.get("/account/orders/").text


def test_a_forgotten_password_is_replaced(shop: Shop, visitor: Visitor) -> None:
    folder = shop.data_dir / "mail"
    sign_up(shop, visitor, "forgetful@example.com")
    form = visitor.get("/account/password/reset/").form("/account/password/reset/")
    assert visitor.submit(form, email="forgetful@example.com").status == 302
    reset = "/account/password/reset/key/"
    elsewhere = Visitor(shop.base_url)
    mail = mailbox.wait_for("forgetful@example.com", "assword", folder=folder)
    page = elsewhere.open(mailbox.link(mail, reset))
    values = dict.fromkeys(("password1", "password2"), "something that I can remember")
    form = page.form(page.path)
    chosen = {name: value for name, value in values.items() if name in form.names}
    assert elsewhere.submit(form, **chosen).status == 302
    assert sign_in(elsewhere, "forgetful@example.com", PASSWORD).status == 200
    newly = sign_in(elsewhere, "forgetful@example.com", "something that I can remember")
    assert newly.status == 302
    assert elsewhere.get("/account/").status == 200


def test_an_address_that_has_an_account_is_not_betrayed(shop: Shop, visitor: Visitor) -> None:
    sign_up(shop, visitor, "taken@example.com")
    stranger = Visitor(shop.base_url)
    form = stranger.get("/account/signup/").form("/account/signup/")
    answer = stranger.submit(form, email="taken@example.com", password1="another good one")
    assert (answer.status, answer.location) == (302, "/account/confirm-email/")
