from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "brandkit.common"
    label = "common"
