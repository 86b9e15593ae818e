"""Who there is, what they offer, who may share with whom, who may sign in, who has which place.

Owns organisations, services, sharing agreements, accounts of workers and of partners' systems, and
the place ledger of every service that gives out beds or homes one by one.
Hears what becomes of handoffs, and answers with places held, queued, taken, released and refused.
Tells every change of an entry, whole, and every sign-in and sign-out.
"""
