"""A vendor's job that outlives the call which began it: it is paid for once, and asked for until it ends."""

from generation.engine.claims import Claim, stopping
from generation.engine.patience import patiently, release_connection
from generation.models import Attempt, Work
from generation.providers.base import LONGEST_JOB, Job


class NotedJob(Job):
    """The job of one attempt: its number is written down the moment it is known."""

    def __init__(self, claim: Claim, attempt: Attempt) -> None:
        super().__init__(attempt.job)
        self._claim = claim
        self._attempt = attempt

    def note(self, id: str) -> None:
        """Commit the vendor's number. Raises LostClaim, and ValueError for one that can't be kept.

        It is written even where the claim is lost: whoever has it now may still find it before they pay.
        """
        if len(id) > LONGEST_JOB or not id.isprintable():
            raise ValueError(f"a job's number is at most {LONGEST_JOB} printable characters.")
        self.id = id  # even where the database does not answer now, it is written when the call ends
        patiently(self._write)
        self._claim.check()
        release_connection()

    def pause(self, seconds: float) -> bool:
        return not stopping.wait(seconds)

    def _write(self) -> None:
        Attempt.objects.filter(pk=self._attempt.pk).update(job=self.id)


def job_at_work(work: Work) -> str:
    """The number of the job that the last call left behind, to be asked for instead of paying anew; or ""."""
    last = work.attempts.last()
    return last.job_left if last else ""
