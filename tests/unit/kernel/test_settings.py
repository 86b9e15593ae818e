"""A missing or unusable setting stops the start, and its sentence names the variable."""

from pathlib import Path

import pytest

from onward.clock import OffsetClock, SystemClock
from onward.settings import SettingsError, read_settings

GOOD = {
    "ONWARD_AUDIT_DATABASE_URL": "postgresql://audit:pw@db/onward_audit",
    "ONWARD_REFERRAL_DATABASE_URL": "postgres://referral:pw@db/onward_referral",
    "ONWARD_AMQP_URI": "amqp://onward:pw@broker/",
    "ONWARD_SECRET_KEY": "s" * 32,
    "ONWARD_SIGNING_KEY": "k" * 32,
}


@pytest.mark.parametrize("name", sorted(GOOD.keys() - {"ONWARD_REFERRAL_DATABASE_URL"}))
def test_a_missing_variable_is_named(name: str) -> None:
    rest = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(SettingsError, match=f"Set {name} "):
        read_settings("audit", rest)


def test_only_the_audit_service_needs_the_signing_key() -> None:
    rest = {key: value for key, value in GOOD.items() if key != "ONWARD_SIGNING_KEY"}
    assert read_settings("referral", rest).signing_key is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("ONWARD_SECRET_KEY", "hunter2", "ONWARD_SECRET_KEY is too short"),
        ("ONWARD_VAULT_KEYS", "v" * 32 + " hunter2", "A key in ONWARD_VAULT_KEYS is too short"),
        ("ONWARD_RATE_PER_SECOND", "many", "ONWARD_RATE_PER_SECOND must be a number"),
        ("ONWARD_REFERRAL_DATABASE_URL", "mysql://x", "Database URLs start with postgresql://"),
        ("ONWARD_WEBHOOK_ALLOW", "http://a.example,http://b.example", "with spaces between them"),
        ("ONWARD_WEBHOOK_ALLOW", "http://a.example:port", "with spaces between them"),
        ("ONWARD_WEBHOOK_ALLOW", "http://a.example/hooks", "with spaces between them"),
        ("ONWARD_WEBHOOK_ALLOW", "a.example:8025", "with spaces between them"),
        ("ONWARD_SIGNING_KEY_FILE", "/nowhere", "ONWARD_SIGNING_KEY_FILE names a file"),
    ],
)
def test_an_unusable_value_is_explained_without_repeating_it(
    name: str, value: str, sentence: str
) -> None:
    environ = {**GOOD, name: value}
    service = "referral"
    if name.endswith("_FILE"):
        del environ["ONWARD_SIGNING_KEY"]
        service = "audit"
    with pytest.raises(SettingsError, match=sentence) as caught:
        read_settings(service, environ)
    assert value not in str(caught.value)


def test_several_origins_stand_with_spaces_or_lines_between() -> None:
    several = "http://10.0.0.5:8025\nhttps://hooks.internal http://[fd00::1]:8025/"
    found = read_settings("referral", {**GOOD, "ONWARD_WEBHOOK_ALLOW": several})
    assert found.webhook_allow == tuple(several.split())


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("f" * 40 + "\n")
    environ = {**GOOD, "ONWARD_SECRET_KEY": "", "ONWARD_SECRET_KEY_FILE": str(secret)}
    assert read_settings("referral", environ).secret_key == "f" * 40


def test_only_the_referral_service_is_given_the_keys_to_peoples_records() -> None:
    environ = {**GOOD, "ONWARD_VAULT_KEYS": f"{'n' * 32}\n{'o' * 32}"}
    assert read_settings("referral", environ).vault_keys == ("n" * 32, "o" * 32)
    assert read_settings("audit", environ).vault_keys == ()


def test_the_driver_is_the_one_that_gives_way_to_other_work() -> None:
    settings = read_settings("referral", GOOD)
    assert settings.database_url == "postgresql+psycopg2://referral:pw@db/onward_referral"
    assert settings.owner_database_url == settings.database_url


def test_cookies_can_insist_on_https_only_where_browsers_use_it() -> None:
    assert not read_settings("referral", GOOD).secure
    public = {**GOOD, "ONWARD_PUBLIC_URL": "https://onward.example/"}
    settings = read_settings("referral", public)
    assert settings.secure
    assert settings.public_url == "https://onward.example"


def test_only_a_rehearsal_shifts_the_clock(tmp_path: Path) -> None:
    assert isinstance(read_settings("referral", GOOD).clock, SystemClock)
    rehearsal = {**GOOD, "ONWARD_CLOCK_OFFSET_FILE": str(tmp_path / "offset")}
    assert isinstance(read_settings("referral", rehearsal).clock, OffsetClock)
