"""What makes evidence evidence: the tree, its proofs, the leaves, the signatures. No I/O here."""
