"""What may change of a subject after its intake: its words, never its pixels."""

from django.db import transaction

from brandkit.accounts.models import User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Invalid
from brandkit.common.models import record
from generation.models import Subject


def rename(*, subject: Subject, by: User | None, name: str, sku: str = "") -> None:
    """Give it another name and SKU. Its slug stays: addresses don't change. Raises NotAllowed, Invalid.

    by: None in the operator's shell.
    """
    if by:
        require(by, Act.REQUEST, subject.brand)
    if not name:
        raise Invalid("A photo needs a name.")
    before = {"name": subject.name, "sku": subject.sku}
    if before == {"name": name, "sku": sku}:
        return
    subject.name, subject.sku = name, sku
    with transaction.atomic():
        subject.save(update_fields=["name", "sku"])
        record("subject.renamed", subject, actor=by, before=before, name=name, sku=sku)
