"""Languages of texts, by their ISO 639 code: two letters, or three where there are no two."""

import functools

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

NAMES = {
    "en": _("English"),
    "fr": _("French"),
    "de": _("German"),
    "es": _("Spanish"),
    "it": _("Italian"),
    "pt": _("Portuguese"),
    "nl": _("Dutch"),
    "da": _("Danish"),
    "no": _("Norwegian"),
    "sv": _("Swedish"),
    "fi": _("Finnish"),
    "is": _("Icelandic"),
    "pl": _("Polish"),
    "cs": _("Czech"),
    "hu": _("Hungarian"),
    "ro": _("Romanian"),
    "ru": _("Russian"),
    "uk": _("Ukrainian"),
    "el": _("Greek"),
    "grc": _("Ancient Greek"),
    "la": _("Latin"),
    "ang": _("Old English"),
    "enm": _("Middle English"),
    "non": _("Old Norse"),
    "fro": _("Old French"),
    "goh": _("Old High German"),
    "gmh": _("Middle High German"),
    "cy": _("Welsh"),
    "ga": _("Irish"),
    "he": _("Hebrew"),
    "yi": _("Yiddish"),
    "ar": _("Arabic"),
    "fa": _("Persian"),
    "tr": _("Turkish"),
    "sa": _("Sanskrit"),
    "hi": _("Hindi"),
    "bn": _("Bengali"),
    "pi": _("Pali"),
    "zh": _("Chinese"),
    "ja": _("Japanese"),
    "ko": _("Korean"),
    "ca": _("Catalan"),
    "akk": _("Akkadian"),
    "af": _("Afrikaans"),
    "sq": _("Albanian"),
    "am": _("Amharic"),
    "hy": _("Armenian"),
    "az": _("Azerbaijani"),
    "eu": _("Basque"),
    "be": _("Belarusian"),
    "bs": _("Bosnian"),
    "br": _("Breton"),
    "bg": _("Bulgarian"),
    "my": _("Burmese"),
    "km": _("Khmer"),
    "hr": _("Croatian"),
    "co": _("Corsican"),
    "kw": _("Cornish"),
    "et": _("Estonian"),
    "eo": _("Esperanto"),
    "fo": _("Faroese"),
    "fy": _("Frisian"),
    "gl": _("Galician"),
    "ka": _("Georgian"),
    "gu": _("Gujarati"),
    "ht": _("Haitian Creole"),
    "ha": _("Hausa"),
    "ig": _("Igbo"),
    "id": _("Indonesian"),
    "kk": _("Kazakh"),
    "ku": _("Kurdish"),
    "lo": _("Lao"),
    "lv": _("Latvian"),
    "lt": _("Lithuanian"),
    "nds": _("Low German"),
    "lb": _("Luxembourgish"),
    "mk": _("Macedonian"),
    "mg": _("Malagasy"),
    "ms": _("Malay"),
    "ml": _("Malayalam"),
    "mt": _("Maltese"),
    "gv": _("Manx"),
    "mi": _("Maori"),
    "mr": _("Marathi"),
    "mn": _("Mongolian"),
    "ne": _("Nepali"),
    "nn": _("Norwegian Nynorsk"),
    "oc": _("Occitan"),
    "pa": _("Punjabi"),
    "ps": _("Pashto"),
    "qu": _("Quechua"),
    "rm": _("Romansh"),
    "rom": _("Romani"),
    "sco": _("Scots"),
    "gd": _("Scottish Gaelic"),
    "se": _("Northern Sami"),
    "sr": _("Serbian"),
    "si": _("Sinhala"),
    "sk": _("Slovak"),
    "sl": _("Slovenian"),
    "so": _("Somali"),
    "hsb": _("Upper Sorbian"),
    "sw": _("Swahili"),
    "gsw": _("Swiss German"),
    "syc": _("Classical Syriac"),
    "tl": _("Tagalog"),
    "ta": _("Tamil"),
    "te": _("Telugu"),
    "th": _("Thai"),
    "bo": _("Tibetan"),
    "ur": _("Urdu"),
    "uz": _("Uzbek"),
    "vi": _("Vietnamese"),
    "wo": _("Wolof"),
    "xh": _("Xhosa"),
    "yo": _("Yoruba"),
    "zu": _("Zulu"),
    "mul": _("Several languages"),
    "zxx": _("Without words"),
    "und": _("Not stated"),
}

NOT_STATED = "und"
"""Of a book whose supplier does not say; the next one who does is believed."""

CHOICES = list(NAMES.items())

_TRADE_CODES = """
eng=en fre=fr ger=de spa=es ita=it por=pt dut=nl dan=da nor=no swe=sv fin=fi ice=is pol=pl
cze=cs hun=hu rum=ro rus=ru ukr=uk gre=el lat=la wel=cy gle=ga heb=he yid=yi ara=ar per=fa
tur=tr san=sa hin=hi ben=bn pli=pi chi=zh jpn=ja kor=ko cat=ca afr=af alb=sq amh=am arm=hy
aze=az baq=eu bel=be bos=bs bre=br bul=bg bur=my khm=km hrv=hr cos=co cor=kw est=et epo=eo
fao=fo fry=fy glg=gl geo=ka guj=gu hat=ht hau=ha ibo=ig ind=id kaz=kk kur=ku lao=lo lav=lv
lit=lt ltz=lb mac=mk mlg=mg may=ms mal=ml mlt=mt glv=gv mao=mi mar=mr mon=mn nep=ne nno=nn
oci=oc pan=pa pus=ps que=qu roh=rm gla=gd sme=se srp=sr sin=si slo=sk slv=sl som=so swa=sw
tgl=tl tam=ta tel=te tha=th tib=bo urd=ur uzb=uz vie=vi wol=wo xho=xh yor=yo zul=zu
"""
"""ISO 639-2/B, which the book trade writes (ONIX list 74), where it is not our key."""
_TO_TRADE = {
    key: code for code, _equals, key in (pair.partition("=") for pair in _TRADE_CODES.split())
}
"""By our key, where the two differ."""
_VARIANTS = {"nob": "no", "cmn": "zh", "qav": "ca", "scr": "hr", "scc": "sr", "mol": "ro"}
"""Codes of a variety that we do not tell apart, and old ones."""
_TERMINOLOGY = "deu=de fra=fr nld=nl ces=cs ron=ro isl=is ell=el cym=cy zho=zh fas=fa eus=eu slk=sk"
"""ISO 639-2/T, which some send instead."""
_FROM_TRADE = {
    **{key: key for key in NAMES if key != NOT_STATED},
    **{code: key for key, code in _TO_TRADE.items()},
    **dict(pair.split("=") for pair in _TERMINOLOGY.split()),
    **_VARIANTS,
}


def label(key: str) -> str:
    """The language's name in the active language; of what is no key, that itself."""
    return _label(key, get_language())


@functools.lru_cache(4_096)
def _label(key: str, language: str | None) -> str:
    return str(NAMES.get(key, key))


def from_trade(code: str) -> str:
    """The key of the language that a code of list 74 means; empty where we have none."""
    return _FROM_TRADE.get(code.strip().lower(), "")


def to_trade(key: str) -> str:
    """The code of list 74 for one of our keys."""
    return _TO_TRADE.get(key, key)
