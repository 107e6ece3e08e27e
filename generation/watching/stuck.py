"""What waits or runs for too long: why, and what to do about it. Reads only."""

from generation.watching import batches, line, works
from generation.watching.finding import Finding, Scope
from generation.watching.hooks import finders


def look(scope: Scope) -> list[Finding]:
    """Everything that is stuck, what stops most first. Empty where all goes well."""
    own = (line.find, batches.find, works.find)
    return [finding for find in (*own, *finders) for finding in find(scope)]
