"""Which ways to pay are offered."""

import pytest
from django.test import override_settings

from orders import gateways


@pytest.mark.parametrize(("is_fake", "codes"), [(True, ["fake", "offline"]), (False, ["offline"])])
def test_pretended_payment_is_offered_only_where_it_is_allowed(
    is_fake: bool, codes: list[str]
) -> None:
    with override_settings(FAKE_PAYMENTS=is_fake):
        methods = gateways.payment_methods()
        assert [method.code for method in methods] == codes
        assert [method.amount for method in methods] == [0] * len(codes)
        assert gateways.find("stripe") is None
        assert (gateways.find("fake") is not None) is is_fake
