"""A scrape of `/metrics`, as Prometheus would read it."""

import json
from collections.abc import Iterator, Mapping
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Series = tuple[str, Labels]

_SECONDS = 10


def scrape(address: str) -> dict[Series, float]:
    """All samples that are served at `host:port`, by name and labels."""
    with urlopen(f"http://{address}/metrics", timeout=_SECONDS) as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def named(samples: Mapping[Series, float], name: str) -> Iterator[tuple[dict[str, str], float]]:
    """The samples of one name that are not 0, with their labels."""
    for (sample, labels), value in samples.items():
        if sample == name and value:
            yield dict(labels), value


def address_in(log: str) -> str:
    """Where a service serves its metrics, from its log; the last one if it was started several times."""
    said = [line for line in log.splitlines() if '"serving metrics and health"' in line]
    return str(json.loads(said[-1])["address"])
