"""A shop as Hypothesis drives it: what can happen to it, and what must hold whatever does."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from bookstore.audit import findings
from catalog import indexing
from catalog.models import Edition, Stock, Supply
from catalog.models.stock import InsufficientStock
from catalog.tests.factories import EditionFactory, main_shop, orderable
from orders import cancellation, expiry, fulfillment, payments, refunds, returns
from orders.checkout import OutOfStock
from orders.models import Allocation, GiftCard, Order, OrderEvent, OrderLine, Voucher, WrongState
from orders.payments import EventKind, PaymentEvent
from orders.tests.factories import NOW, make_order
from tests.drills import SECONDS
from tests.drills.ledger import ZERO, Sale
from tests.jobs import run_jobs

AUDITED = 1 if SECONDS else 5  # so many steps lie between two audits
HELD = datetime.timedelta(minutes=31)
SHIPPING = Decimal("4.50")
MONEY_JOBS = ("orders.carry_out_refund", "orders.serve_waiting")

few = st.integers(min_value=1, max_value=3)


class Life(RuleBasedStateMachine):
    """A shop with two titles, one of which can be ordered for customers; a voucher and a card."""

    def __init__(self) -> None:
        super().__init__()
        self._undo = transaction.atomic()
        # As Django's own tests say it: what must be outermost may stand in this transaction.
        self._undo._from_testcase = True  # type: ignore[attr-defined]
        self._undo.__enter__()
        self.now = NOW
        self.sales: list[Sale] = []
        self.on_hand: dict[str, int] = {}
        self.events = self.steps = 0

    def teardown(self) -> None:
        """All jobs come to their end, and nothing stays for the next life."""
        try:
            run_jobs()
            self.agrees()
            assert list(findings()) == []
        finally:
            transaction.set_rollback(True)
            self._undo.__exit__(None, None, None)

    @initialize(plain=st.integers(0, 4), rare=st.integers(0, 2))
    def open_shop(self, plain: int, rare: int) -> None:
        """What there is."""
        self.plain = EditionFactory.create(stock=plain, price=Decimal("10.00"))
        self.rare = EditionFactory.create(stock=rare, price=Decimal("7.50"))
        orderable(self.rare)
        for edition, number in ((self.plain, plain), (self.rare, rare)):
            Stock.objects.get_or_create(edition=edition, location=main_shop())
            self.on_hand[edition.isbn13] = number
        indexing.works_changed([self.plain.work_id, self.rare.work_id])
        self.prices = {self.plain.isbn13: Decimal("10.00"), self.rare.isbn13: Decimal("7.50")}
        self.voucher = Voucher.objects.create(
            code="TENTH", kind=Voucher.Kind.PERCENTAGE, percent=Decimal(10)
        )
        self.card = GiftCard.objects.issue(Decimal("60.00"), currency="USD")
        self.balance = Decimal("60.00")

    # --- What customers do ----------------------------------------------------------------------

    @rule(
        plain=st.integers(0, 3), rare=st.integers(0, 2), with_voucher=st.booleans(),
        with_card=st.booleans(),
    )  # fmt: skip
    def order(self, plain: int, rare: int, with_voucher: bool, with_card: bool) -> None:
        """Some copies; refused exactly when there are too few of what cannot be ordered."""
        wanted = {self.plain: plain, self.rare: rare}
        lines = {edition: number for edition, number in wanted.items() if number}
        if not lines:
            return
        changes: dict[str, Any] = {"payment_method": "fake", "placed_at": self.now}
        if with_voucher:
            changes["voucher_code"] = "TENTH"
        if with_card and self.balance:
            changes["gift_card_codes"] = [self.card.code]
        is_short = plain > self.free(self.plain)
        try:
            with transaction.atomic():
                placed = make_order(lines, **changes)
        except OutOfStock:
            assert is_short
            return
        assert not is_short
        has_card = "gift_card_codes" in changes
        self._write_down(placed, lines, has_voucher=with_voucher, has_card=has_card)

    def _write_down(
        self, placed: Order, lines: Mapping[Edition, int], *, has_voucher: bool, has_card: bool
    ) -> None:
        copies = {edition.isbn13: number for edition, number in lines.items()}
        goods = sum((self.prices[each] * number for each, number in copies.items()), ZERO)
        total = (goods * Decimal("0.9") if has_voucher else goods) + SHIPPING
        part = min(total, self.balance) if has_card else ZERO
        sale = Sale(placed, copies, self.prices, total.quantize(ZERO), has_voucher, part)
        self.balance -= part
        sale.card = part
        if not sale.payable:
            sale.state = "paid"
        self.sales.append(sale)

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), kind=st.sampled_from(["exact", "exact", "exact", "less", "again"]))
    def pay(self, data: st.DataObject, kind: str) -> None:
        """As it should be, too little, or told once more; in time, twice or too late."""
        sale = self.choose(data)
        if kind == "again":
            if sale.payments:
                self._tell(sale, sale.payments[-1], self._told[sale.payments[-1]])
            return
        amount = sale.payable if kind == "exact" else sale.payable - 1
        if amount <= 0:
            return
        self.events += 1
        name = f"life-{sale.order.pk}-{self.events}"
        is_taken_up = sale.state == "expired" and kind == "exact" and self._can_be_had_again(sale)
        self._tell(sale, name, amount)
        sale.payments.append(name)
        sale.money += amount
        if sale.state == "awaiting" and kind == "exact":
            sale.state = "paid"
        elif is_taken_up:
            sale.state, sale.card = "paid", sale.card_part
            self.balance -= sale.card_part
        elif sale.state in ("expired", "canceled"):
            sale.money = ZERO
        elif sale.state in ("paid", "sent") and kind == "exact":
            sale.money -= amount  # once is enough

    def _tell(self, sale: Sale, name: str, amount: Decimal) -> None:
        payments.record_event(
            PaymentEvent(
                provider="fake",
                event_id=name,
                order_number=sale.order.number,
                kind=EventKind.SUCCEEDED,
                amount=amount,
                currency="USD",
            ),
            at=self.now,
        )
        self._told = {**getattr(self, "_told", {}), name: amount}

    def _can_be_had_again(self, sale: Sale) -> bool:
        enough = sale.copies.get(self.plain.isbn13, 0) <= self.free(self.plain)
        return enough and sale.card_part <= self.balance

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Possible until something has left."""
        sale = self.choose(data)
        try:
            with transaction.atomic():
                sale.order.cancel(at=self.now)
        except WrongState:
            assert not sale.is_open or sale.has_left
            return
        assert sale.is_open and not sale.has_left
        self._end(sale, "canceled")

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), number=few)
    def cancel_some(self, data: st.DataObject, number: int) -> None:
        """Copies of a paid order that are not packed."""
        sale = self.choose(data)
        isbn13 = data.draw(st.sampled_from(sorted(sale.copies)))
        left = sum(sale.promised(each) for each in sale.copies)
        if sale.state != "paid" or sale.is_packed or not number <= sale.promised(isbn13):
            return
        cancellation.cancel_copies(order=sale.order, copies={isbn13: number}, at=self.now)
        if number == left and not sale.has_left:
            self._end(sale, "canceled")
            return
        back = min(sale.worth(isbn13, number), sale.money + sale.card)
        self.balance += sale.give_back(back)
        sale.copies[isbn13] -= number
        self._look_whether_sent(sale)

    @rule()
    def time_passes(self) -> None:
        """So long that what was not paid expires."""
        self.now += HELD
        expiry.cancel_expired(now=self.now)
        for sale in self.sales:
            if sale.state == "awaiting":
                self._end(sale, "expired")

    def _end(self, sale: Sale, state: Any) -> None:
        sale.state, sale.is_packed = state, False
        self.balance += sale.card
        sale.money = sale.card = ZERO

    # --- What staff does ------------------------------------------------------------------------

    @precondition(lambda self: any(sale.state == "paid" for sale in self.sales))
    @rule(data=st.data(), does_leave=st.booleans())
    def pack_or_send(self, data: st.DataObject, does_leave: bool) -> None:
        """All that is there."""
        sale = self.choose(data, "paid")
        if not self._held(sale) or (sale.is_packed and not does_leave):
            return
        if does_leave:
            fulfillment.ship(order=sale.order, at=self.now)
        else:
            fulfillment.pack(order=sale.order, at=self.now)
        sale.is_packed = not does_leave
        self._look_what_left(sale)

    @precondition(lambda self: any(sale.state == "paid" for sale in self.sales))
    @rule(data=st.data())
    def send_one(self, data: st.DataObject) -> None:
        """A part of it."""
        sale = self.choose(data, "paid")
        isbn13 = data.draw(st.sampled_from(sorted(sale.copies)))
        if sale.is_packed or not self._held(sale, isbn13):
            return
        fulfillment.ship(order=sale.order, copies={isbn13: 1}, at=self.now)
        self._look_what_left(sale)

    def _held(self, sale: Sale, *isbn13: str) -> bool:
        """Whether any copy lies there for it, of these titles or of all."""
        held = Allocation.objects.filter(order_line__order=sale.order)
        return (held.filter(order_line__isbn13__in=isbn13) if isbn13 else held).exists()

    def _look_what_left(self, sale: Sale) -> None:
        for line in sale.order.lines.with_shipped():
            left = line.shipped_quantity - sale.sent.get(line.isbn13, 0)
            assert 0 <= left <= sale.promised(line.isbn13)
            self.on_hand[line.isbn13] -= left
            sale.sent[line.isbn13] = line.shipped_quantity
        self._look_whether_sent(sale)

    def _look_whether_sent(self, sale: Sale) -> None:
        if not any(sale.promised(each) for each in sale.copies):
            sale.state = "sent"

    @precondition(lambda self: any(sale.has_left for sale in self.sales))
    @rule(data=st.data(), number=few, is_whole=st.booleans())
    def come_back(self, data: st.DataObject, number: int, is_whole: bool) -> None:
        """Copies come back, onto the shelf or damaged, and the money goes back."""
        sale = data.draw(st.sampled_from([each for each in self.sales if each.has_left]))
        isbn13 = data.draw(st.sampled_from(sorted(sale.sent)))
        number = min(number, sale.at_hand(isbn13))
        if not number:
            return
        came = returns.request_return(order=sale.order, copies={isbn13: number}, at=self.now)
        returns.receive(
            of_return=came,
            restocked={isbn13: number} if is_whole else {},
            written_off={} if is_whole else {isbn13: number},
            location=main_shop(),
            at=self.now,
        )
        kept = sale.money + sale.card
        worth = returns.propose(came)
        expected = sale.worth(isbn13, number)
        assert sum(worth.lines.values()) == expected
        assert worth.amount == min(expected + worth.shipping_amount, kept)
        assert worth.shipping_amount in (ZERO, SHIPPING)
        returns.refund(of_return=came, at=self.now)
        self.balance += sale.give_back(worth.amount)
        sale.returned[isbn13] = sale.returned.get(isbn13, 0) + number
        self.on_hand[isbn13] += number if is_whole else 0

    @precondition(lambda self: self.sales)
    @rule(data=st.data(), amount=st.sampled_from(["0.01", "3.00", "25.00"]))
    def refund(self, data: st.DataObject, amount: str) -> None:
        """Some of it, as a courtesy; never more than is left."""
        sale, wanted = self.choose(data), Decimal(amount)
        if sale.state == "awaiting":
            return  # would have to be paid again
        kept = sale.money + sale.card
        try:
            with transaction.atomic():
                refunds.request_refund(order=sale.order, amount=wanted, at=self.now)
        except refunds.RefundError:
            assert wanted > kept
            return
        assert wanted <= kept
        self.balance += sale.give_back(wanted)

    @rule(data=st.data(), number=few)
    def receive(self, data: st.DataObject, number: int) -> None:
        """Copies come in."""
        stock = self._stock(data)
        stock.receive(number)
        self.on_hand[stock.edition.isbn13] += number

    @rule(data=st.data(), number=few)
    def lose(self, data: st.DataObject, number: int) -> None:
        """Copies are missing; never those that are promised."""
        stock = self._stock(data)
        try:
            with transaction.atomic():
                stock.adjust(-number, reason="missing")
        except InsufficientStock:
            assert number > stock.on_hand - stock.allocated
            return
        self.on_hand[stock.edition.isbn13] -= number

    @rule()
    def work(self) -> None:
        """The worker does what waits: e-mails, invoices, all of it."""
        run_jobs()

    # --- What must hold -------------------------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        """Shop and model say the same, and the audit finds nothing."""
        if not self.on_hand:
            return
        run_jobs(only=MONEY_JOBS)
        self.steps += 1
        if self.steps % AUDITED == 0:
            assert list(findings()) == []
        for edition in (self.plain, self.rare):
            self._agree_on_stock(edition)
        for sale in self.sales:
            self._agree_on_sale(sale)
        self.card.refresh_from_db()
        self.voucher.refresh_from_db()
        assert self.card.balance_amount == self.balance
        uses = sum(
            sale.has_voucher and sale.state not in ("expired", "canceled") for sale in self.sales
        )
        assert self.voucher.used_count == uses

    def _agree_on_stock(self, edition: Edition) -> None:
        stock = Stock.objects.get(edition=edition)
        supply = Supply.objects.filter(edition=edition).first()
        awaited = supply.awaited if supply else 0
        promised = sum(sale.promised(edition.isbn13) for sale in self.sales)
        assert stock.on_hand == self.on_hand[edition.isbn13]
        assert stock.allocated + awaited == promised
        # Nobody waits for copies that lie there free.
        assert not awaited or stock.available == 0

    def _agree_on_sale(self, sale: Sale) -> None:
        order = Order.objects.get(pk=sale.order.pk)
        statuses = {
            "awaiting": {"awaiting_payment"}, "paid": {"paid"}, "sent": {"shipped", "completed"},
            "expired": {"canceled"}, "canceled": {"canceled"},
        }  # fmt: skip
        assert order.status in statuses[sale.state]
        assert order.total_amount == sale.total
        assert order.payable_amount == sale.payable
        assert order.received_amount == sale.money + sale.card
        assert order.refundable_amount == sale.money + sale.card
        assert order.events.filter(kind=OrderEvent.Kind.PLACED).count() == 1
        for line in OrderLine.objects.filter(order=order):
            assert line.kept_quantity == sale.copies[line.isbn13]

    # --- What the rules need --------------------------------------------------------------------

    def choose(self, data: st.DataObject, state: str = "") -> Sale:
        """One of the orders, as it is now."""
        sale = data.draw(
            st.sampled_from([each for each in self.sales if not state or each.state == state])
        )
        sale.order = Order.objects.get(pk=sale.order.pk)
        return sale

    def free(self, edition: Edition) -> int:
        """Copies that nobody was promised."""
        promised = sum(sale.promised(edition.isbn13) for sale in self.sales)
        return self.on_hand[edition.isbn13] - promised

    def _stock(self, data: st.DataObject) -> Stock:
        edition = data.draw(st.sampled_from([self.plain, self.rare]))
        return Stock.objects.select_related("edition", "location").get(edition=edition)
