"""Settings from the environment: names, defaults, errors that say what to change, secrets kept."""

import pytest
from msgspec.structs import asdict

from backorder.domain.settings import Settings as DomainSettings
from backorder.settings import FoldSettings, SettingsError, load


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in os.environ:
        if name.startswith("BACKORDER_"):
            monkeypatch.delenv(name)


def test_every_setting_of_the_domain_can_be_set_and_has_its_default() -> None:
    assert FoldSettings().model_dump() == asdict(DomainSettings())
    assert load().deciding() == DomainSettings()


def test_a_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_TOPIC_PREFIX", "test-")
    monkeypatch.setenv("BACKORDER_LOOP__BATCH_RECORDS", "77")
    monkeypatch.setenv("BACKORDER_LIMITS__FUTURE_SECONDS", "10")
    monkeypatch.setenv("BACKORDER_FOLD__STEP_LINES", "5")
    settings = load()
    assert settings.engine().loop.batch_records == 77
    assert settings.engine().prefix == "test-"
    assert settings.record_limits().future_ms == 10_000
    assert settings.deciding().step_lines == 5


def test_any_option_of_librdkafka_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_KAFKA__LIBRDKAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    assert load().kafka.librdkafka == {"security.protocol": "SASL_SSL"}


def test_a_wrong_value_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_LOOP__BATCH_RECORDS", "0")
    monkeypatch.setenv("BACKORDER_HTTP__PORT", "many")
    with pytest.raises(SettingsError) as raised:
        load()
    lines = str(raised.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "BACKORDER_LOOP__BATCH_RECORDS",
        "BACKORDER_HTTP__PORT",
    ]


def test_a_setting_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_LOOP__BATCHRECORDS", "10")
    with pytest.raises(SettingsError, match="BACKORDER_LOOP__BATCHRECORDS: there is no such setting"):
        load()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKORDER_KAFKA__LIBRDKAFKA__SASL_PASSWORD", "hunter2")
    monkeypatch.setenv("BACKORDER_KAFKA__LIBRDKAFKA__SASL_USERNAME", "alice")
    shown = load().shown()
    assert "hunter2" not in str(shown)
    assert shown["kafka"]["librdkafka"]["sasl.username"] == "alice"
