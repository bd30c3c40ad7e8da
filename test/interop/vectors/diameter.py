"""Bootstrapping-Info of Zn (TS 29.109) in Diameter (RFC 6733): makes and reads it."""

import re
from datetime import datetime, timezone

from keys import refuse_unless
from mikey import Octets, u

GPP, ZN = 10415, 16777220
#: Code: (name, kind). Kinds: o octets, s text, i identity, n number, t time, g group.
AVPS = {
    (0, 1): ("impi", "s"),
    (0, 258): ("authApplicationId", "n"),
    (0, 260): ("vendorSpecificApplicationId", "g"),
    (0, 263): ("sessionId", "s"),
    (0, 264): ("originHost", "i"),
    (0, 266): ("vendorId", "n"),
    (0, 268): ("resultCode", "n"),
    (0, 283): ("destinationRealm", "i"),
    (0, 293): ("destinationHost", "i"),
    (0, 296): ("originRealm", "i"),
    (0, 297): ("experimentalResult", "g"),
    (0, 298): ("experimentalResultCode", "n"),
    (GPP, 401): ("bTid", "o"),
    (GPP, 402): ("nafId", "o"),
    (GPP, 403): ("gsId", "o"),
    (GPP, 404): ("expiryTime", "t"),
    (GPP, 405): ("meKeyMaterial", "o"),
    (GPP, 406): ("uiccKeyMaterial", "o"),
    (GPP, 407): ("isGbaUAware", "n"),
    (GPP, 408): ("bootstrapInfoCreationTime", "t"),
    (GPP, 410): ("gbaType", "n"),
}
CODES = {name: (vendor, code, kind) for (vendor, code), (name, kind) in AVPS.items()}
ERA = 2**32
NTP_TO_UNIX = 2208988800


