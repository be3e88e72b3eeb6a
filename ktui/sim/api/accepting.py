"""What a client accepts: the media types of an Accept header, in order, with their parameters."""

from collections.abc import Iterator

MediaType = tuple[str, dict[str, str]]


def accepted(header: str | None) -> Iterator[MediaType]:
    """Each media type with its parameters, such as ``as``, ``v`` and ``g`` of Kubernetes."""
    for media in (header or "").split(","):
        media_type, *parameters = [part.strip() for part in media.split(";")]
        yield media_type, dict(parameter.partition("=")[::2] for parameter in parameters)
