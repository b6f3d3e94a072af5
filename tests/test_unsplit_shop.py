"""The shop in one process, as `make run` starts it: everything is there, and nothing is left."""

from tests import mailbox
from tests.pages import public_pages
from tests.purchases import add, check_out, order_number
from tests.shop import Shop
from tests.visitor import Visitor


def test_everything_opens_and_can_be_bought(unsplit_shop: Shop) -> None:
    visitor = Visitor(unsplit_shop.base_url)
    for path in (*public_pages(visitor).values(), "/account/login/", "/live/ready", "/api/ready"):
        assert visitor.get(path).status == 200, path
    edition = visitor.call("GET", "editions?q=pride%20prejudice").json()["items"][0]
    assert add(visitor, edition).status == 303
    number = order_number(check_out(visitor, "unsplit@example.com", payment_method="offline"))
    assert edition["title"] in visitor.get(f"/orders/{number}/").text
    folder = unsplit_shop.data_dir / "mail"
    mail = mailbox.wait_for("unsplit@example.com", number, folder=folder)
    assert unsplit_shop.base_url in mailbox.plain_text(mail)
    assert unsplit_shop.audit() == ""
    email, password = unsplit_shop.staff_login
    form = visitor.get("/admin/login/").form("/admin/login/")
    assert visitor.submit(form, username=email, password=password).location == "/admin/"
    assert visitor.get("/admin/").status == 200
