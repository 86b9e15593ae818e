"""The directory's entries in the words of Open Referral UK 3.0 (HSDS 3.0 with the profile of the UK).

What the standard has no word for is left out: the public listing shows nothing else. Identifiers of
parts (an area, a schedule) are made from the entry's own id, so that they are the same every time.
"""

from services.directory.domain.open_referral.terms import TAXONOMIES, TERMS, Taxonomy, Term
from services.directory.domain.open_referral.writing import (
    Named,
    in_brief,
    location_id,
    write_organisation,
    write_service,
    write_service_at_location,
)

__all__ = [
    "TAXONOMIES",
    "TERMS",
    "Named",
    "Taxonomy",
    "Term",
    "in_brief",
    "location_id",
    "write_organisation",
    "write_service",
    "write_service_at_location",
]
