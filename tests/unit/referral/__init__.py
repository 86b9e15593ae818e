"""The referral service's rules."""
