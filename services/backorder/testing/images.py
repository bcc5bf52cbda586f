"""Which image of Kafka the containers run: the official one, or ours where no registry can be reached."""

import docker
from docker.errors import APIError, DockerException, ImageNotFound

from backorder.local.errors import LocalError
from backorder.local.jars import kafka_version, locked_jars

KAFKA = kafka_version(locked_jars())
"""The same Kafka as the embedded one."""
OFFICIAL = f"apache/kafka:{KAFKA}"
OWN = f"backorder/kafka:{KAFKA}"
"""Built by `deploy/kafka/build.py`, from the same jars that the embedded Kafka runs."""


class NoEngine(LocalError):
    """No Docker engine answers."""


class NoImage(LocalError):
    """There is no image of Kafka, neither here nor to be pulled."""


def engine() -> docker.DockerClient:
    """A client of the Docker engine, to be closed. Raises `NoEngine`."""
    try:
        client = docker.from_env()
    except DockerException as error:
        raise NoEngine(
            f"No Docker engine answers: {error}. Start one; on Debian, deploy/docker-engine.sh installs and "
            "starts it."
        ) from error
    return client


def kafka_image(client: docker.DockerClient) -> str:
    """The image to use. What is on this machine already is not fetched. Raises `NoImage`."""
    for image in (OFFICIAL, OWN):
        if is_here(client, image):
            return image
    problem = pull(client, OFFICIAL)
    if problem is not None:
        raise NoImage(
            f"{OFFICIAL} cannot be pulled ({problem}), and {OWN} has not been built on this machine: "
            "python deploy/kafka/build.py builds it, without any registry."
        )
    return OFFICIAL


def is_here(client: docker.DockerClient, image: str) -> bool:
    """Whether the engine has the image."""
    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def obtainable(client: docker.DockerClient, image: str) -> bool:
    """Whether the engine has the image, if need be by fetching it now."""
    return is_here(client, image) or pull(client, image) is None


def pull(client: docker.DockerClient, image: str) -> str | None:
    """Fetches an image; returns why it could not be, or None."""
    try:
        client.images.pull(image)
    except APIError as error:
        return str(error.explanation or error)
    return None
