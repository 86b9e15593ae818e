"""Rank services for one person: what each offers, for and against, and what stands in the way.

What matching reads of a service, beside its name, status and room: ``needs`` (codes, the same words a
referral uses: housing, benefits, wellbeing, crisis, company, work, substance-use, physical-health,
creativity), ``areas`` (pairs of a kind - ``district`` ONS code, ``outcode``, ``practice`` ODS code - and
a code; none: not stated), ``virtual`` (can be used from anywhere), each site's ``latitude`` and
``longitude`` (WGS 84 degrees, or none), the ``eligibility`` and the ``opening`` documents.
"""
