"""Numbers in English words, as titles often have them: 20000 is `twenty thousand`."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety"
ONES, TENS = tuple(_ONES.split()), tuple(_TENS.split())
LARGEST = 999_999


def in_words(number: int) -> list[str]:
    """The words of a number up to LARGEST, without “and”; none for a larger one."""
    if number > LARGEST:
        return []
    if number >= 1000:
        rest = number % 1000
        return [*in_words(number // 1000), "thousand", *(in_words(rest) if rest else [])]
    if number >= 100:
        rest = number % 100
        return [ONES[number // 100], "hundred", *(in_words(rest) if rest else [])]
    if number >= len(ONES):
        return [TENS[number // 10], *([ONES[number % 10]] if number % 10 else [])]
    return [ONES[number]]
