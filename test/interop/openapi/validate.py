"""Validates exchanges by OpenAPI documents, with openapi-core. Reads a JSON list of them from the standard
input, writes a list of what is wrong with each, null for nothing: `validate.py FOLDER`.
"""

import functools
import json
import pathlib
import sys
import urllib.parse

import yaml
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

# Each document itself is not validated: they refer to many others, which these exchanges do not need.
CONFIG = Config(
    spec_validator_cls=None,
    extra_media_type_deserializers={
        "application/problem+json": json.loads,
        "application/json-patch+json": json.loads,
    },
)


@functools.cache
def load(uri: str) -> dict:
    """A document, which others refer to again and again."""
    return yaml.load(pathlib.Path(urllib.parse.urlsplit(uri).path).read_bytes(), yaml.CSafeLoader)


@functools.cache
def document(path: pathlib.Path, callback: tuple[str, str] | None) -> OpenAPI:
    """A document; with a callback, by the path of its subscription and its name, that alone, at /callback."""
    uri = path.resolve().as_uri()
    whole = load(uri)
    if callback is not None:
        of, name = callback
        [operations] = whole["paths"][of]["post"]["callbacks"][name].values()
        whole = {**whole, "servers": [{"url": "/"}], "security": [], "paths": {"/callback": operations}}
    return OpenAPI(SchemaPath.from_dict(whole, base_uri=uri, handlers={"file": load}), config=CONFIG)


def fault(openapi: OpenAPI, exchange: dict) -> str | None:
    url = urllib.parse.urlsplit(exchange["path"])
    request = MockRequest(
        "https://example.com",
        exchange["method"].lower(),
        url.path,
        args=dict(urllib.parse.parse_qsl(url.query)),
        headers=exchange["headers"],
        data=exchange["body"].encode() or None,
        content_type=exchange["headers"].get("content-type", "application/json"),
    )
    answer = exchange["answer"]
    response = MockResponse(
        answer["body"].encode(),
        answer["status"],
        headers=answer.get("headers", {}),
        content_type=answer.get("type", "application/json"),
    )
    try:
        openapi.validate_request(request)
        openapi.validate_response(request, response)
    except OpenAPIError as error:
        return f"{type(error).__name__}: {getattr(error.__cause__, 'schema_errors', error)}"
    return None


folder = pathlib.Path(sys.argv[1])
exchanges = json.load(sys.stdin)
json.dump(
    [
        fault(document(folder / each["document"], tuple(each["callback"]) if "callback" in each else None), each)
        for each in exchanges
    ],
    sys.stdout,
)
