"""Referral: who hands whom on to whom, and where that stands.

Owns referrals, handoffs, the people they are about, what was disclosed to whom, and deadlines.
Hears the directory: who there is, what they offer, who may share with whom, and who has which
place.
Tells the life of every handoff, step by step, in ids, codes and times.
"""
