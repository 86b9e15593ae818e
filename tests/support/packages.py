"""Install what tests need on a throw-away Debian, where we are root and nobody else's machine is changed."""

import os
import shutil
import subprocess


def install(*packages: str) -> bool:
    """Install Debian *packages*, without starting their services; say whether that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    commands = (["update"], ["install", "-y", "--no-install-recommends", *packages])
    return all(
        subprocess.run(
            ["apt-get", "-q", *arguments], env=quiet, capture_output=True, check=False
        ).returncode
        == 0
        for arguments in commands
    )
