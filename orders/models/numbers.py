"""Codes that cannot be guessed: an order's number, the token that opens it to a guest, and what
stands on a gift card or a voucher.
"""

import re
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
_LENGTH = 12  # 60 bits
_CARD_LENGTH = 16
_VOUCHER_LENGTH = 8
_GROUP = 4
LONGEST_CODE = 40
"""Of a voucher or a gift card, as somebody may type it, with all that separates its groups."""
_SHORTEST_PART = 3  # of a number, to be looked for by
_MISREAD = str.maketrans("ILO", "110")


def make_number() -> str:
    """A new number, in groups as people read it: 7K3Q-9XWM-2TPA."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _place in range(_LENGTH)))


def normalize_number(text: str) -> str:
    """The number that someone meant who typed it without groups, or mistook O for 0."""
    return _grouped(_plain(text))


def part_of_number(text: str) -> str:
    """What may be a part of a number, with hyphens as they were typed; empty for what cannot be."""
    part = text.strip().upper().translate(_MISREAD)
    characters = part.replace("-", "")
    is_part = _SHORTEST_PART <= len(characters) < _LENGTH and set(characters) <= set(_ALPHABET)
    return part if is_part else ""


def make_voucher_code() -> str:
    """A new code of eight random characters (40 bits), without groups."""
    return "".join(secrets.choice(_ALPHABET) for _place in range(_VOUCHER_LENGTH))


def make_gift_card_code() -> str:
    """A new code of 15 random characters (75 bits) and one that checks them."""
    characters = "".join(secrets.choice(_ALPHABET) for _place in range(_CARD_LENGTH - 1))
    return _grouped(characters + _check_character(characters))


def normalize_gift_card_code(text: str) -> str:
    """The code that someone meant; empty when it can be none, mistyped or made up."""
    code = _plain(text)
    is_sound = (
        len(code) == _CARD_LENGTH
        and set(code) <= set(_ALPHABET)
        and _check_character(code[:-1]) == code[-1]
    )
    return _grouped(code) if is_sound else ""


def make_token() -> str:
    """A new secret for the address that a guest is given."""
    return secrets.token_urlsafe(24)


def _plain(text: str) -> str:
    return re.sub(r"[\s‐–-]+", "", text[:40]).upper().translate(_MISREAD)


def _check_character(characters: str) -> str:
    """Differs after any one wrong character, and after any two neighbors that changed places."""
    # Each step doubles in GF(32), where x⁵ + x² + 1 is 0, so that no two places weigh the same.
    check = 0
    for character in characters:
        check = (check ^ _ALPHABET.index(character)) << 1
        check ^= 0b100101 if check & 32 else 0
    return _ALPHABET[check]


def _grouped(characters: str) -> str:
    return "-".join(characters[at : at + _GROUP] for at in range(0, len(characters), _GROUP))
