"""The Studio: from a photo to pictures, on one page."""

from django.http import HttpResponse
from django.shortcuts import render

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.web.pages import HtmxRequest, brand_page


@brand_page(Act.REQUEST)
def home(request: HtmxRequest, brand: Brand) -> HttpResponse:
    return render(request, "generation/studio.html")
