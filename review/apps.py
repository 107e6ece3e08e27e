from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from brandkit.accounts.models import Brand
        from generation.signals import output_ready, swept, ticked
        from generation.watching import hooks
        from review import watching
        from review.expiry import let_go
        from review.opening import open_review
        from review.publishing.actions import publish_due, sweep
        from review.reasons import give_starting_reasons
        from review.telling import tell_due

        post_save.connect(give_starting_reasons, sender=Brand, dispatch_uid="review.reasons")
        ticked.connect(publish_due, dispatch_uid="review.publish_due")
        output_ready.connect(open_review, dispatch_uid="review.open")
        swept.connect(sweep, dispatch_uid="review.sweep")
        swept.connect(let_go, dispatch_uid="review.let_go")
        swept.connect(tell_due, dispatch_uid="review.tell_due")
        hooks.measures.append(watching.measure)
        hooks.finders.append(watching.find)
