"""The independent verifier. It imports nothing of Onward, and Onward's service nothing of it."""
