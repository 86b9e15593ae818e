"""What is said under each code, in English; a translation has the same keys."""

from collections.abc import Mapping
from typing import Final

from services.notification.domain.wording import Frame, Wording

FRAME: Final = Frame(
    urgent="Urgent: {subject}",
    emergency="Emergency: {subject}",
    todo="What to do",
    reference="Reference",
    open="Open it",
    sign_in=(
        "You have to sign in to see it: we send no personal details by e-mail,"
        " and you should not either."
    ),
    choices="To choose what is sent here",
    digest="Your digest: {count} notifications",
    digest_one="Your digest: 1 notification",
    stop="To get no digest and no routine e-mail any more",
    covering=(
        "You get this because you cover for a colleague who is away."
        " Your notifications say for whom."
    ),
    covering_text="You cover for a colleague.",
    service="the service",
    organisation="the other organisation",
)
ENGLISH: Final[Mapping[str, Wording]] = {
    "something-changed": Wording(
        subject="A handoff has changed",
        happened="Something changed about a handoff between you and {organisation}.",
        todo="Open the referral to see where it stands.",
    ),
    "handoff-requested": Wording(
        subject="New referral for {service}",
        happened="{organisation} asks {service} to take somebody on.",
        todo="Open it and acknowledge it by {until}.",
    ),
    "disclosure-stopped": Wording(
        subject="Stop using what you were told for {service}",
        happened="{organisation} tells you that a person's consent has ended or become narrower.",
        todo="Open the referral to see what closed. Stop using it, and remove what you copied from it.",
    ),
    "person-said-stop": Wording(
        subject="A person you referred to {service} has said stop",
        happened="They want nothing shared about them any more. Whoever may not read on was told so.",
        todo="Open the referral, talk with them, and cancel what should not go on.",
    ),
    "person-said-stop-here": Wording(
        subject="A person referred to {service} has said stop",
        happened="They want nothing shared any more. You were told on another basis, so you can read"
        " on.",
        todo="Open the referral, and settle with {organisation} what goes on.",
    ),
    "advice-asked": Wording(
        subject="A question for {service}",
        happened="{organisation} asks for advice, without a referral.",
        todo="Open the question and answer it.",
        page="/advice/{about}",
    ),
    "advice-answered": Wording(
        subject="{service} has answered",
        happened="{organisation} has answered what you asked without a referral.",
        todo="Open the answer: ask on, close it, or turn it into a referral.",
        page="/advice/{about}",
    ),
    "advice-closed": Wording(
        subject="A question for {service} was closed",
        happened="{organisation} has closed it: nothing follows.",
        todo="You have to do nothing.",
        page="/advice/{about}",
    ),
    "advice-turned-into-referral": Wording(
        subject="A question for {service} was turned into a referral",
        happened="{organisation} makes a referral of what you answered, to you or to somebody else.",
        todo="Where it is for you, it waits in the inbox once it is sent.",
        page="/advice/{about}",
    ),
    "contact-rules-corrected": Wording(
        subject="How to contact somebody safely has changed, for {service}",
        happened=(
            "{organisation} has corrected what must never happen when you get in touch with a person,"
            " or what to beware of."
        ),
        todo="Open the referral before you contact them again.",
    ),
    "pack-corrected": Wording(
        subject="Details of a referral to {service} were corrected",
        happened="{organisation} has corrected who a person is, or how to reach them.",
        todo="Open the referral to see what is different, and correct what you copied from it.",
    ),
    "disclosure-reopened": Wording(
        subject="You may read a referral to {service} again",
        happened="{organisation} tells you that the person has agreed again to what you were told.",
        todo="You need do nothing: open the referral when you need it.",
    ),
    "glass-broken": Wording(
        subject="Somebody broke the glass on a referral of yours",
        happened="A worker who was not told reads a referral that you sent to {service}, until {until}.",
        todo="See in the audit log who it is and why. Tell your Caldicott guardian if it should not be.",
    ),
    "handoff-acknowledged": Wording(
        subject="{service} has seen your referral",
        happened="{organisation} has acknowledged the referral to {service}.",
        todo="You need do nothing: they will ask or answer next.",
    ),
    "information-requested": Wording(
        subject="{service} asks you a question",
        happened="{organisation} needs to know more before {service} can answer.",
        todo="Read the question and answer it: the referral waits for you.",
    ),
    "information-answered": Wording(
        subject="Your question has been answered",
        happened="{organisation} has answered your question about a referral to {service}.",
        todo="Read the answer and decide by {until}.",
    ),
    "handoff-accepted": Wording(
        subject="{service} has accepted your referral",
        happened="{organisation} takes the person on at {service}.",
        todo="You need do nothing now: you hear when a place is held or work begins.",
    ),
    "handoff-rejected": Wording(
        subject="{service} has declined your referral",
        happened="{organisation} does not take the person on at {service}.",
        todo="Read the reason, then send the referral to another service or close it.",
    ),
    "handoff-waitlisted": Wording(
        subject="On the waiting list of {service}",
        happened="{organisation} has accepted the referral; no place at {service} is free yet.",
        todo="Check that the person is safe to wait. You hear when a place is held.",
    ),
    "place-held": Wording(
        subject="A place at {service} is held",
        happened="A place at {service} is held for a person whom {organisation} referred.",
        todo="Agree the start with {organisation} before {until}, then record it.",
    ),
    "handoff-offered": Wording(
        subject="{service} holds a place for your referral",
        happened="{organisation} holds a place at {service} until {until}.",
        todo="Agree the start with them before then, or the place goes to the next person.",
    ),
    "place-lapsed": Wording(
        subject="A held place at {service} was not taken up",
        happened="The hold for a person whom {organisation} referred has lapsed; they wait again.",
        todo="Find out from {organisation} why, and whether the person still wants the place.",
    ),
    "offer-lapsed": Wording(
        subject="The place at {service} was not taken up in time",
        happened="The offer from {organisation} has lapsed; the person waits again.",
        todo="Tell {organisation} whether the person still wants the place.",
    ),
    "handoff-started": Wording(
        subject="{service} has begun",
        happened="{organisation} has begun to work with the person at {service}.",
        todo="Hand over what you still hold, then close your part.",
    ),
    "handoff-put-on-hold": Wording(
        subject="{service} has paused",
        happened="{organisation} has put the handoff to {service} on hold.",
        todo="Read the reason and see whether you can help it go on.",
    ),
    "handoff-resumed": Wording(
        subject="{service} goes on",
        happened="{organisation} has resumed work at {service}.",
        todo="You need do nothing.",
    ),
    "handoff-completed": Wording(
        subject="{service} has finished",
        happened="{organisation} has completed its part at {service}.",
        todo="Open the referral to see the outcome and what follows.",
    ),
    "handoff-failed": Wording(
        subject="{service} has ended early",
        happened="{organisation} ended its part at {service} without completing it.",
        todo="Read the reason and decide who takes the person on now.",
    ),
    "handoff-cancelled": Wording(
        subject="A handoff to {service} was cancelled",
        happened="The handoff to {service} between you and {organisation} was withdrawn.",
        todo="Read the reason. Stop any preparation for it.",
    ),
    "request-expired": Wording(
        subject="A referral to {service} has expired",
        happened="A referral from {organisation} to {service} was not answered in time.",
        todo="It can no longer be accepted. Ask {organisation} to send it again if you can help.",
    ),
    "handoff-expired": Wording(
        subject="{service} did not answer in time",
        happened="Your referral to {service} has expired: {organisation} gave no answer.",
        todo="Send the referral again or to another service.",
    ),
    "handoff-entered-in-error": Wording(
        subject="A referral to {service} was sent in error",
        happened="{organisation} says that its referral to {service} should not have been sent.",
        todo="Do not act on it, and remove what you copied from it.",
    ),
    "message-sent": Wording(
        subject="A message about a referral to {service}",
        happened="{organisation} has written to you about a referral to {service}.",
        todo="Open the referral to read it.",
    ),
    "attachment-added": Wording(
        subject="A file about a referral to {service}",
        happened="{organisation} has added a file to a referral to {service}.",
        todo="Open the referral to read it.",
    ),
    "appointment-made": Wording(
        subject="An appointment at {service}",
        happened="{organisation} has made an appointment at {service} for {until}.",
        todo="Open the referral to see where, and put it into your calendar.",
    ),
    "appointment-cancelled": Wording(
        subject="An appointment at {service} was cancelled",
        happened="{organisation} has cancelled the appointment at {service} for {until}.",
        todo="Make sure that nobody sets out for it.",
    ),
    "acknowledge-due": Wording(
        subject="A referral to {service} waits to be acknowledged",
        happened="A referral from {organisation} should have been acknowledged by {until}.",
        todo="Open it and acknowledge it.",
    ),
    "acknowledge-due-elsewhere": Wording(
        subject="{service} has not acknowledged your referral",
        happened="{organisation} should have acknowledged it by {until}.",
        todo="Ring {organisation}, or send the referral to another service.",
    ),
    "answer-due": Wording(
        subject="A referral to {service} waits for an answer",
        happened="A referral from {organisation} should have been answered by {until}.",
        todo="Open it and accept it, ask, or decline with a reason.",
    ),
    "answer-due-elsewhere": Wording(
        subject="{service} has not answered your referral",
        happened="{organisation} should have answered by {until}.",
        todo="Ring {organisation}, or send the referral to another service.",
    ),
    "review-due": Wording(
        subject="A review at {service} is due",
        happened="A placement that {organisation} asked for should be reviewed by {until}.",
        todo="Hold the review and plan where the person goes next.",
    ),
    "review-due-elsewhere": Wording(
        subject="A review at {service} is overdue",
        happened="{organisation} should have reviewed the placement by {until}.",
        todo="Ask {organisation} when the review takes place, and take part in it.",
    ),
    "stay-due": Wording(
        subject="A stay at {service} has reached its end",
        happened="A placement that {organisation} asked for was to end by {until}.",
        todo="Complete it, or record why the person still needs the place.",
    ),
    "stay-due-elsewhere": Wording(
        subject="A stay at {service} is longer than agreed",
        happened="The placement with {organisation} was to end by {until}.",
        todo="Agree with {organisation} where the person goes next.",
    ),
    "deadline-due": Wording(
        subject="A deadline at {service} has passed",
        happened="Something that {organisation} waits for was due by {until}.",
        todo="Open the referral and do what is due.",
    ),
    "deadline-due-elsewhere": Wording(
        subject="{service} has missed a deadline",
        happened="{organisation} was to act by {until}.",
        todo="Ring {organisation}.",
    ),
    "place-refused": Wording(
        subject="No place could be given at {service}",
        happened="The place ledger could not hold or give out a place at {service} as asked.",
        todo="Open the referral and decide anew: check the service's places in the directory.",
    ),
    "tampering-found": Wording(
        subject="The audit log does not match its signed checkpoint",
        happened="The self-check of the audit log found records that were changed after signing.",
        todo="Stop, keep everything as it is, and verify the log from a bundle you hold.",
        page="/audit",
    ),
    "account-opened": Wording(
        subject="Somebody new may sign in for your organisation",
        happened="An account was opened for a worker of your organisation.",
        todo="If you do not know of it, ask who opened it: the audit log has their reference.",
        page="/directory/organisations/{about}",
    ),
    "role-changed": Wording(
        subject="Somebody in your organisation has another role",
        happened="What a worker of your organisation may do was changed, and their sessions were ended.",
        todo="If you do not know of it, ask who changed it: the audit log has their reference.",
        page="/directory/organisations/{about}",
    ),
    "account-closed": Wording(
        subject="Somebody may sign in for your organisation no longer",
        happened="The account of a worker of your organisation was closed, and their sessions were ended.",
        todo="Check who answers for their referrals, who covers for whom, and the members of your teams.",
        page="/integrations/people",
    ),
    "your-role-changed": Wording(
        subject="You have another role",
        happened="What you may do for your organisation was changed.",
        todo="Sign in again. If you do not know why, ask your team lead.",
        page="/notifications",
    ),
    "system-let-in": Wording(
        subject="A system may act for your organisation",
        happened="A system was given credentials with which it reads and sends for your organisation.",
        todo="If you do not know of it, have an operator shut it out at once.",
        page="/integrations",
    ),
    "system-renewed": Wording(
        subject="A system of your organisation has a new secret",
        happened="The secret of a system of your organisation was replaced: the old one opens nothing.",
        todo="If you do not know of it, have an operator shut it out at once.",
        page="/integrations",
    ),
    "system-shut-out": Wording(
        subject="A system of your organisation was shut out",
        happened="A system can act for your organisation no longer.",
        todo="If its work has to go on, have an operator let in another one.",
        page="/integrations",
    ),
    "webhook-failing": Wording(
        subject="One of your webhooks does not answer",
        happened="Four attempts in a row failed, over more than half an hour. We keep trying for three days.",
        todo="Look into its delivery log. Until it answers, your mailbox gets what waits for it and what it"
        " would have heard. What it missed can be sent again from the same page.",
        page="/integrations/{about}",
    ),
    "webhook-disabled": Wording(
        subject="One of your webhooks was switched off",
        happened="Its address answered that it is gone for good (410), so nothing is sent there. Your mailbox"
        " gets what waited for it and what it would have heard.",
        todo="Check the address, switch the webhook on again, and send again what it missed.",
        page="/integrations/{about}",
    ),
}
"""Every wording by its code."""
