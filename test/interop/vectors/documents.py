"""The XML bodies of key management (TS 33.246 §G.2.3), as the payload profile of a group has them."""

import base64
import binascii
import re
import xml.etree.ElementTree as ElementTree
from xml.parsers import expat
from xml.sax import saxutils

from keys import Refused, refuse_unless

KINDS = [f"{kind}Body" for kind in ("MskRequest", "RegisterRequest", "DeregisterRequest", "MskResponse", "RegisterResponse", "DeregisterResponse")]

#: The texts of an item, in the order in which they are written.
FIELDS = ("serviceId", "keyDomainId", "mskId", "responseCode")
LENGTHS = {"keyDomainId": 3, "mskId": 4}
STATUS = {"granted": 200, "forbidden": 403, "unknown": 404}


class Form:
    """How a document of a group is written."""

    def __init__(self, group):
        profile, name = group["profile"], group["document"]
        self.document = profile[name]
        self.is_answer = name.endswith("Response")
        self.body = profile["answerBody" if self.is_answer else "requestBody"]
        self.is_qualified = profile["elements"] == "qualified"
        self.identifiers = profile.get("identifiers")
        self.codes = profile.get("responseCodes")
        self.fields = [field for field in FIELDS if field in self.document]

    def steps(self, field):
        """The elements of a path, and its attribute or None."""
        path = self.document[field]
        steps = [] if path == "." else path.split("/")
        attribute = steps.pop()[1:] if steps and steps[-1].startswith("@") else None
        return steps, attribute


def body_of(form, test):
    if "body" in test:
        return test["body"]
    return base64.b64encode(test["xml"].encode()).decode() if form.body == "base64" else test["xml"]


def refuse_dtd(octets):
    """Neither entities nor a DTD may come: who sends them means harm."""
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_):
        raise Refused("DTD")

    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(octets, True)


def parse(form, body):
    try:
        octets = body.encode()
        if form.body == "base64":
            compact = re.sub(r"[\t\r\n ]", "", body)
            octets = base64.b64decode(compact, validate=True)
            refuse_unless(base64.b64encode(octets).decode() == compact, "Base64")
        refuse_unless(octets, "nothing")
        refuse_dtd(octets)
        root = ElementTree.fromstring(octets)
    except (binascii.Error, expat.ExpatError, ElementTree.ParseError, ValueError):
        raise Refused("Base64 or XML") from None
    namespace, name = split(root.tag)
    refuse_unless(name == form.document["root"], "root")
    return namespace if form.is_qualified else "", root


def split(tag):
    namespace, _, name = tag.rpartition("}")
    return namespace.lstrip("{"), name


def children(parent, namespace, name):
    return [each for each in parent if split(each.tag) == (namespace, name)]


def value_at(form, item, namespace, field):
    """The one text at the path of a field."""
    steps, attribute = form.steps(field)
    for step in steps:
        found = children(item, namespace, step)
        refuse_unless(len(found) == 1, field)
        item = found[0]
    if attribute is not None:
        own = split(item.tag)[0]
        values = [value for name, value in item.attrib.items() if split(name) in {("", attribute), (own, attribute)}]
        refuse_unless(len(values) == 1, field)
        return values[0].strip(" \t\r\n")
    refuse_unless(len(item) == 0, "elements inside a text")
    return (item.text or "").strip(" \t\r\n")


def binary(form, text, length):
    compact = re.sub(r"[\t\r\n ]", "", text)
    if form.identifiers == "hex":
        refuse_unless(re.fullmatch(rf"[0-9a-fA-F]{{{2 * length}}}", compact), "hexadecimal digits")
        return compact.lower()
    try:
        octets = base64.b64decode(compact, validate=True)
    except binascii.Error:
        raise Refused("Base64 of an identifier") from None
    refuse_unless(len(octets) == length and base64.b64encode(octets).decode() == compact, "length")
    return octets.hex()


def code_of(form, text):
    for name, own in form.codes.items():
        if own == text:
            return STATUS[name]
    refuse_unless(re.fullmatch(r"[1-5][0-9]{2}", text), "code")
    refuse_unless(int(text) not in STATUS.values(), "a code of another profile")
    return int(text)


def value_of(form, field, text):
    if field in LENGTHS:
        return binary(form, text, LENGTHS[field])
    if field == "responseCode":
        return code_of(form, text)
    refuse_unless(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", text) and len(text.encode()) <= 512, "service")
    return text


def once(items):
    return [each for index, each in enumerate(items) if each not in items[:index]]


def receive(group, test):
    form = Form(group)
    namespace, root = parse(form, body_of(form, test))
    found = [root]
    for step in form.steps("item")[0]:
        found = [child for parent in found for child in children(parent, namespace, step)]
    items = [{f: value_of(form, f, value_at(form, item, namespace, f)) for f in form.fields} for item in found]
    if form.fields == ["serviceId"]:
        items = [item["serviceId"] for item in items]
    items = items if form.is_answer else once(items)
    refuse_unless(1 <= len(items) <= 64, "number of items")
    return items


def text_of(form, field, value):
    if field in LENGTHS:
        octets = bytes.fromhex(value)
        return octets.hex() if form.identifiers == "hex" else base64.b64encode(octets).decode()
    if field == "responseCode":
        name = next((name for name, status in STATUS.items() if status == value), None)
        return str(value) if name is None else form.codes[name]
    return value


class Node:
    """An element that is written: attributes first, then elements in the order in which they came."""

    def __init__(self):
        self.attributes, self.elements, self.text = [], [], ""

    def child(self, name):
        for own, node in self.elements:
            if own == name:
                return node
        self.elements.append((name, Node()))
        return self.elements[-1][1]

    def write(self, name):
        quote = lambda value: saxutils.escape(value, {'"': "&quot;", "'": "&apos;"})
        attributes = "".join(f' {each}="{quote(value)}"' for each, value in self.attributes)
        inner = quote(self.text) + "".join(node.write(each) for each, node in self.elements)
        return f"<{name}{attributes}>{inner}</{name}>"


def item_node(form, item):
    node = Node()
    for field in form.fields:
        steps, attribute = form.steps(field)
        at = node
        for step in steps:
            at = at.child(step)
        text = text_of(form, field, item[field] if isinstance(item, dict) else item)
        if attribute is None:
            at.text = text
        else:
            at.attributes.append((attribute, text))
    return node


def make(group, test):
    form, root = Form(group), Node()
    namespace, name = form.document["namespace"], form.document["root"]
    is_prefixed = namespace and not form.is_qualified
    if namespace:
        root.attributes.append(("xmlns:m" if is_prefixed else "xmlns", namespace))
    steps, at = form.steps("item")[0], root
    for step in steps[:-1]:
        at = at.child(step)
    at.elements += [(steps[-1], item_node(form, item)) for item in test["items"]]
    xml = '<?xml version="1.0" encoding="UTF-8"?>' + root.write(f"m:{name}" if is_prefixed else name)
    return base64.b64encode(xml.encode()).decode() if form.body == "base64" else xml
