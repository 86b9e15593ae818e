"""Check an Onward audit bundle, or a whole log, offline, from the log's public key alone.

    onward-verify FILE --key KEY

It shares no code with Onward and needs nothing of it: the standard library, and Ed25519 of the package
`cryptography`. What it relies on is published: RFC 6962 and RFC 9162 (Merkle trees), C2SP signed-note
and tlog-checkpoint, Ed25519 (RFC 8032).
"""
