"""What we sell: one file an aggregate."""

from catalog.models.contributor import Contribution, Contributor, ContributorRole
from catalog.models.done_form import DoneForm
from catalog.models.edition import Edition, Format
from catalog.models.import_record import ImportRecord
from catalog.models.location import Location
from catalog.models.match import MatchReview
from catalog.models.price import Price
from catalog.models.provenance import Provenance
from catalog.models.publisher import Imprint, Publisher
from catalog.models.search_entry import SearchEntry, SearchWord, UnansweredQuery
from catalog.models.series import Series, SeriesMembership
from catalog.models.staff_list import StaffList, StaffListEntry
from catalog.models.stock import Stock
from catalog.models.stock_movement import StockMovement
from catalog.models.stocktake import Stocktake, StocktakeLine
from catalog.models.subject import Classification, Subject
from catalog.models.supplier import ImportRun, Supplier
from catalog.models.supply import Supply
from catalog.models.work import Work

__all__ = [
    "Classification",
    "Contribution",
    "Contributor",
    "ContributorRole",
    "DoneForm",
    "Edition",
    "Format",
    "ImportRecord",
    "ImportRun",
    "Imprint",
    "Location",
    "MatchReview",
    "Price",
    "Provenance",
    "Publisher",
    "SearchEntry",
    "SearchWord",
    "Series",
    "SeriesMembership",
    "StaffList",
    "StaffListEntry",
    "Stock",
    "StockMovement",
    "Stocktake",
    "StocktakeLine",
    "Subject",
    "Supplier",
    "Supply",
    "UnansweredQuery",
    "Work",
]
