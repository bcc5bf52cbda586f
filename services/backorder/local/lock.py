"""Writes `kafka_jars.sha256` for a Kafka version: `python -m backorder.local.lock 4.3.1`.

For maintainers, when Kafka is raised. Review what changes: the list is what every machine will trust.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from jgo.maven import MavenContext, PythonResolver

from backorder.local.jars import LIST, Jar

HEAD = """\
# The jars of Apache Kafka {version}: SHA-256 and Maven coordinates of each.
# Written by: python -m backorder.local.lock {version}
"""


def main(version: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(resolver=PythonResolver(), repo_cache=Path(folder))
        jars = resolve(context, version)
    lines = [f"{jar.sha256}  {jar.coordinates}\n" for jar in sorted(jars, key=lambda jar: jar.coordinates)]
    LIST.write_text(HEAD.format(version=version) + "".join(lines))
    print(f"{len(lines)} jars in {LIST.name}")


def resolve(context: MavenContext, version: str) -> list[Jar]:
    """Kafka's broker with all that it needs at run time, and log4j as what writes its log."""
    broker = f"org.apache.kafka:kafka_2.13:{version}"
    log4j = next(jar.version for jar in _closure(context, broker) if jar.artifact == "log4j-core")
    # Kafka has slf4j 1.7, so log4j-slf4j-impl (not -slf4j2-) is the binding that fits. The "!" keeps jgo
    # from applying that project's own version rules to everything else: without it the list gets
    # kafka-clients 3.9.1 and a broker that does not start.
    return _closure(context, broker, f"org.apache.logging.log4j:log4j-slf4j-impl:{log4j}!")


def _closure(context: MavenContext, *coordinates: str) -> list[Jar]:
    asked, needed = context.resolver.resolve([context.create_dependency(text) for text in coordinates])
    found = [*asked, *(one for one in needed if one.scope in ("compile", "runtime"))]
    return [
        Jar(
            one.groupId,
            one.artifactId,
            one.version,
            hashlib.sha256(one.artifact.resolve().read_bytes()).hexdigest(),
        )
        for one in found
    ]


if __name__ == "__main__":
    main(sys.argv[1])
