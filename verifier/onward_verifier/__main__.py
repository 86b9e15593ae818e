"""``python -m onward_verifier``."""

import sys

from onward_verifier.command import main

if __name__ == "__main__":
    sys.exit(main())
