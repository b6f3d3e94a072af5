"""What orders say of books: which are popular, and which are bought together.

Only sums leave this module. A pair is told of when at least FEWEST_CUSTOMERS different customers
have bought both in one order, so that nobody can be recognised by it; and orders of more titles
than MOST_TITLES are a library's or a school's, and say nothing about taste.
"""

import datetime
from typing import TypeAlias

from django.db import connection

from catalog import affinities, popularity
from catalog.affinities import Pair

FEWEST_CUSTOMERS = 3
MOST_TITLES = 30  # in an order that pairs are taken from: they grow with the square
BEST_PAIRS = 8  # of a work
REMEMBERED_DAYS = 730
HALF_LIFE_DAYS = 60.0  # after so many days a copy sold weighs half
WEIGHT = 10  # of a copy sold today: sums are whole numbers, and most do not change from day to day

Values: TypeAlias = dict[str, datetime.datetime | int | float]

SOLD = """
SELECT edition.work_id, round(sum(
  %(weight)s * (line.quantity - line.canceled_quantity)
  * power(0.5, greatest(0, extract(epoch FROM %(at)s - sold.placed_at))
    / (86400 * %(half_life)s)))) AS weight
FROM orders_orderline line
JOIN orders_order sold ON sold.id = line.order_id
JOIN catalog_edition edition ON edition.id = line.edition_id
WHERE sold.placed_at > %(since)s AND sold.status NOT IN ('awaiting_payment', 'canceled')
GROUP BY edition.work_id
HAVING sum(line.quantity - line.canceled_quantity) > 0
"""

PAIRS = """
WITH bought AS MATERIALIZED (
  SELECT DISTINCT line.order_id, lower(sold.email) AS customer, edition.work_id
  FROM orders_orderline line
  JOIN orders_order sold ON sold.id = line.order_id
  JOIN catalog_edition edition ON edition.id = line.edition_id
  WHERE sold.placed_at > %(since)s AND sold.status NOT IN ('awaiting_payment', 'canceled')
    AND line.quantity > line.canceled_quantity AND line.format <> 'gift_card'
), telling AS (
  SELECT order_id FROM bought GROUP BY order_id HAVING count(*) BETWEEN 2 AND %(most_titles)s
), readers AS (
  SELECT work_id, count(DISTINCT customer) AS number FROM bought GROUP BY work_id
), pair AS (
  SELECT one.work_id, two.work_id AS other_id, count(DISTINCT one.customer) AS number
  FROM bought one
  JOIN telling ON telling.order_id = one.order_id
  JOIN bought two ON two.order_id = one.order_id AND two.work_id <> one.work_id
  GROUP BY one.work_id, two.work_id
  HAVING count(DISTINCT one.customer) >= %(fewest)s
), scored AS (
  SELECT pair.work_id, pair.other_id, pair.number / sqrt(mine.number * theirs.number) AS score
  FROM pair
  JOIN readers mine ON mine.work_id = pair.work_id
  JOIN readers theirs ON theirs.work_id = pair.other_id
), ranked AS (
  SELECT scored.*, row_number() OVER (PARTITION BY work_id ORDER BY score DESC, other_id) AS place
  FROM scored
)
SELECT work_id, other_id, score::float FROM ranked WHERE place <= %(best)s
ORDER BY work_id, place
"""


def learn_popularity(*, at: datetime.datetime) -> int:
    """Weigh what was sold, the latest the most; how many works are more or less popular now."""
    values: Values = {"at": at, "since": _since(at), "weight": WEIGHT, "half_life": HALF_LIFE_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(SOLD, values)
        sold = {work_id: int(weight) for work_id, weight in cursor.fetchall()}
    return popularity.renew(sold)


def learn_pairs(*, at: datetime.datetime) -> int:
    """Find what is bought together, both ways; how many pairs there are.

    The score is the cosine: customers of both, over the root of the product of each one's. What
    everybody buys is therefore no companion of everything.
    """
    values: Values = {
        "since": _since(at),
        "fewest": FEWEST_CUSTOMERS,
        "most_titles": MOST_TITLES,
        "best": BEST_PAIRS,
    }
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, values)
        pairs = [Pair(*row) for row in cursor.fetchall()]
    affinities.bought_together(pairs)
    return len(pairs)


def _since(at: datetime.datetime) -> datetime.datetime:
    return at - datetime.timedelta(days=REMEMBERED_DAYS)
