from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        from generation.signals import output_ready
        from review.services import open_review

        output_ready.connect(open_review, dispatch_uid="review.open")
