"""Make the secrets that docker-compose.yml hands to the containers: fresh, one per user, never overwritten.

Usage: .venv/bin/python deploy/make_secrets.py [FOLDER] [NAME …]. What exists already is kept, so running it
again is safe. To change a password, tell the server first (ALTER ROLE, rabbitmqctl change_password), then
remove its files here and run this again.

NAMEs are what partners call the broker, such as broker.example.org or 192.0.2.7: its certificate holds for
them besides localhost. To renew it, or for other names, remove broker/certificate.pem and run this again.
"""

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import certificates  # beside this file

SERVICES = ("directory", "referral", "notification", "audit")
VIRTUAL_HOST = "onward"
QUEUES = "|".join(SERVICES)
LOCAL = ("localhost", "127.0.0.1", "rabbitmq")
"""What the broker is called on this machine and between the containers."""
TELLS = {service: f"^({service}|access)\\." for service in SERVICES}
"""Routing keys that each service may publish: its own stream, and who read what."""


def make(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write every missing file below *folder*; return those written. *names*: those of the broker."""
    maker = _Maker(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # what is inside is mounted file by file, for users only containers know
    secret_key = maker.secret("shared/secret_key")
    signing_key = maker.secret("shared/signing_key")
    admin = maker.secret("postgres/admin_password")
    maker.put("postgres.env", f"POSTGRES_PASSWORD={admin}\n")
    users = {service: maker.secret(f"rabbitmq/{service}") for service in SERVICES}
    operator = maker.secret("rabbitmq/operator")
    administrator = maker.secret("rabbitmq/administrator")
    made = definitions(users, operator, administrator)
    maker.put("definitions.json", json.dumps(made, indent=2) + "\n")
    maker.put(
        "administrator/management_url", f"http://administrator:{administrator}@rabbitmq:15672"
    )
    _make_certificates(maker, (*LOCAL, *names))
    for service in SERVICES:
        app, owner = (
            maker.secret(f"postgres/{service}/{role}_password") for role in ("app", "owner")
        )
        broker = f"amqp://{service}:{users[service]}@rabbitmq:5672/{VIRTUAL_HOST}"
        maker.put(f"{service}/amqp_uri", broker)
        maker.put(f"{service}/database_url", _database(f"onward_{service}", app, service))
        maker.put(f"{service}/secret_key", secret_key)
        if service == "audit":
            maker.put(f"{service}/signing_key", signing_key)
        if service == "referral":
            maker.secret("referral/vault_keys")
        owner_url = _database(f"onward_{service}_owner", owner, service)
        maker.put(f"{service}-migrate/database_url", owner_url)
    return maker.written


def _make_certificates(maker: "_Maker", names: Sequence[str]) -> None:
    """Write the authority and the broker's certificate; the authority's key goes to no container."""
    if not maker.has("authority/key.pem"):
        made = certificates.authority()
        maker.put("authority/key.pem", made.key)
        maker.put("authority/certificate.pem", made.certificate)
    authority = certificates.Signed(
        key=maker.read("authority/key.pem"), certificate=maker.read("authority/certificate.pem")
    )
    if not maker.has("broker/certificate.pem"):
        made = certificates.server(authority, names)
        maker.put("broker/key.pem", made.key, anew=True)
        maker.put("broker/certificate.pem", made.certificate)
    # The broker proves itself by it, and `onward partner add` hands it to partners.
    for holder in ("broker", "administrator"):
        maker.put(f"{holder}/authority.pem", authority.certificate)


def definitions(passwords: dict[str, str], operator: str, administrator: str) -> dict[str, object]:
    """Return RabbitMQ's definitions: a user per service that may only speak in its own name."""
    return {
        "users": [
            *(_user(service, password, tags="") for service, password in passwords.items()),
            _user("operator", operator, tags="monitoring"),
            # For `onward partner` alone.
            _user("administrator", administrator, tags="administrator"),
        ],
        "vhosts": [{"name": VIRTUAL_HOST}],
        "permissions": [
            *map(_service_permission, passwords),
            _permission("operator", configure="^$", write="^$", read=".*"),
            _permission(
                "administrator",
                configure="^(onward\\.partners|partner\\..*)$",
                write="^partner\\..*$",
                read="^onward\\.partners$",
            ),
        ],
        "topic_permissions": [_topic_permission(service) for service in passwords],
    }


def _service_permission(service: str) -> dict[str, str]:
    return _permission(
        service,
        # Each declares the whole topology before it publishes, so that nothing is unroutable.
        configure=f"^onward\\.(events|partners|{QUEUES}|intake(\\.({QUEUES}|unheard))?"
        f"|tether\\.{service}\\.({QUEUES}))$",
        # Not on onward.intake itself: only partners speak there.
        write=f"^onward\\.(events|partners|{QUEUES}|intake\\.({QUEUES}|unheard))$",
        read=f"^onward\\.(events|intake(\\.unheard)?|(intake\\.)?{service}"
        f"|tether\\.{service}\\.({QUEUES}))$",
    )


def _permission(user: str, *, configure: str, write: str, read: str) -> dict[str, str]:
    """Return what *user* may do with exchanges and queues, each a pattern of their names."""
    rights = {"configure": configure, "write": write, "read": read}
    return {"user": user, "vhost": VIRTUAL_HOST, **rights}


def _topic_permission(service: str) -> dict[str, str]:
    rights = {"exchange": "onward.events", "write": TELLS[service], "read": ".*"}
    return {"user": service, "vhost": VIRTUAL_HOST, **rights}


def password_hash(password: str, salt: bytes) -> str:
    """Return *password* as RabbitMQ keeps it: base64 of a 4 byte salt and SHA-256 of salt + password."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _user(name: str, password: str, *, tags: str) -> dict[str, str]:
    return {
        "name": name,
        "password_hash": password_hash(password, secrets.token_bytes(4)),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": tags,
    }


def _database(role: str, password: str, service: str) -> str:
    return f"postgresql://{role}:{password}@postgres:5432/onward_{service}"


class _Maker:
    """Writes files that are not there yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: list[Path] = []

    def secret(self, name: str) -> str:
        """Return the secret kept under *name*, a new one (256 bits, hexadecimal) if there is none."""
        self.put(name, secrets.token_hex(32))
        return self.read(name)

    def has(self, name: str) -> bool:
        """Tell whether there is a file already."""
        return (self._folder / name).exists()

    def read(self, name: str) -> str:
        """Return what stands in it."""
        return (self._folder / name).read_text()

    def put(self, name: str, text: str, *, anew: bool = False) -> None:
        """Write *text* unless there is a file already; *anew* writes over it."""
        path = self._folder / name
        if path.exists() and not anew:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o644)
        self.written.append(path)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ".onward/secrets")
    print(
        f"{len(make(target, sys.argv[2:]))} secrets written below {target}; those already there were kept."
    )
