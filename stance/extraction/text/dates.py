"""The day that a date of a feed, a page or a file's name means."""

import datetime
import email.utils
import re
from functools import lru_cache
from typing import Any

# A year first leaves no doubt; 05/06/2025 is May in one country and June in another.
_ISO = re.compile(r"(?<!\d)(\d{4})(?:-(\d{2})-|/(\d{2})/|\.(\d{2})\.)(\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?=T\d|\b)")
_ONLY_NUMBERS = re.compile(r"[\d\s./:-]+")


def day_of(value: Any) -> datetime.date | None:
    """Return the day that a date means, in figures or English words; None where it is not clear.

    >>> day_of("2025-05-13T18:30:00Z"), day_of("Tue, 13 May 2025 10:00:00 GMT")
    (datetime.date(2025, 5, 13), datetime.date(2025, 5, 13))
    >>> day_of("Published: May 13th, 2025 at 6 pm"), day_of("05/06/2025"), day_of("yesterday")
    (datetime.date(2025, 5, 13), None, None)
    """
    if isinstance(value, datetime.datetime):
        return value.date()
    if value is None or isinstance(value, datetime.date):
        return value
    return _day_in(str(value).strip())


@lru_cache(maxsize=4096)
def _day_in(text: str) -> datetime.date | None:
    for match in (_ISO.search(text), _COMPACT.search(text)):
        if match is not None:
            try:
                return datetime.date(*(int(part) for part in match.groups() if part))
            except ValueError:
                continue
    if not text or len(text) > 100 or _ONLY_NUMBERS.fullmatch(text):
        return None
    try:
        return email.utils.parsedate_to_datetime(text).date()
    except (ValueError, IndexError):
        return _in_words(text)


def _in_words(text: str) -> datetime.date | None:
    """Return the day of a date in English words, with day, month and year."""
    import dateparser

    text = re.sub(r"^(?:published|updated|posted|on)\b[:\s]*", "", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", text)
    settings: Any = {"PARSERS": ["absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"]}
    found = dateparser.parse(text, languages=["en"], settings=settings)
    return None if found is None else found.date()
