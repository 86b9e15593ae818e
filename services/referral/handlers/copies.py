"""Keep copies of what the directory publishes; each event carries its subject whole."""

from collections.abc import Sequence

from onward.contracts import directory as told
from onward.database import UnitOfWork
from onward.envelope import Envelope
from services.referral.domain.routing import Agreement, Service
from services.referral.domain.timing import Policy
from services.referral.storage.copies import Organisation
from services.referral.storage.store import Store


def keep_organisations(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Keep who there is."""
    uow.store.copies.keep_organisations(
        [
            Organisation(
                id=event.organisation_id,
                name=event.name,
                kind=event.kind,
                active=event.active,
                phone=event.phone,
                sandbox=event.sandbox,
            )
            for envelope in envelopes
            if isinstance(event := envelope.event, told.OrganisationPublished)
        ]
    )


def keep_services(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Keep what is offered."""
    uow.store.copies.keep_services(
        [
            _service(event)
            for envelope in envelopes
            if isinstance(event := envelope.event, told.ServicePublished)
        ]
    )


def keep_agreements(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Keep who may share what with whom."""
    uow.store.copies.keep_agreements(
        [
            _agreement(event)
            for envelope in envelopes
            if isinstance(event := envelope.event, told.AgreementPublished)
        ]
    )


def keep_placements(uow: UnitOfWork[Store], envelopes: Sequence[Envelope]) -> None:
    """Keep in whose teams workers of others sit."""
    events = (envelope.event for envelope in envelopes)
    uow.store.placements.keep([one for one in events if isinstance(one, told.PlacementPublished)])


def _service(event: told.ServicePublished) -> Service:
    return Service(
        id=event.service_id,
        name=event.name,
        status=event.status,
        recipient=event.recipient,
        providers=event.providers,
        capacity_kind=event.capacity_kind,
        has_ledger=event.has_ledger,
        nation=event.nation,
        asks_for=event.asks_for,
        sessions_per_person=event.sessions_per_person,
        policy=Policy(
            acknowledge_hours=event.acknowledge_hours,
            answer_hours=event.answer_hours,
            offer_hours=event.offer_hours,
            expire_days=event.expire_days,
            review_day=event.review_day,
            maximum_stay_days=event.maximum_stay_days,
            working_hours=event.working_hours,
        ),
    )


def _agreement(event: told.AgreementPublished) -> Agreement:
    return Agreement(
        id=event.agreement_id,
        from_organisation=event.from_organisation,
        to_organisation=event.to_organisation,
        purposes=event.purposes,
        sections=event.sections,
        lawful_basis=event.lawful_basis,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )
