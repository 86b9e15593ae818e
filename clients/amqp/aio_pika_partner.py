"""Refer somebody over the broker with aio-pika, and print what comes back: ``python aio_pika_partner.py``."""

import asyncio
import json
import ssl
import uuid
from pathlib import Path

import aio_pika
import httpx
from joserfc import jwe
from joserfc.jwk import ECKey

ME = json.loads(Path("ward.json").read_text())
NAME = "referral-submitted.v1"


def sealed(data: object) -> str:
    """Return *data* so that only the platform can read it."""
    key = httpx.get(ME["amqp"]["seal_to"]).raise_for_status().json()["keys"][0]
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key["kid"]}
    return jwe.encrypt_compact(header, json.dumps(data), ECKey.import_key(key))


def referral() -> dict[str, object]:
    """Return an event that refers somebody who does not exist."""
    service = ME["services"]["Step-down house (sandbox)"]
    person = {"given_name": "Sam", "family_name": "Synthetic"}
    data = {
        "service_id": service,
        "person": person,
        "lawful_basis": {"code": "direct-care"},
        "consent": {"given": True},
    }
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "ward-records",
        "type": f"uk.onward.{NAME}",
        "datacontenttype": "application/jose",
        "data": sealed(data),
    }


async def main() -> None:
    """Send one event, then print what the organisation hears."""
    amqp = ME["amqp"]
    connection = await aio_pika.connect_robust(
        host=amqp["host"],
        port=amqp["port"],
        virtualhost=amqp["virtual_host"],
        login=ME["client_id"],
        password=ME["client_secret"],
        ssl=amqp["tls"],
        ssl_context=ssl.create_default_context(cadata=amqp["authority"]) if amqp["tls"] else None,
    )
    async with connection:
        channel = await connection.channel()  # with publisher confirms, unless told otherwise
        exchange = await channel.get_exchange("onward.intake", ensure=False)
        message = aio_pika.Message(
            json.dumps(referral()).encode(),
            user_id=ME["client_id"],
            content_type="application/cloudevents+json",
        )
        await exchange.publish(message, f"{ME['organisation']}.{NAME}", mandatory=True)
        queue = await channel.get_queue(amqp["queue"], ensure=False)
        async with queue.iterator() as heard:
            async for one in heard:
                async with one.process():
                    print(one.body.decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