def time_of(seconds):
    """Numbers without the top bit are of the era that starts in 2036 (RFC 6733 4.3.1)."""
    unix = seconds - NTP_TO_UNIX + (0 if seconds >> 31 else ERA)
    return datetime.fromtimestamp(unix, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def value_of(kind, data):
    if kind in "nt":
        refuse_unless(len(data) == 4, "length of a number")
        number = int.from_bytes(data, "big")
        return time_of(number) if kind == "t" else number
    if kind == "i":
        refuse_unless(re.fullmatch(rb"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?", data), "identity")
    return data.decode() if kind in "si" else read_avps(data) if kind == "g" else data


def read_avps(data):
    r, found = Octets(data), {}
    while not r.done:
        code, flags, length = r.uint(4), r.uint(1), r.uint(3)
        vendor = r.uint(4) if flags & 0x80 else 0
        head = 12 if flags & 0x80 else 8
        refuse_unless(length >= head, "AVP length")
        content = r.take(length - head)
        r.take(-length % 4)
        if (vendor, code) not in AVPS:
            refuse_unless(not flags & 0x40, "unknown AVP that must be known")
            continue
        name, kind = AVPS[vendor, code]
        found.setdefault(name, []).append(value_of(kind, content))
    return found


def read(message, is_request):
    r = Octets(message)
    version, length, flags, command = r.uint(1), r.uint(3), r.uint(1), r.uint(3)
    application, hop, end = r.uint(4), r.uint(4), r.uint(4)
    refuse_unless(version == 1 and length == len(message) and length % 4 == 0, "version or length")
    refuse_unless(command == 310 and application == ZN, "command")
    refuse_unless(bool(flags & 0x80) == is_request, "request or answer")
    return {"hopByHop": hop, "endToEnd": end}, read_avps(r.take(length - 20))


def one(avps, name, needed=True):
    values = avps.get(name, [])
    refuse_unless(len(values) == 1 or (not needed and not values), name)
    return values[0] if values else None


def check_application(avps):
    refuse_unless(one(one(avps, "vendorSpecificApplicationId"), "authApplicationId") == ZN, "application")


def receive_request(group, test):
    fields, avps = read(bytes.fromhex(test["message"]), True)
    check_application(avps)
    for name in ("sessionId", "originHost", "originRealm", "destinationRealm"):
        fields[name] = one(avps, name)
    fields["destinationHost"] = one(avps, "destinationHost", False)
    fields["gsIds"] = [int(each) for each in avps.get("gsId", [])]
    fields["bTid"] = one(avps, "bTid").decode()
    fields["nafId"] = one(avps, "nafId").hex()
    fields["isGbaUAware"] = one(avps, "isGbaUAware", False) == 1
    return fields


def receive_answer(group, test):
    fields, avps = read(bytes.fromhex(test["message"]), False)
    refuse_unless(one(avps, "sessionId") == group["sessionId"], "another session")
    experimental = one(avps, "experimentalResult", False)
    if experimental is not None:
        refuse_unless("resultCode" not in avps, "two results")
        return {"experimentalResult": one(experimental, "experimentalResultCode")}
    refuse_unless(one(avps, "resultCode") // 1000 == 2, "no success")
    keys = {"meKeyMaterial": one(avps, "meKeyMaterial"), "uiccKeyMaterial": one(avps, "uiccKeyMaterial", False)}
    refuse_unless(all(key is None or len(key) == 32 for key in keys.values()), "key length")
    fields |= {name: None if key is None else key.hex() for name, key in keys.items()}
    for name in ("impi", "expiryTime", "bootstrapInfoCreationTime", "gbaType"):
        fields[name] = one(avps, name, False)
    return fields


def avp(name, value):
    vendor, code, kind = CODES[name]
    if kind == "g":
        data = b"".join(avp(inner, each) for inner, each in value)
    elif kind == "t":
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        data = u(4, (int(moment.timestamp()) + NTP_TO_UNIX) % ERA)
    else:
        data = u(4, value) if kind == "n" else value.encode() if isinstance(value, str) else value
    length = len(data) + (12 if vendor else 8)
    head = u(4, code) + u(1, 0xC0 if vendor else 0x40) + u(3, length) + (u(4, vendor) if vendor else b"")
    return head + data + bytes(-length % 4)


APPLICATION = ("vendorSpecificApplicationId", [("vendorId", GPP), ("authApplicationId", ZN)])


def message(flags, ids, avps):
    body = b"".join(avp(name, value) for name, value in avps if value is not None)
    head = u(1, 1) + u(3, 20 + len(body)) + u(1, flags) + u(3, 310) + u(4, ZN)
    return (head + u(4, ids["hopByHop"]) + u(4, ids["endToEnd"]) + body).hex()


def make_request(group, test):
    f = test["fields"]
    named = lambda *names: [(name, f[name]) for name in names]
    avps = named("sessionId") + [APPLICATION] + named("originHost", "originRealm", "destinationRealm", "destinationHost")
    avps += [("gsId", str(each)) for each in f["gsIds"]] + named("bTid")
    avps += [("nafId", bytes.fromhex(f["nafId"]))] + ([("isGbaUAware", 1)] if f["isGbaUAware"] else [])
    return message(0xC0, f, avps)


BSF = [("originHost", "bsf.home1.net"), ("originRealm", "home1.net")]
IDS = {"hopByHop": 1, "endToEnd": 2}


def make_answer(group, test):
    f, session = test["fields"], [("sessionId", group["sessionId"]), APPLICATION]
    if "experimentalResult" in f:
        result = ("experimentalResult", [("vendorId", GPP), ("experimentalResultCode", f["experimentalResult"])])
        return message(0x40, IDS, session + [result] + BSF)
    keys = [(name, bytes.fromhex(f[name])) for name in ("meKeyMaterial", "uiccKeyMaterial")]
    rest = [(name, f[name]) for name in ("expiryTime", "bootstrapInfoCreationTime", "gbaType")]
    return message(0x40, IDS, session + [("resultCode", 2001)] + BSF + [("impi", f["impi"])] + keys + rest)
