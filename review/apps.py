from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        from generation.signals import output_ready, swept
        from generation.watching import hooks
        from review import watching
        from review.expiry import let_go
        from review.publishing.actions import sweep
        from review.services import open_review

        output_ready.connect(open_review, dispatch_uid="review.open")
        swept.connect(sweep, dispatch_uid="review.sweep")
        swept.connect(let_go, dispatch_uid="review.let_go")
        hooks.measures.append(watching.measure)
        hooks.finders.append(watching.find)
