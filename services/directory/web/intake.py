"""What partners' systems may send through the broker, each as the request of the API it stands for."""

from typing import Final

from onward.service import PartnerEvent

INTAKE: Final = (
    PartnerEvent(
        name="place-moved.v1",
        path="/api/v1/places/{place_id}",
        method="PATCH",
        readable=frozenset({"place_id", "state"}),
        tells={"place_id": "id", "state": "state"},
    ),
)
