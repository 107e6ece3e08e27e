from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "brandkit.web"
    label = "web"
