"""What a brand spends, and what it may, over HTTP."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brandkit.accounts.api import InBrand, brand_for, given, person
from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.api import UtcDateTimeField
from brandkit.common.idempotency import Idempotent
from brandkit.common.openapi import example, operation
from generation import budgets, spending
from generation.budget_line import HIGHEST, set_limit
from generation.models import Budget


def amount(words: str, **more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=5, help_text=words, **more)


class SpendQuery(InBrand):
    month = serializers.RegexField(
        r"^2[0-9]{3}-(0[1-9]|1[0-2])$",
        required=False,
        help_text="Like `2026-11`; this month unless told.",
        error_messages={"invalid": "Write a month like 2026-11."},
    )


class DaySerializer(serializers.Serializer[spending.Day]):
    day = serializers.DateField()
    calls = serializers.IntegerField()
    dollars = amount("US dollars.")


class PartSerializer(serializers.Serializer[spending.Part]):
    id = serializers.IntegerField(allow_null=True, help_text="Of the scene, prompt version or batch.")
    name = serializers.CharField()
    calls = serializers.IntegerField()
    dollars = amount("US dollars.")


class SpendSerializer(serializers.Serializer[spending.Spend]):
    """What the calls that began in a month cost; the dearest first, of each kind at most 1000."""

    month = serializers.DateField(format="%Y-%m")
    calls = serializers.IntegerField(help_text="Calls to providers that have a price.")
    dollars = amount("US dollars, of all calls.")
    days = DaySerializer(many=True)
    by_provider = PartSerializer(many=True, source="parts.provider")
    by_model = PartSerializer(many=True, source="parts.model")
    by_scene = PartSerializer(many=True, source="parts.scene")
    by_prompt = PartSerializer(many=True, source="parts.prompt")
    by_batch = PartSerializer(many=True, source="parts.batch")
    without_prices = serializers.SerializerMethodField(
        help_text="Providers without a price: their calls count as free, and no budget stops them."
    )

    def get_without_prices(self, spend: spending.Spend) -> list[str]:
        return spending.without_prices()


class BudgetSerializer(serializers.Serializer[Budget]):
    """What a brand may spend this month, and what of it is spent or promised, in US dollars."""

    month = serializers.DateField(format="%Y-%m")
    limit = amount("Null: there is none.", allow_null=True)
    spent = amount("By calls that have begun.")
    reserved = amount("Promised to pictures that wait in the queue.")
    left = amount("May still be promised; null without a limit.", allow_null=True)
    waiting = serializers.SerializerMethodField(help_text="Pictures that wait for the budget, up to 1000.")
    warned_at = UtcDateTimeField(allow_null=True, help_text="When its owners were told of 80 %.")
    stopped_at = UtcDateTimeField(allow_null=True, help_text="When its owners were told that pictures wait.")

    def get_waiting(self, budget: Budget) -> int:
        return spending.waiting(budget.brand)


class NewLimit(InBrand):
    limit = serializers.DecimalField(
        max_digits=12,
        decimal_places=2,
        min_value=Decimal(0),
        max_value=HIGHEST,
        allow_null=True,
        help_text="US dollars a month, from now on; null for none.",
    )


class SpendView(APIView):
    @operation(
        "get_spend",
        "What a brand spends in a month, by day, provider, model, scene, prompt and batch",
        tags=["spend"],
        answers={200: SpendSerializer},
        parameters=[SpendQuery],
        problems=(404, 422),
    )
    def get(self, request: Request) -> Response:
        asked = given(SpendQuery, request.query_params)
        brand = asked_brand(request, asked, Act.SEE)
        month = asked.get("month") and spending.month_named(asked["month"])
        found = spending.spend(brand, month or budgets.month_of(timezone.now()))
        return Response(SpendSerializer(found).data)


class BudgetView(Idempotent):
    @operation(
        "get_budget",
        "What a brand may spend this month, and what is left",
        tags=["spend"],
        answers={200: BudgetSerializer},
        parameters=[InBrand],
        problems=(404, 422),
    )
    def get(self, request: Request) -> Response:
        brand = asked_brand(request, given(InBrand, request.query_params), Act.SEE)
        return Response(BudgetSerializer(budgets.standing(brand)).data)

    @operation(
        "set_budget",
        "Set what a brand may spend in a month",
        description="For owners. What waits for the budget goes on as far as the new limit allows.",
        tags=["spend"],
        request=NewLimit,
        answers={200: BudgetSerializer},
        problems=(400, 403, 404, 415, 422),
        examples=[example("A limit", {"brand": "northwind", "limit": "250.00"}, request=True)],
    )
    def post(self, request: Request) -> Response:
        asked = given(NewLimit, request.data)
        brand = asked_brand(request, asked, Act.MANAGE)
        set_limit(brand=brand, by=person(request), limit=asked["limit"])
        return Response(BudgetSerializer(budgets.standing(brand)).data)


def asked_brand(request: Request, asked: dict[str, Any], act: Act) -> Brand:
    return brand_for(user=person(request), act=act, slug=asked.get("brand", ""))
