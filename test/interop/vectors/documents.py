"""The XML bodies of key management requests (TS 33.246 §G.2.3; names as the data set has them)."""

import base64
import binascii
import re
import xml.etree.ElementTree as ElementTree
from xml.parsers import expat

from keys import Refused, refuse_unless


def body_of(test):
    return test["body"] if "body" in test else base64.b64encode(test["xml"].encode()).decode()


def refuse_dtd(octets):
    """Neither entities nor a DTD may come: who sends them means harm."""
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_):
        raise Refused("DTD")

    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(octets, True)


def parse(body, names):
    compact = re.sub(r"[\t\r\n ]", "", body)
    try:
        octets = base64.b64decode(compact, validate=True)
        refuse_unless(base64.b64encode(octets).decode() == compact and octets, "Base64")
        refuse_dtd(octets)
        root = ElementTree.fromstring(octets)
    except (binascii.Error, expat.ExpatError, ElementTree.ParseError, ValueError):
        raise Refused("Base64 or XML") from None
    namespace, name = split(root.tag)
    refuse_unless(name == names["root"], "root")
    return namespace, root


def split(tag):
    namespace, _, name = tag.rpartition("}")
    return namespace, name


def children(parent, namespace, name):
    return [each for each in parent if split(each.tag) == (namespace, name)]


def text_of(element):
    refuse_unless(len(element) == 0, "elements inside a text")
    return (element.text or "").strip(" \t\r\n")


def binary(parent, namespace, name, length):
    found = children(parent, namespace, name)
    refuse_unless(len(found) == 1, name)
    text = re.sub(r"[\t\r\n ]", "", text_of(found[0]))
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refused(name) from None
    refuse_unless(len(octets) == length and base64.b64encode(octets).decode() == text, name)
    return octets.hex()


def once(items):
    unique = [each for index, each in enumerate(items) if each not in items[:index]]
    refuse_unless(1 <= len(unique) <= 64, "number of items")
    return unique


def receive_msk_request(names, test):
    namespace, root = parse(body_of(test), names)
    return once(
        [
            {
                "keyDomainId": binary(each, namespace, names["keyDomainId"], 3),
                "mskId": binary(each, namespace, names["mskId"], 4),
            }
            for each in children(root, namespace, names["msk"])
        ]
    )


def receive_register(names, test):
    namespace, root = parse(body_of(test), names)
    items = [text_of(each) for each in children(root, namespace, names["serviceId"])]
    refuse_unless(all(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", item) for item in items), "service")
    return once(items)


def document(names, inner):
    xml = f'<?xml version="1.0" encoding="UTF-8"?><{names["root"]} xmlns="{names["namespace"]}">{inner}</{names["root"]}>'
    return base64.b64encode(xml.encode()).decode()


def make_msk_request(names, test):
    b64 = lambda value: base64.b64encode(bytes.fromhex(value)).decode()
    element = lambda name, value: f"<{names[name]}>{value}</{names[name]}>"
    one = lambda item: element("keyDomainId", b64(item["keyDomainId"])) + element("mskId", b64(item["mskId"]))
    return document(names, "".join(element("msk", one(item)) for item in test["items"]))


def make_register(names, test):
    name = names["serviceId"]
    return document(names, "".join(f"<{name}>{item}</{name}>" for item in test["items"]))
