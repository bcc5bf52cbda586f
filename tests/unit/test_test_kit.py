"""The public test kit without a Kafka: events made of what a test says, and the choice of an image."""

from datetime import UTC, datetime
from typing import Any

import docker
import msgspec
import pytest
from docker.errors import APIError, ImageNotFound

from backorder.contract.orders import OrderCancelled, OrderPlaced
from backorder.contract.receiving import GoodsReceived
from backorder.contract.releases import ReleaseCreated
from backorder.contract.unreadable import Reason, Unreadable
from backorder.testing import images
from backorder.testing.container import _variable
from backorder.testing.events import SOURCE, cloud_event
from backorder.testing.images import OFFICIAL, OWN, NoEngine, NoImage, engine, kafka_image

LINES = [{"line": 1, "sku": "MUG", "quantity": 2}]


def event(*arguments: Any, **attributes: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(cloud_event(*arguments, **attributes))
    return found


# --- events -------------------------------------------------------------------------------------------------


def test_an_event_is_made_of_its_type_and_data() -> None:
    made = event("order.placed", {"order_id": "A", "lines": LINES})

    assert made["type"] == "io.backorder.order.placed.v1"
    assert (made["subject"], made["source"], made["pool"]) == ("A", SOURCE, "default")
    assert made["data"] == {"order_id": "A", "lines": LINES}


def test_the_full_name_of_a_type_will_do() -> None:
    assert event("io.backorder.order.placed.v1", {"order_id": "A", "lines": LINES})["subject"] == "A"


def test_a_model_knows_its_type() -> None:
    model = OrderPlaced.model_validate({"order_id": "A", "lines": LINES})

    assert event(model)["type"] == "io.backorder.order.placed.v1"
    assert event(model)["data"] == {"order_id": "A", "lines": LINES}


def test_the_subject_of_a_receipt_without_a_purchase_is_the_receipt() -> None:
    lines = [{"sku": "MUG", "location": "AMS", "quantity": 5}]

    assert event("goods.received", {"receipt_id": "R", "lines": lines})["subject"] == "R"
    purchased = {"receipt_id": "R", "purchase_order_id": "P", "lines": lines}
    assert event("goods.received", purchased)["subject"] == "P"
    assert event(GoodsReceived.model_validate(purchased))["subject"] == "P"


def test_attributes_are_taken_as_they_are_given() -> None:
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    made = event(
        OrderCancelled(order_id="A", reason="customer"), id="7", source="/shop", time=moment, pool="north"
    )

    assert (made["id"], made["source"], made["pool"]) == ("7", "/shop", "north")
    assert made["time"] == "2026-03-01T09:30:00Z"


def test_two_events_have_different_ids() -> None:
    data = {"order_id": "A", "lines": LINES}
    assert event("order.placed", data)["id"] != event("order.placed", data)["id"]


def test_a_whole_event_goes_out_as_it_is() -> None:
    whole = event("order.placed", {"order_id": "A", "lines": LINES}) | {"extra": "kept"}

    assert event(whole) == whole


@pytest.mark.parametrize(
    ("arguments", "reason", "words"),
    [
        (("order.placed", {"lines": LINES}), Reason.MISSING_FIELD, "data.order_id is missing"),
        (("order.placed", {"order_id": "A", "lines": []}), Reason.INVALID_FIELD, "data.lines"),
        (("order.sung", {"order_id": "A"}), Reason.UNKNOWN_TYPE, "'order.sung' comes in, but order.placed"),
        (({"type": "io.backorder.order.placed.v1"},), Reason.MISSING_FIELD, "specversion is missing"),
    ],
)
def test_what_would_become_a_dead_letter_is_refused_with_the_reason(
    arguments: tuple[Any, ...], reason: Reason, words: str
) -> None:
    with pytest.raises(Unreadable, match=words) as refused:
        cloud_event(*arguments)

    assert refused.value.reason == reason


def test_a_model_of_what_goes_out_does_not_come_in() -> None:
    release = ReleaseCreated.model_construct(order_id="A")

    with pytest.raises(Unreadable, match="ReleaseCreated"):
        cloud_event(release)


def test_a_type_without_data_is_a_mistake() -> None:
    with pytest.raises(TypeError, match=r"order\.placed: the data are missing"):
        cloud_event("order.placed")


# --- images -------------------------------------------------------------------------------------------------


class FakeEngine:
    """A Docker engine with these images; `pull` fails unless the registry is there."""

    def __init__(self, *here: str, registry: bool = False) -> None:
        self.here = set(here)
        self.registry = registry
        self.images = self
        self.pulled: list[str] = []

    def get(self, image: str) -> None:
        if image not in self.here:
            raise ImageNotFound("none")

    def pull(self, image: str) -> None:
        self.pulled.append(image)
        if not self.registry:
            raise APIError("no", explanation="lookup registry: no such host")
        self.here.add(image)


@pytest.mark.parametrize(
    ("here", "registry", "chosen", "pulled"),
    [
        ([OFFICIAL, OWN], False, OFFICIAL, []),
        ([OWN], True, OWN, []),
        ([], True, OFFICIAL, [OFFICIAL]),
    ],
)
def test_the_official_image_is_taken_or_ours_and_nothing_is_fetched_that_is_here(
    here: list[str], registry: bool, chosen: str, pulled: list[str]
) -> None:
    fake: Any = FakeEngine(*here, registry=registry)

    assert kafka_image(fake) == chosen
    assert fake.pulled == pulled


def test_without_a_registry_and_without_ours_it_says_how_to_build_it() -> None:
    fake: Any = FakeEngine()

    with pytest.raises(NoImage, match=r"(?s)no such host.*python deploy/kafka/build\.py"):
        kafka_image(fake)


def test_without_an_engine_it_says_what_installs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert images.docker is docker

    with pytest.raises(NoEngine, match=r"deploy/docker-engine\.sh"):
        engine()


@pytest.mark.parametrize(
    ("setting", "variable"),
    [
        ("log.retention.ms", "KAFKA_LOG_RETENTION_MS"),
        ("a_b-c.d", "KAFKA_A__B___C_D"),
    ],
)
def test_a_setting_of_kafka_is_a_variable_of_its_image(setting: str, variable: str) -> None:
    assert _variable(setting) == variable
