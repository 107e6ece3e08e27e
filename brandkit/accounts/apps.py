from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "brandkit.accounts"
    label = "accounts"
