"""The user's own code: components of every kind that are not this package's.

`gather` reads the files that a study names and what they import from beside them, as a `Bundle`:
plain texts. `install` imports them, in the driver and in each worker alike, and holds what they
register to its contract. Nothing else of this package runs a line of a user's.
"""

from incay.trainables.uses.bundle import Bundle
from incay.trainables.uses.gather import gather
from incay.trainables.uses.loading import install, withdraw
from incay.trainables.uses.problems import OwnCodeError

__all__ = ["Bundle", "OwnCodeError", "gather", "install", "withdraw"]
