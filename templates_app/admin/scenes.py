"""Scenes: a picture, where the subject stands in it, and the light there."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminFileFieldWidget

from brandkit.accounts.scoped import person
from brandkit.accounts.unfolded import action
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number
from generation.imaging.decode import Photo
from templates_app import services
from templates_app.admin.versions import VersionAdmin, VersionedAdmin, VersionInline
from templates_app.models import SceneTemplate, SceneVersion

if TYPE_CHECKING:
    SceneModelForm = forms.ModelForm[SceneVersion]
else:
    SceneModelForm = forms.ModelForm

PLACE = (("slot_x0", "slot_x1"), ("slot_y0", "slot_y1"), ("ground", "gloss"), ("tilt",))
LIGHT = (("light_azimuth", "light_height"), ("light_softness",))


def picture_address(version: SceneVersion, kind: str) -> str:
    """The private address of a version's picture or thumbnail, for people of its brand."""
    return reverse("studio:scene-file", args=[version.brand.slug, version.pk, kind])


class SceneVersionForm(SceneModelForm):
    """The picture is decoded apart before anything looks at it, so it is no ImageField here."""

    upload = forms.FileField(
        label="Picture",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": "image/*,.heic,.heif"}),
        help_text="JPEG, PNG, WebP or HEIC up to 50 MB; 2048 pixels or more on the short side are good.",
    )
    photo: Photo

    class Meta:
        model = SceneVersion
        fields = ("scene", "note", *sum((*PLACE, *LIGHT), ()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["upload"]  # another picture is another version
        for name, field in self.fields.items():
            if isinstance(field, forms.FloatField):
                field.widget.attrs["step"] = (
                    "1" if name in ("light_azimuth", "light_height", "tilt") else "0.001"
                )

    def clean_upload(self) -> Any:
        upload = self.cleaned_data["upload"]
        try:
            self.photo = services.open_picture(Path(upload.temporary_file_path()))
        except Invalid as error:
            raise forms.ValidationError(error.message) from error
        return upload


def ask_a_model(of: str, number: int) -> str:
    """The form's address, which belongs to the room above. of: "scene" or "restyled", a version."""
    return f"{reverse('admin:generation_scenedraft_add')}?{of}={number}"


def thumbnail(version: SceneVersion) -> SafeString:
    address = picture_address(version, "thumbnail")
    return format_html('<img class="bk-thumbnail" src="{}" alt="{}" loading="lazy">', address, version)


class SceneColumns:
    """A version's picture in a list. Its name is not that of the model's field, which would win."""

    @admin.display(description="picture")
    def look(self, version: SceneVersion) -> SafeString:
        return thumbnail(version)


@admin.register(SceneVersion)
class SceneVersionAdmin(SceneColumns, VersionAdmin):
    form = SceneVersionForm
    parent = "scene"
    of_brand = "scene__brand"
    list_display = ("look", "scene", "number", "shown_state", "note", "approval")
    list_select_related = ("scene__brand", "approved_by", "created_by")
    list_display_links = ("look", "scene")
    search_fields = ("scene__name", "note")
    actions_detail = (*VersionAdmin.actions_detail, "restyle")
    change_form_before_template = "templates_app/admin/slot.html"
    confirm_template = "templates_app/admin/scene_shown.html"

    class Media:
        css: ClassVar = {"all": ["templates_app/curate.css"]}
        js = ("templates_app/slot.js",)

    @action(description="Restyle with a model", icon="auto_awesome", url_path="restyle")
    def restyle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form on which a model is asked for the same scene in another style."""
        return HttpResponseRedirect(ask_a_model("restyled", self._version(request, object_id).pk))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first = ("scene", "note") if obj else ("scene", "upload", "note")
        return (
            (None, {"fields": first}),
            ("Where the subject stands", {"fields": PLACE, "description": "Parts of the picture, 0 to 1."}),
            ("The light there", {"fields": LIGHT}),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The scene that was asked for, and the slot and light of its last version."""
        wanted = request.GET.get("scene", "")
        versions = self.get_queryset(request).filter(scene=row_number(wanted))
        last = versions.order_by("-number").first()
        usual = {name: getattr(last, name) for name in services.content_fields(last)} if last else {}
        return {**usual, "note": "", "scene": wanted}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        if change:
            return super().save_form(request, form, change)
        scene = form.cleaned_data["scene"]
        numbers = {name: getattr(form.instance, name) for name in services.content_fields(form.instance)}
        return services.new_scene_version(scene=scene, picture=form.photo, by=person(request), **numbers)

    def save_model(self, request: HttpRequest, obj: SceneVersion, form: Any, change: bool) -> None:
        if change:
            services.change_draft(version=obj, by=person(request))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        if obj:
            context |= self.shown(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def shown(self, version: SceneVersion) -> dict[str, Any]:
        return {
            "picture": picture_address(version, "picture"),
            "advice": services.size_advice(version),
            "numbers": {name: getattr(version, name) for name in sum((*PLACE, *LIGHT), ())},
        }


class SceneVersionInline(SceneColumns, VersionInline):
    model = SceneVersion
    fields = readonly_fields = ("look", "opening", "shown_state", "note", "drafting", "approval")


@admin.register(SceneTemplate)
class SceneAdmin(VersionedAdmin):
    version_model = SceneVersion
    list_display = ("thumbnail", "name", "brand", "in_use", "drafts")
    list_display_links = ("thumbnail", "name")
    inlines = (SceneVersionInline,)
    actions_detail = (*VersionedAdmin.actions_detail, "draft_with_a_model")

    @action(description="Draft with a model", icon="auto_awesome", url_path="draft-with-a-model")
    def draft_with_a_model(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form on which a model is asked for the scene's next picture."""
        scene = self.get_object(request, object_id)
        if scene is None:
            raise Http404
        return HttpResponseRedirect(ask_a_model("scene", scene.pk))

    @admin.display(description="picture")
    def thumbnail(self, scene: SceneTemplate) -> SafeString | str:
        versions = list(scene.versions.all())
        approved = [version for version in versions if version.state == version.State.APPROVED]
        newest = next(iter(approved or versions), None)
        return thumbnail(newest) if newest else ""
