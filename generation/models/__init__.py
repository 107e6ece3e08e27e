"""From a subject's photo to the picture that came out: rows are the queue, the record and the truth."""

from generation.models.attempts import Attempt, Output
from generation.models.batches import (
    Batch,
    BatchChore,
    BatchItem,
    BatchLine,
    BatchProgress,
    Priority,
)
from generation.models.money import Budget, SpendOfDay
from generation.models.operation import BrandTurn, ProviderAccount, WorkerSign
from generation.models.subjects import PreparedPicture, Reference, Subject
from generation.models.work import WORKS, Generation, SceneDraft, Work

__all__ = [
    "WORKS",
    "Attempt",
    "Batch",
    "BatchChore",
    "BatchItem",
    "BatchLine",
    "BatchProgress",
    "BrandTurn",
    "Budget",
    "Generation",
    "Output",
    "PreparedPicture",
    "Priority",
    "ProviderAccount",
    "Reference",
    "SceneDraft",
    "SpendOfDay",
    "Subject",
    "Work",
    "WorkerSign",
]
