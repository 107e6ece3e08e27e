"""Brands, members, people, and the trail of what happened."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from brandkit.accounts.models import Brand, Membership, User
from brandkit.accounts.policy import Act, may
from brandkit.accounts.rules import LONGEST, RULES, note_change, what_is_impossible
from brandkit.accounts.scoped import ScopedAdmin, person
from brandkit.accounts.site import is_operator
from brandkit.accounts.unfolded import Admin, Inline
from brandkit.common.models import Event

if TYPE_CHECKING:
    PersonAdmin = UserAdmin[User]
    BrandModelForm = forms.ModelForm[Brand]
    MemberModelForm = forms.ModelForm[Membership]
    MemberFormSetBase = BaseInlineFormSet[Membership, Brand, forms.ModelForm[Membership]]
else:
    MemberFormSetBase = BaseInlineFormSet
    PersonAdmin = UserAdmin
    BrandModelForm = forms.ModelForm
    MemberModelForm = forms.ModelForm

admin.site.unregister(Group)  # roles in brands are all the groups there are


class MemberForm(MemberModelForm):
    """A person by sign-in name: an owner need not see who else there is."""

    username = forms.CharField(label="sign-in name", max_length=150, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = Membership
        fields = ("username", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["username"].initial = self.instance.user.username
            self.fields["username"].disabled = True

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if self.instance.pk:
            return username
        user = User.objects.filter(username=username, is_active=True).first()
        if not user:
            raise forms.ValidationError(f"There is no person “{username}”. The operator adds people.")
        if Membership.objects.filter(brand_id=self.instance.brand_id, user=user).exists():
            raise forms.ValidationError(f"“{username}” is a member already: change the role there.")
        self.instance.user = user
        return username


class MemberFormSet(MemberFormSetBase):
    """Tells who stands there twice: each row by itself knows only of the members there are."""

    def clean(self) -> None:
        super().clean()
        names = [form.cleaned_data.get("username") for form in self.forms if form not in self.deleted_forms]
        for name, times in Counter(filter(None, names)).items():
            if times > 1:
                raise forms.ValidationError(f"“{name}” stands there {times} times. A person has one role.")


class MemberInline(Inline):
    model = Membership
    form = MemberForm
    formset = MemberFormSet
    readonly_fields = ("who",)
    extra = 0
    hide_title = True
    verbose_name = "member"
    verbose_name_plural = "members"

    @admin.display(description="sign-in name")
    def who(self, member: Membership) -> str:
        return member.user.username

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("username" if self.has_change_permission(request, obj) else "who", "role")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or may(person(request), Act.MANAGE, obj)

    has_add_permission = has_delete_permission = has_change_permission


class BrandForm(BrandModelForm):
    def clean_review_due_hours(self) -> int | None:
        hours: int | None = self.cleaned_data["review_due_hours"]
        if hours is not None and not 1 <= hours <= LONGEST:
            raise forms.ValidationError(f"From 1 to {LONGEST} hours (a year), or nothing at all.")
        return hours


@admin.register(Brand)
class BrandAdmin(ScopedAdmin):
    """Owners keep their brand and its members, curators see who they are; the operator makes brands."""

    change = Act.MANAGE
    of_brand = "pk"
    list_display = ("name", "slug", "members")
    form = BrandForm
    fieldsets = (
        (None, {"fields": (("name", "slug"),)}),
        (
            "Review",
            {
                "fields": (
                    "reviewers_review",
                    ("curators_review", "designers_review"),
                    "allow_self_review",
                    "approvals",
                    "review_due_hours",
                ),
                "description": "Who decides on pictures, and how. What changes here is kept in the trail.",
            },
        ),
        ("Uploaded photos", {"fields": ("keep_originals_days",)}),
    )
    inlines = (MemberInline,)

    @admin.display(description="members")
    def members(self, brand: Brand) -> int:
        return brand.memberships.count()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # pictures are out in the world; what made them is kept

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            note_change(obj, old={name: form.initial[name] for name in RULES}, by=person(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Then it is known who may review."""
        super().save_related(request, form, formsets, change)
        if words := what_is_impossible(form.instance):
            self.message_user(request, words, messages.WARNING)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}


@admin.register(User)
class OperatorsUserAdmin(PersonAdmin, Admin):
    """People, for the operator only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_superuser")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": (("first_name", "last_name"), "email")}),
        ("Access", {"fields": ("is_active", "is_superuser")}),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)


class Newest(Paginator):  # type: ignore[type-arg] # Django's own is not generic when it runs
    """Pages of the newest rows; how many there are in all is not counted."""

    MOST = 10_000

    @cached_property
    def count(self) -> int:
        """How many these pages hold."""
        return cast(QuerySet[Any], self.object_list).order_by().values("pk")[: self.MOST].count()


class OfWhat(admin.SimpleListFilter):
    """One kind of thing. All kinds are offered: those that occur are not looked for in a million events."""

    title = "of what"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        own = [model._meta for model in apps.get_models() if hasattr(model, "brand_id")]
        return [(meta.label_lower, str(meta.verbose_name)) for meta in own if meta is not Event._meta]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(object_type=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ScopedAdmin):
    """What happened in a brand, newest first. Nobody changes it."""

    act = Act.MANAGE
    of_brand = "brand_id"
    list_display = ("at", "kind", "object", "actor")
    list_filter = (OfWhat,)
    search_fields = ("kind",)
    paginator = Newest
    ordering = ("-id",)
    list_select_related = ("actor",)
    fields = ("at", "kind", "object", "actor", "data")
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """By number: where the brands come from a subquery, all events are sorted to find the newest."""
        rows = Admin.get_queryset(self, request)
        if is_operator(request):
            return rows.filter(brand_id__isnull=False)
        return rows.filter(brand_id__in=list(self.brands(request).values_list("pk", flat=True)))

    @admin.display(description="of what")
    def object(self, event: Event) -> str:
        return f"{event.object_type.split('.')[-1]} {event.object_id}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission
