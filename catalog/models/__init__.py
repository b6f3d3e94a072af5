"""What we sell: one file an aggregate."""

from catalog.formats import Format
from catalog.models.among import Among
from catalog.models.contributor import Contribution, Contributor
from catalog.models.cover import Cover
from catalog.models.done_form import DoneForm
from catalog.models.edition import Edition
from catalog.models.former_address import FormerAddress
from catalog.models.import_record import ImportRecord
from catalog.models.location import Location
from catalog.models.match import ExpectedRelation, MatchReview
from catalog.models.price import Price
from catalog.models.provenance import Provenance, SupplierRecord
from catalog.models.publisher import Imprint, Publisher
from catalog.models.recommendation import BoughtTogether, Curation, Recommendation
from catalog.models.regrouping import Regrouping
from catalog.models.search_entry import SearchDay, SearchEntry, SearchWord, UnansweredQuery
from catalog.models.series import Series, SeriesMembership
from catalog.models.staff_list import StaffList, StaffListEntry
from catalog.models.stock import Stock
from catalog.models.stock_movement import StockMovement
from catalog.models.stocktake import Stocktake, StocktakeLine
from catalog.models.subject import Classification, Subject
from catalog.models.supplier import ImportRun, Supplier
from catalog.models.supply import Supply
from catalog.models.uploaded_list import ListMapping, UploadedList
from catalog.models.work import Work
from catalog.roles import ContributorRole

__all__ = [
    "Among",
    "BoughtTogether",
    "Classification",
    "Contribution",
    "Contributor",
    "ContributorRole",
    "Cover",
    "Curation",
    "DoneForm",
    "Edition",
    "ExpectedRelation",
    "Format",
    "FormerAddress",
    "ImportRecord",
    "ImportRun",
    "Imprint",
    "ListMapping",
    "Location",
    "MatchReview",
    "Price",
    "Provenance",
    "Publisher",
    "Recommendation",
    "Regrouping",
    "SearchDay",
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
    "SupplierRecord",
    "Supply",
    "UnansweredQuery",
    "UploadedList",
    "Work",
]
