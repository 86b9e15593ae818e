"""The kernel of Onward: mechanisms every service shares, and the events they publish."""
