"""Plays a story and takes every read of the API with the Python client, against the stack at VOUCHSAFE_URL."""

import base64
import datetime
import enum
import importlib
import json
import os
import re
import sys
import typing
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
from vouchsafe_client import AuthenticatedClient, Client
from vouchsafe_client.api.customers import find_customer
from vouchsafe_client.api.history import query_history_of_partner
from vouchsafe_client.api.licenses import assign_license, list_license_pools
from vouchsafe_client.api.partners import list_partner_organizations, list_partners
from vouchsafe_client.models import (
    AssignLicenseBody,
    Assignment,
    CustomerList,
    Direction,
    DirectoryItemList,
    HistoryPage,
    Line,
    PartnerList,
    Pools,
    Problem,
)
from vouchsafe_client.types import UNSET, Unset

URL = os.environ["VOUCHSAFE_URL"]
ROOT = Path(__file__).parents[2]
CLIENT = Path(sys.modules["vouchsafe_client"].__path__[0])
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def load_tokens() -> dict[str, str]:
    """Loads the demo world and returns the token of each person by its subject."""
    answer = httpx.post(f"{URL}/_local/demo").raise_for_status()
    tokens = {}
    for token in answer.json()["tokens"].values():
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        tokens[claims["sub"]] = token
    return tokens


def times_as_instants(value: Any) -> Any:
    """Replaces times: the client writes an instant with `+00:00`, and the API with milliseconds and `Z`."""
    match value:
        case dict():
            return {name: times_as_instants(item) for name, item in value.items()}
        case list():
            return [times_as_instants(item) for item in value]
        case str() if TIME.fullmatch(value):
            return datetime.datetime.fromisoformat(value)
    return value


def written(parsed: Any) -> Any:
    return [written(item) for item in parsed] if isinstance(parsed, list) else parsed.to_dict()


def undescribed_fields(value: Any) -> Iterator[str]:
    """Finds fields that the client keeps as unknown ones, although their object has a description.

    They survive the round trip, but a user of the client does not get them with a type.
    """
    match value:
        case list():
            for item in value:
                yield from undescribed_fields(item)
        case dict():
            yield from undescribed_fields(list(value.values()))
        case _ if attrs.has(type(value)):
            names = [field.name for field in attrs.fields(type(value))]
            additional: dict[str, Any] = getattr(value, "additional_properties", {})
            # An object without any field of its own is a map.
            if names != ["additional_properties"]:
                yield from (f"{type(value).__name__}.{name}" for name in additional)
            for name in names:
                yield from undescribed_fields(getattr(value, name))


def argument(hint: Any, text: str) -> Any:
    """Reads a parameter of a published request as the type that the client wants."""
    for wanted in typing.get_args(hint) or (hint,):
        if wanted is Unset or wanted is type(None):
            continue
        if wanted is bool:
            return text == "true"
        if wanted is datetime.datetime:
            return datetime.datetime.fromisoformat(text)
        if issubclass(wanted, (int, str, enum.Enum)):
            return wanted(text)
    raise TypeError(f"{hint} cannot be read from {text}")


def take_every_read(tokens: dict[str, str]) -> list[str]:
    """Takes every GET operation of the description with the request that `events/` publishes for it."""
    description = json.loads((ROOT / "functions/src/service/openapi.json").read_text())
    modules = {path.stem: path for path in CLIENT.glob("api/*/*.py")}
    faults = []
    count = 0
    for methods in description["paths"].values():
        if "get" not in methods:
            continue
        operation = methods["get"]["operationId"]
        payload = json.loads((ROOT / f"events/{operation}.json").read_text())
        path = modules[operation.replace("-", "_")].relative_to(CLIENT.parent).with_suffix("")
        module: Any = importlib.import_module(".".join(path.parts))
        hints = typing.get_type_hints(module.sync_detailed)
        names = {name.replace("_", ""): name for name in hints}
        parameters = {name: urllib.parse.unquote(value) for name, value in payload.get("pathParameters", {}).items()}
        parameters |= dict(urllib.parse.parse_qsl(payload["rawQueryString"]))
        arguments = {}
        for parameter, text in parameters.items():
            name = names[parameter.lower()]
            arguments[name] = argument(hints[name], text)

        sent: list[bytes] = []
        hooks = {"event_hooks": {"request": [lambda request: sent.append(request.url.raw_path)]}}
        authorizer = payload["requestContext"].get("authorizer")
        client = (
            AuthenticatedClient(base_url=URL, token=tokens[authorizer["jwt"]["claims"]["sub"]], httpx_args=hooks)
            if authorizer
            else Client(base_url=URL, httpx_args=hooks)
        )
        count += 1
        try:
            with client:
                response = module.sync_detailed(client=client, **arguments)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            faults.append(f"{operation}: the client cannot read the answer: {error!r}")
            continue
        if response.status_code not in (200, 201):
            faults.append(f"{operation}: {response.status_code} {response.content.decode()}")
        elif response.parsed is None:
            faults.append(f"{operation}: the client does not read the answer")
        elif times_as_instants(written(response.parsed)) != times_as_instants(json.loads(response.content)):
            faults.append(f"{operation}: the answer does not survive the round trip")
        elif fields := sorted(set(undescribed_fields(response.parsed))):
            faults.append(f"{operation}: fields without a type: {', '.join(fields)}")
        path_sent = sent[0].decode().partition("?")[0]
        if urllib.parse.unquote(path_sent) != urllib.parse.unquote(payload["rawPath"]):
            faults.append(f"{operation}: the client calls {path_sent}")
    print(f"Python: {count} reads, {len(faults)} faults")
    return faults


