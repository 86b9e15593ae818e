"""The questions that are asked of the log most, each with what it has to be told and what it looks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from onward.contracts import access, referral

FORMATS: Final = ("csv", "jsonl", "parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A question to the log."""

    name: str
    title: str
    says: str
    needs: Sequence[str] = ()
    """Filters of which one has to be given."""
    actions: tuple[str, ...] = ()
    """Keys of the events it looks for; all where empty."""
    unpurposed: bool = False
    """Whether it looks for those alone that state no purpose."""


_READS: Final = (access.RecordRead.key, referral.GlassBroken.key)
_ALL: Final = (
    Report(
        name="who-saw",
        title="Who saw this person",
        says="Every read of the person's referrals, by whom, for whom and why.",
        needs=("person", "referral"),
        actions=_READS,
    ),
    Report(
        name="worker-read",
        title="What this worker read",
        says="Every read by one worker or system.",
        needs=("principal",),
        actions=_READS,
    ),
    Report(
        name="left",
        title="What left an organisation",
        says="Every disclosure of a handoff pack, with its recipient, fields and lawful basis.",
        needs=("organisation",),
        actions=(referral.PackDisclosed.key,),
    ),
    Report(
        name="break-glass",
        title="Break-glass",
        says="Everybody who read what they were not told, in an emergency, and the reason stated.",
        actions=(referral.GlassBroken.key,),
    ),
    Report(
        name="without-purpose",
        title="Reads without a purpose",
        says="Reads that state no reason. There should be none.",
        actions=(access.RecordRead.key,),
        unpurposed=True,
    ),
    Report(
        name="retention",
        title="Held and disposed of",
        says="Every legal hold, its end, and everything that was disposed of or erased.",
        actions=(
            access.HoldPlaced.key,
            access.HoldEnded.key,
            access.RecordDisposed.key,
            access.AdviceDisposed.key,
            access.PersonErased.key,
        ),
    ),
    Report(
        name="subject-access",
        title="Everything about a person",
        says="What a person may ask for: all that was done with their referrals, and by whom.",
        needs=("person",),
    ),
)
REPORTS: Final[Mapping[str, Report]] = {report.name: report for report in _ALL}
