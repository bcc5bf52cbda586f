"""Options and fixtures for all tests: which Kafka, and names that nobody else uses."""

from collections.abc import Iterator

import pytest

from backorder.testing.choice import CHOICES, BadChoice, check_choice
from tests.support.broker import AnyBroker, chosen_broker, unique


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--broker",
        default="auto",
        metavar=CHOICES,
        help="which Kafka tests use: embedded (auto, local), in a container, or one that runs already",
    )


def pytest_configure(config: pytest.Config) -> None:
    try:
        check_choice(config.getoption("--broker"))
    except BadChoice as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyBroker]:
    """One Kafka for the whole run, shared by all tests: use names of your own (`topic_prefix`)."""
    choice = request.config.getoption("--broker")
    with chosen_broker(choice, tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def topic_prefix() -> str:
    """The beginning of names for topics, groups and transactional ids that belong to this test alone."""
    return unique("t") + "-"
