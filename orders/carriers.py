"""The carriers that parcels usually go by, and where each shows how far a parcel is."""

from typing import Final
from urllib.parse import quote

TRACKING_PAGES: Final = {
    "An Post": "https://www.anpost.com/Post-Parcels/Track/History?item={}",
    "Australia Post": "https://auspost.com.au/mypost/track/details/{}",
    "Canada Post": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "Colissimo": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "Deutsche Post": "https://www.deutschepost.de/de/s/sendungsverfolgung.html?piececode={}",
    "DHL": "https://www.dhl.com/en/home/tracking.html?tracking-id={}",
    "DPD": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "Evri": "https://www.evri.com/track/parcel/{}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "GLS": "https://gls-group.com/GROUP/en/parcel-tracking?match={}",
    "La Poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "Österreichische Post": "https://www.post.at/s/sendungsdetails?snr={}",
    "PostNord": "https://portal.postnord.com/tracking/details/{}",
    "Royal Mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "Swiss Post": "https://service.post.ch/ekp-web/ui/entry/search/{}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}
_BY_NAME: Final = {name.casefold(): page for name, page in TRACKING_PAGES.items()}


def tracking_url(carrier: str, tracking: str) -> str:
    """Where the parcel can be followed; empty without a number, or where we know no page."""
    page = _BY_NAME.get(carrier.strip().casefold(), "")
    number = "".join(tracking.split())
    return page.format(quote(number, safe="")) if page and number else ""
