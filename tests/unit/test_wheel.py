"""What is installed is whole: the built wheel holds the code and every file that the code reads."""

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "services" / "backorder"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network and without an environment of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installer would lay it down."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_every_source_file_is_in_the_wheel_byte_for_byte(installed: Path) -> None:
    sources = [file for file in SOURCES.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    missing = [
        str(file.relative_to(SOURCES))
        for file in sources
        if not (copy := installed / "backorder" / file.relative_to(SOURCES)).is_file()
        or copy.read_bytes() != file.read_bytes()
    ]
    assert missing == []


@pytest.mark.parametrize("name", ["py.typed", "local/kafka_jars.sha256", "local/log4j2.xml"])
def test_the_files_beside_the_code_are_in_the_wheel(installed: Path, name: str) -> None:
    assert (installed / "backorder" / name).is_file()


def test_the_catalogue_of_topics_travels_with_the_package(installed: Path) -> None:
    assert (installed / "backorder/_schemas/topics.yaml").read_bytes() == (
        ROOT / "schemas/topics.yaml"
    ).read_bytes()


def test_an_installed_package_reads_its_own_catalogue_far_from_any_checkout(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import backorder; from backorder.contract.catalogue import load_catalogue\n"
        "print(backorder.__file__, sorted(load_catalogue().topics))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(installed)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.startswith(str(installed))
    assert "'journal'" in run.stdout


def test_the_licence_is_in_the_wheel(installed: Path) -> None:
    (licence,) = installed.glob("*.dist-info/licenses/LICENSE")
    assert "Apache License" in licence.read_text(encoding="utf-8")


def test_the_commands_of_the_wheel_name_code_that_is_in_it(installed: Path) -> None:
    (file,) = installed.glob("*.dist-info/entry_points.txt")
    entries = configparser.ConfigParser()
    entries.read(file, encoding="utf-8")
    scripts = dict(entries["console_scripts"])
    assert "backorder" in scripts
    for target in scripts.values():
        module, function = target.split(":")
        code = installed / (module.replace(".", "/") + ".py")
        assert f"def {function}(" in code.read_text(encoding="utf-8")
