from django.apps import AppConfig


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        from brandkit.accounts.mailing import send_aside
        from generation import checks  # noqa: F401 -- registers them
        from generation.batches import chores
        from generation.budget_line import look_after
        from generation.catalogue import leftovers
        from generation.housekeeping import keep_house
        from generation.signals import swept, ticked

        chores.connect()
        leftovers.connect()
        ticked.connect(look_after, dispatch_uid="generation.budgets")
        swept.connect(send_aside, dispatch_uid="accounts.mail")
        swept.connect(keep_house, dispatch_uid="generation.housekeeping")
