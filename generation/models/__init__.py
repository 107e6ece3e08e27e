"""From a subject's photo to the picture that came out: rows are the queue, the record and the truth."""

from generation.models.attempts import Attempt, Output
from generation.models.operation import ProviderAccount, WorkerSign
from generation.models.subjects import PreparedPicture, Reference, Subject
from generation.models.work import WORKS, Generation, SceneDraft, Work

__all__ = [
    "WORKS",
    "Attempt",
    "Generation",
    "Output",
    "PreparedPicture",
    "ProviderAccount",
    "Reference",
    "SceneDraft",
    "Subject",
    "Work",
    "WorkerSign",
]
