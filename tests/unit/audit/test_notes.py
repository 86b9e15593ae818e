"""Signed notes and checkpoints as C2SP's signed-note and tlog-checkpoint write them."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest

from services.audit.domain import checkpoint
from services.audit.domain.notes import NoteKey, Signer, opened
from services.audit.domain.tree import Edge, grow, leaf_hash

# The example that Go's golang.org/x/mod/sumdb/note documents, the first implementation.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLISHED_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PUBLISHED_NOTE = (
    f"{PUBLISHED_TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
    "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIGNER = Signer("a secret", "onward.example/audit")
EDGE = grow(Edge(), [leaf_hash(b"one"), leaf_hash(b"two"), leaf_hash(b"three")]).edge


def _published() -> NoteKey:
    name, _, encoded = PUBLISHED_KEY.split("+", 2)
    return NoteKey(name=name, public=b64decode(encoded)[1:])


def test_a_published_note_opens_with_its_published_key() -> None:
    assert str(_published()) == PUBLISHED_KEY
    assert opened(PUBLISHED_NOTE, _published()) == PUBLISHED_TEXT


@pytest.mark.parametrize(
    "altered",
    [
        PUBLISHED_NOTE.replace("know", "now"),
        PUBLISHED_NOTE.replace("x08go/ZJ", "x08go/ZK"),
        PUBLISHED_NOTE.replace("PeterNeumann", "PaulNeumann"),
        PUBLISHED_TEXT,
        "",
    ],
)
def test_an_altered_note_does_not_open(altered: str) -> None:
    assert opened(altered, _published()) is None


def test_signatures_of_keys_one_does_not_know_are_passed_over() -> None:
    signed = SIGNER.sign("text\n")
    witnessed = signed + PUBLISHED_NOTE.rpartition("\n\n")[2]
    assert opened(witnessed, SIGNER.key) == "text\n"


def test_a_note_keeps_its_empty_lines() -> None:
    assert opened(SIGNER.sign("one\n\ntwo\n"), SIGNER.key) == "one\n\ntwo\n"


def test_a_checkpoint_says_origin_size_and_root() -> None:
    signed = checkpoint.sign(EDGE, SIGNER, at=NOW)
    origin, size, root, *rest = signed.note.split("\n")
    assert (origin, size) == ("onward.example/audit", "3")
    assert b64decode(root) == EDGE.root
    assert rest[0] == ""
    assert rest[1].startswith("— onward.example/audit ")


def test_only_what_the_signature_covers_is_true() -> None:
    signed = checkpoint.sign(EDGE, SIGNER, at=NOW)
    assert checkpoint.is_true(signed, SIGNER.key)
    moved = checkpoint.Checkpoint(size=4, root=signed.root, note=signed.note, signed_at=NOW)
    assert not checkpoint.is_true(moved, SIGNER.key)
    assert not checkpoint.is_true(signed, Signer("other", "onward.example/audit").key)


@pytest.mark.parametrize(
    "text", ["x/audit\n3\n", "x/audit\n03\nAA==\n", "y/audit\n3\nAA==\n", "\n"]
)
def test_a_note_that_is_no_checkpoint_of_ours_is_none(text: str) -> None:
    signer = Signer("a secret", "x/audit")
    assert checkpoint.head_of(signer.sign(text), signer.key) is None


def test_the_key_follows_from_the_secret_and_the_name_from_the_address() -> None:
    assert str(Signer("a", "x/audit").key) == str(Signer("a", "x/audit").key)
    assert str(Signer("a", "x/audit").key) != str(Signer("b", "x/audit").key)
    assert checkpoint.origin_of("https://onward.example:8443/") == "onward.example:8443/audit"
