"""What we sell: one file an aggregate."""

from catalog.models.contributor import Contribution, Contributor, ContributorRole
from catalog.models.edition import Edition, Format
from catalog.models.price import Price
from catalog.models.publisher import Imprint, Publisher
from catalog.models.search_entry import SearchEntry
from catalog.models.series import Series, SeriesMembership
from catalog.models.staff_list import StaffList, StaffListEntry
from catalog.models.stock import Location, Stock, StockMovement
from catalog.models.subject import Subject
from catalog.models.work import Work

__all__ = [
    "Contribution",
    "Contributor",
    "ContributorRole",
    "Edition",
    "Format",
    "Imprint",
    "Location",
    "Price",
    "Publisher",
    "SearchEntry",
    "Series",
    "SeriesMembership",
    "StaffList",
    "StaffListEntry",
    "Stock",
    "StockMovement",
    "Subject",
    "Work",
]
