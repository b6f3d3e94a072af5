"""An order's number, which cannot be guessed, and the token that opens the order to a guest."""

import re
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_LENGTH = 12  # 60 bits
_GROUP = 4
_MISREAD = str.maketrans("ILO", "110")


def make_number() -> str:
    """A new number, in groups as people read it: 7K3Q-9XWM-2TPA."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _place in range(_LENGTH)))


def normalize_number(text: str) -> str:
    """The number that someone meant who typed it without groups, or mistook O for 0."""
    return _grouped(re.sub(r"[\s-]+", "", text[:40]).upper().translate(_MISREAD))


def make_token() -> str:
    """A new secret for the address that a guest is given."""
    return secrets.token_urlsafe(24)


def _grouped(characters: str) -> str:
    return "-".join(characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))