def read_history(client: AuthenticatedClient, partner_id: str, page_size: int) -> list[HistoryPage]:
    """Reads the history of a partner to its end, oldest event first."""
    pages = []
    page_token: str | Unset = UNSET
    while True:
        page = query_history_of_partner.sync(
            partner_id, client=client, order=Direction.ASC, page_size=page_size, page_token=page_token
        )
        assert isinstance(page, HistoryPage)
        assert len(page.items) <= page_size
        pages.append(page)
        if not isinstance(page.next_page_token, str):
            return pages
        page_token = page.next_page_token


def play_story(tokens: dict[str, str]) -> None:
    """Finds a customer, assigns licenses to its organization with a retry, and finds the assignment in the history."""
    agent = AuthenticatedClient(base_url=URL, token=tokens["amir"])
    partner = AuthenticatedClient(base_url=URL, token=tokens["aiko"])

    customers = find_customer.sync(client=agent, email="sora@yamada.example")
    assert isinstance(customers, CustomerList)
    customer = customers.items[0]
    assert customer.email == "sora@yamada.example"

    refused = find_customer.sync(client=partner, email="sora@yamada.example")
    assert isinstance(refused, Problem)
    assert refused.code == "role-not-allowed"

    malformed = list_partners.sync(client=agent, page_size=0)
    assert isinstance(malformed, Problem)
    assert not isinstance(malformed.errors, Unset)
    assert malformed.errors[0].parameter == "pageSize"
    assert malformed.errors[0].detail

    partners = list_partners.sync(client=agent, name="miyako")
    assert isinstance(partners, PartnerList)
    partner_id = partners.items[0].id

    organizations = list_partner_organizations.sync(partner_id, client=partner, name="やまだ")
    assert isinstance(organizations, DirectoryItemList)
    organization_id = organizations.items[0].organization_id
    assert organization_id == customer.organization_id

    before = list_license_pools.sync(partner_id, client=partner)
    assert isinstance(before, Pools)
    pool = next(pool for pool in before.items if pool.available >= 2)

    body = AssignLicenseBody(organization_id=organization_id, lines=[Line(license_type=pool.license_type, quantity=2)])
    key = str(uuid.uuid4())
    first = assign_license.sync_detailed(partner_id, client=partner, body=body, idempotency_key=key)
    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first.headers
    assignment = first.parsed
    assert isinstance(assignment, Assignment)
    replay = assign_license.sync_detailed(partner_id, client=partner, body=body, idempotency_key=key)
    assert replay.status_code == 201
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert replay.parsed == assignment

    after = list_license_pools.sync(partner_id, client=partner)
    assert isinstance(after, Pools)
    changed = next(item for item in after.items if item.license_type == pool.license_type)
    assert changed.available == pool.available - 2
    assert changed.assigned == pool.assigned + 2

    whole = [event for page in read_history(partner, partner_id, 100) for event in page.items]
    paged = [event for page in read_history(partner, partner_id, 2) for event in page.items]
    # Scheduled work may add events between the two.
    assert paged[: len(whole)] == whole
    assert len({event.id for event in paged}) == len(paged)
    assigned = [
        event
        for event in paged
        if event.type_ == "license.assigned" and event.data.assignment_id == assignment.id
    ]
    assert len(assigned) == 1
    assert assigned[0].actor.email == "aiko@miyako.example"
    print(f"Python: story, {len(paged)} events of the partner")


def main() -> None:
    tokens = load_tokens()
    faults = take_every_read(tokens)
    for fault in faults:
        print(fault, file=sys.stderr)
    play_story(tokens)
    if faults:
        sys.exit(1)


if __name__ == "__main__":
    main()
