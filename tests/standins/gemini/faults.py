"""Everything that can go wrong, by name. Each says which of the facts it stands for.

What is no fault (words beside a picture, sketches before it) is here too, where its shape is another.
"""

from collections.abc import Mapping

from tests.standins.gemini.broken import ERRORS, TRANSPORT
from tests.standins.gemini.fault import Fault
from tests.standins.gemini.odd import NOTHING_MADE, PICTURES

FAULTS: Mapping[str, Fault] = {**ERRORS, **TRANSPORT, **NOTHING_MADE, **PICTURES}
