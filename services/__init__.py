"""The four services: directory, referral, notification, audit. None imports another."""
