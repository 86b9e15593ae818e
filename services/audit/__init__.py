"""The audit service: keeps evidence of every handoff that outsiders can check without trusting us.

Owns the log (an RFC 6962 Merkle tree over one leaf per event), its signed checkpoints, its proofs
and the bundles exported from it. Hears every event of every service. Tells `TamperingFound`, and,
as all services do, who read what and what was refused.
"""
