"""Names of the files that the embedded platform keeps in its folder."""

SECRETS_FILE = "secrets.json"
SETTINGS_FILE = "settings.json"
"""The ONWARD_… variables of the running platform, for other commands; readable by its owner only."""
CLOCK_FILE = "clock-offset"
RUNNING_FILE = "running-since"
