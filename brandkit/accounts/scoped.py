"""The base of all admin pages: people see and change what their role in a brand allows, and nothing else."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, brands_for
from brandkit.accounts.unfolded import Admin, Inline
from brandkit.common.errors import BrandkitError
from brandkit.common.models import brand_of


def person(request: HttpRequest) -> User:
    """Who is signed in; the admin's door lets nobody else through."""
    return cast(User, request.user)


def may_somewhere(request: HttpRequest, act: Act) -> bool:
    """Whether the person may do `act` in a brand. Kept with the request: an admin page asks 40 times."""
    known: dict[Act, bool] = request.__dict__.setdefault("may_somewhere", {})
    if act not in known:
        known[act] = brands_for(person(request), act).exists()
    return known[act]


class ScopedAdmin(Admin):
    """Rows of the brands in which the person may do `act`. of_brand: the way from a row to its brand.

    change: what it takes to change them, if that is more.
    """

    act: ClassVar[Act] = Act.CURATE
    change: ClassVar[Act] = Act.CURATE
    of_brand: ClassVar[str] = "brand"
    actions = None

    def brands(self, request: HttpRequest) -> QuerySet[Brand]:
        return brands_for(person(request), self.act)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(**{f"{self.of_brand}__in": self.brands(request)})

    def may(self, request: HttpRequest, act: Act, row: Model | None) -> bool:
        if row is None:
            return may_somewhere(request, act)
        return brands_for(person(request), act).filter(pk__in=[brand_of(row)]).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, self.act, None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.act, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.change, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.change, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, self.change, obj)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer, and take, only what belongs to the person's brands."""
        related = db_field.remote_field.model
        path = "pk" if related is Brand else "brand"
        kwargs["queryset"] = related._default_manager.filter(**{f"{path}__in": self.brands(request)})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The brand is chosen already where there is just one."""
        brands = list(self.brands(request)[:2])
        usual = {"brand": brands[0].pk} if len(brands) == 1 else {}
        return {**usual, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, *args: Any, **kwargs: Any) -> Any:
        """Without the side doors to other pages beside a choice."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        return _plain(field)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """One way to save."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._telling_errors(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._telling_errors(super().delete_view, request, *args, **kwargs)

    def _telling_errors(
        self, view: Callable[..., Any], request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What a service refuses becomes a message, with nothing changed."""
        try:
            return cast(HttpResponse, view(request, *args, **kwargs))
        except BrandkitError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def _plain(field: Any) -> Any:
    widget = getattr(field, "widget", None)
    if isinstance(widget, RelatedFieldWidgetWrapper):
        widget.can_add_related = widget.can_change_related = False
        widget.can_delete_related = widget.can_view_related = False
    return field


class ReadOnlyInline(Inline):
    """Rows below another one, to look at and to open: whoever sees the one above sees them."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
