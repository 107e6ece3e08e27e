"""Pages that belong to no app: the way in and the way out, and what one was told."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, path

from brandkit.web import notices, views

app_name = "web"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path(
        "sign-in/",
        LoginView.as_view(template_name="web/sign_in.html", redirect_authenticated_user=True),
        name="sign-in",
    ),
    path("notices/", notices.notices, name="notices"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("notices/seen/", notices.seen, name="notices-seen"),
    path("notices/mail/", notices.by_mail, name="notices-mail"),
    path("notices/verdicts/", notices.of_verdicts, name="notices-verdicts"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
