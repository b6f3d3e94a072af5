"""Tags: the elements that are read, by reference name and short tag, in every release.

Facts of the standard (EDItEUR, ONIX for Books 2.1, 3.0 and 3.1), only of what we read. Elements
that are not here are passed over with all that is in them.
"""

from enum import Enum


class Kind(Enum):
    """What is in an element."""

    PARTS = 1
    """Other elements."""
    CODE = 2
    """A code, number or date: short, without markup."""
    LINE = 3
    """Words for people, in one line; some senders put markup there."""
    MARKED = 4
    """Text that may have markup, or an attribute that says how to read it."""


_PARTS = """
MainSubject Product ProductIdentifier DescriptiveDetail CollateralDetail ContentDetail
PublishingDetail RelatedMaterial ProductSupply PromotionDetail ProductionDetail Measure Collection
TitleDetail TitleElement Contributor ContributorDate PersonDate Language Extent Subject Audience
TextContent SupportingResource ResourceVersion Imprint Publisher PublishingDate RelatedProduct
Market MarketPublishingDetail MarketDate SupplyDetail Supplier Price Tax Territory PriceDate
PriceCondition PriceConditionQuantity SupplyDate Series Set Title OtherText MediaFile
CollectionSequence
"""
"""Their short tags are the same in lower case."""

_CODES = """
RecordReference=a001 NotificationType=a002 DeletionCode=a198 ISBN=b004 EAN13=b005
ProductIDType=b221 IDValue=b244 ProductComposition=x314 ProductForm=b012 ProductFormDetail=b333
BookFormDetail=b013 EpubType=b211 MeasureType=x315 MeasureTypeCode=c093 Measurement=c094
MeasureUnitCode=c095 CollectionType=x329 TitleType=b202 TitleElementLevel=x409 SequenceNumber=b034
ContributorRole=b035 UnnamedPersons=b249 ContributorDateRole=x417 PersonDateRole=b305
DateFormat=j260 EditionNumber=b057 EditionTypeCode=b056 EditionType=x419 LanguageRole=b253
LanguageCode=b252 LanguageOfText=b059 OriginalLanguage=b060 NumberOfPages=b061 ExtentType=b218
ExtentValue=b219 ExtentUnit=b220 SubjectSchemeIdentifier=b067 SubjectCode=b069
BASICMainSubject=b064 BICMainSubject=b065 MainSubjectSchemeIdentifier=b191 AudienceCode=b073
AudienceCodeType=b204 AudienceCodeValue=b206 TextType=x426 TextTypeCode=d102 TextFormat=d103
ContentAudience=x427 ResourceContentType=x436 ResourceMode=x437 ResourceForm=x441
ResourceLink=x435 MediaFileTypeCode=f114 MediaFileLinkTypeCode=f116 MediaFileLink=f117
PublishingRole=b291 PublishingStatus=b394 PublishingDateRole=x448 PublicationDate=b003
YearFirstPublished=b088 OnSaleDate=j143 ProductRelationCode=x455 RelationCode=h208
MarketPublishingStatus=j407 MarketDateRole=j408 CountriesIncluded=x449 CountriesExcluded=x451
RegionsIncluded=x450 RegionsExcluded=x452 ProductAvailability=j396 AvailabilityCode=j141
AvailabilityStatus=AvailabilityStatus UnpricedItemType=j192 PriceType=x462 PriceTypeCode=j148
PriceQualifier=j261 PriceAmount=j151 CurrencyCode=j152 TaxType=x470 TaxRatePercent=x472
TaxRatePercent1=j154 TaxRatePercent2=j158 MinimumOrderQuantity=j263 PriceDateRole=x476
PriceEffectiveFrom=j161 PriceEffectiveUntil=j162 CountryCode=b251 CountryExcluded=j304
PriceConditionType=x463 Quantity=x320 QuantityUnit=x466 CollectionSequenceNumber=x481
CollectionSequenceType=x479
"""

_LINES = """
DeletionText=a199 IDTypeName=b233 TitleText=b203 TitlePrefix=b030 TitleWithoutPrefix=b031
Subtitle=b029 PartNumber=x410 YearOfAnnual=b020 DistinctiveTitle=b028 TitleOfSeries=b018
TitleOfSet=b023 NumberWithinSeries=b019 ItemNumberWithinSet=b026 PersonName=b036
PersonNameInverted=b037 TitlesBeforeNames=b038 NamesBeforeKey=b039 PrefixToKey=b247 KeyNames=b040
NamesAfterKey=b041 SuffixToKey=b248 LettersAfterNames=b042 TitlesAfterNames=b043
CorporateName=b047 CorporateNameInverted=x443 EditionStatement=b058 SubjectHeadingText=b070
ImprintName=b079 PublisherName=b081
"""

_MARKED = "Text=d104 BiographicalNote=b044 Date=b306"


def _pairs(words: str) -> list[tuple[str, str]]:
    return [(name, short) for name, _, short in (word.partition("=") for word in words.split())]


TAGS: dict[str, tuple[str, Kind]] = {
    **{tag: (tag, Kind.PARTS) for tag in _PARTS.split()},
    **{tag.lower(): (tag, Kind.PARTS) for tag in _PARTS.split()},
    **{
        tag: (name, kind)
        for words, kind in ((_CODES, Kind.CODE), (_LINES, Kind.LINE), (_MARKED, Kind.MARKED))
        for name, short in _pairs(words)
        for tag in (name, short)
    },
    "x425": ("MainSubject", Kind.PARTS),
    "j303": ("Territory", Kind.PARTS),
}
"""By tag, both kinds: the reference name and what is in it."""
