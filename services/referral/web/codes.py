"""Codes that pages write as words, spelt out so that catalogues hold them."""

from typing import Final

from onward.languages import marked

SPELT: Final = (
    # what handing over means
    marked("Referral"),
    marked("Transfer"),
    marked("Onward"),
    marked("Self referral"),
    marked("Duty to refer"),
    # lawful bases
    marked("Direct care"),
    marked("Consent"),
    marked("Legal duty"),
    marked("Safeguarding"),
    marked("Vital interests"),
    # figures
    marked("Referred"),
    marked("Accepted"),
    marked("Declined by service"),
    marked("Declined by person"),
    marked("Started"),
    marked("Completed"),
    marked("Failed"),
    marked("Open"),
    marked("Sessions"),
    marked("Goals set"),
    marked("Goals achieved"),
    marked("Goals not achieved"),
    # needs
    marked("Housing"),
    marked("Benefits"),
    marked("Wellbeing"),
    marked("Crisis"),
    marked("Company"),
    marked("Work"),
    marked("Substance use"),
    marked("Physical health"),
    marked("Creativity"),
    # what is known of a person
    marked("Known as"),
    marked("Phone"),
    marked("Language"),
    marked("Interpreter"),
    marked("Formats"),
    # parts of a pack, and of a date
    marked("Identity"),
    marked("Contact"),
    marked("Summary"),
    marked("Day"),
    marked("Month"),
    marked("Year"),
)
