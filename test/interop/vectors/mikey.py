"""MIKEY with a pre-shared key (RFC 3830), with the Key IDs of RFC 4563, as MBMS uses it: makes and reads it."""

import hashlib
import hmac

from aes import counter_mode
from keys import Refused, refuse_unless

KEMAC, T, ID, V, SP, RAND, ERR, EXT = 1, 5, 6, 9, 10, 11, 12, 21
LABELS = {"encr": (0x150533E1, 16), "auth": (0x2D22AC75, 20), "salt": (0x29B88916, 14)}


def h(key, data):
    return hmac.new(key, data, hashlib.sha1).digest()


def u(width, value):
    return value.to_bytes(width, "big")


def prf(inkey, label, length):
    """RFC 3830 4.1.2."""
    out = bytes(length)
    for start in range(0, len(inkey), 32):
        s = inkey[start : start + 32]
        a, p = label, b""
        while len(p) < length:
            a = h(s, a)
            p += h(s, a + label)
        out = bytes(x ^ y for x, y in zip(out, p))
    return out


def message_keys(psk, csb_id, rand):
    """RFC 3830 4.1.4, with the labels."""
    out = {}
    for name, (constant, length) in LABELS.items():
        label = u(4, constant) + b"\xff" + u(4, csb_id) + rand
        out[f"{name}Label"], out[f"{name}Key"] = label, prf(psk, label, length)
    return out


def first_block(salt, csb_id, counter):
    mask = bytes(2) + u(4, csb_id) + u(8, counter)
    return bytes(x ^ y for x, y in zip(salt, mask)) + bytes(2)


class Octets:
    """Reads front to back, and never beyond the end."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        refuse_unless(self.at + length <= len(self.data), "truncated")
        self.at += length
        return self.data[self.at - length : self.at]

    def uint(self, width):
        return int.from_bytes(self.take(width), "big")

    def sized(self, width):
        return self.take(self.uint(width))

    @property
    def done(self):
        return self.at == len(self.data)


class Message:
    """The payloads of a message (RFC 3830 6); checks nothing that needs a key."""

    def __init__(self, data):
        self.data, r = data, Octets(data)
        refuse_unless(r.uint(1) == 1, "version")
        self.data_type, following, flags = r.uint(1), r.uint(1), r.uint(1)
        self.v_bit, prf_func = flags >> 7, flags & 0x7F
        refuse_unless(prf_func == 0, "PRF")
        self.csb_id, sessions, self.map_type = r.uint(4), r.uint(1), r.uint(1)
        refuse_unless(self.map_type in (0, 1), "CS ID map type")
        refuse_unless(self.map_type == 0 or sessions == 0, "#CS of an empty map")
        self.map = r.take(9 * sessions)
        self.counter = self.rand = self.kemac = self.v = None
        self.ids, self.policies, self.key_ids = [], [], None
        seen = []
        while following != 0:
            refuse_unless(self.kemac is None and self.v is None, "payload behind the MAC")
            kind, following = following, r.uint(1)
            self._payload(kind, r, seen)
            seen.append(kind)
        refuse_unless(r.done, "octets behind the end")
        refuse_unless(T in seen, "T")
        refuse_unless(not (self.map_type == 1 and self.policies), "SP with the empty map")

    def _payload(self, kind, r, seen):
        if kind in (T, RAND, KEMAC, V):
            refuse_unless(kind not in seen, "payload twice")
        if kind == T:
            refuse_unless(r.uint(1) == 2, "TS type: MBMS has a counter")
            self.counter = r.uint(4)
        elif kind == RAND:
            self.rand = r.sized(1)
        elif kind == ID:
            r.take(1)
            self.ids.append(r.sized(2))
            refuse_unless(len(self.ids) < 3, "three identities")
        elif kind == SP:
            number, protocol, params = r.uint(1), r.uint(1), r.sized(2)
            inner = Octets(params)
            while not inner.done:
                inner.take(1)
                inner.sized(1)
            self.policies.append(params)
        elif kind == EXT:
            kind_of_ext, data = r.uint(1), r.sized(2)
            if kind_of_ext == 3:
                refuse_unless(self.key_ids is None, "Key IDs twice")
                self.key_ids = read_key_ids(data)
        elif kind == KEMAC:
            algorithm, data, mac_algorithm = r.uint(1), r.sized(2), r.uint(1)
            refuse_unless(algorithm in (0, 1), "encryption algorithm")
            refuse_unless(mac_algorithm == 1, "MAC algorithm")
            self.kemac = algorithm, data, r.take(20)
        elif kind == V:
            refuse_unless(r.uint(1) == 1, "auth algorithm")
            self.v = r.take(20)
        else:
            raise Refused("payload of another method")

    def open(self, psk, rand):
        """Checks the MAC of KEMAC, then decrypts. Returns the keys and the plain key data."""
        refuse_unless(self.data_type == 0 and self.kemac is not None, "no message of an initiator")
        algorithm, data, mac = self.kemac
        keys = message_keys(psk, self.csb_id, rand)
        refuse_unless(hmac.compare_digest(h(keys["authKey"], self.data[:-20]), mac), "MAC")
        if algorithm == 0:
            return keys, data
        return keys, counter_mode(keys["encrKey"], first_block(keys["saltKey"], self.csb_id, self.counter), data)


def read_key_ids(data):
    """RFC 4563 4: Key Domain ID, MSK ID, MTK ID by their types."""
    r, found = Octets(data), {}
    while not r.done:
        kind, value = r.uint(1), r.sized(1)
        refuse_unless(kind not in found, "Key ID twice")
        refuse_unless(kind not in (0, 1, 2) or len(value) == (3, 4, 2)[kind], "Key ID length")
        found[kind] = value
    return found


def read_key_data(data, types, kv):
    """The only key data sub-payload: its key, salt and validity (RFC 3830 6.13, 6.14)."""
    r = Octets(data)
    refuse_unless(r.uint(1) == 0, "more key data")
    both = r.uint(1)
    refuse_unless(both >> 4 in types and both & 15 == kv, "type of key data")
    key = r.sized(2)
    refuse_unless(len(key) == 16, "key length")
    salt = r.sized(2) if both >> 4 in (1, 3) else None
    ends = [r.sized(1), r.sized(1)] if kv == 2 else []
    refuse_unless(r.done, "octets behind the key data")
    refuse_unless(all(1 <= len(end) <= 4 for end in ends), "validity")
    return key, salt, [int.from_bytes(end, "big") for end in ends]


def addressed_to(receiver, message):
    refuse_unless(message.rand is not None, "RAND")
    ids = [bytes.fromhex(receiver["idi"]), bytes.fromhex(receiver["idr"])]
    refuse_unless(message.ids == ids, "identities")
    refuse_unless(message.counter > receiver["lastCounter"], "replay")
    refuse_unless(message.key_ids is not None and set(message.key_ids) == {0, 1}, "Key IDs")
    return bytes.fromhex(receiver["muk"])


def intermediate(message, keys, plain, mac):
    """What the data set states between inputs and message."""
    out = {"authLabel": keys["authLabel"], "authKey": keys["authKey"], "mac": mac}
    if plain:
        encr = {name: keys[name] for name in ("encrLabel", "encrKey", "saltLabel", "saltKey")}
        iv = first_block(keys["saltKey"], message.csb_id, message.counter)
        out = {**encr, **out, "iv": iv, "keyData": plain, "encrData": message.kemac[1]}
    return {name: value.hex() for name, value in out.items()}


def receive_msk(receiver, data):
    m = Message(data)
    muk = addressed_to(receiver, m)
    keys, plain = m.open(muk, m.rand)
    refuse_unless(m.key_ids[1][2:] != bytes(2), "Key Number 0")
    key, _, (low, high) = read_key_data(plain, (0, 2), 2)
    fields = {"vBit": bool(m.v_bit), "csbId": m.csb_id, "counter": m.counter, "rand": m.rand.hex()}
    fields |= {"keyDomainId": m.key_ids[0].hex(), "mskId": m.key_ids[1].hex(), "msk": key.hex(), "seql": low, "sequ": high}
    if m.map_type == 0:
        fields |= {"csIdMap": m.map.hex(), "securityPolicy": m.policies[0].hex()}
    answer = verification(receiver, m.csb_id, m.rand, m.counter).hex() if m.v_bit else None
    return {"fields": fields, "intermediate": intermediate(m, keys, plain, m.kemac[2]), "answer": answer}


def receive_pull(receiver, data):
    m = Message(data)
    muk = addressed_to(receiver, m)
    keys, plain = m.open(muk, m.rand)
    refuse_unless(plain == b"" and m.key_ids[1][2:] == bytes(2) and not m.v_bit, "form of a solicited pull")
    group = int.from_bytes(m.key_ids[1][:2], "big")
    fields = {"csbId": m.csb_id, "counter": m.counter, "rand": m.rand.hex(), "keyDomainId": m.key_ids[0].hex()}
    return {"fields": {**fields, "keyGroup": group}, "intermediate": intermediate(m, keys, plain, m.kemac[2])}


def receive_mtk(receiver, data):
    m = Message(data)
    ids = m.key_ids or {}
    refuse_unless(set(ids) == {0, 1, 2}, "Key IDs")
    refuse_unless([ids[0].hex(), ids[1].hex()] == [receiver["keyDomainId"], receiver["mskId"]], "unknown MSK")
    mtk_id = int.from_bytes(ids[2], "big")
    refuse_unless(receiver["seql"] <= mtk_id <= receiver["sequ"] and mtk_id > receiver["lastMtkId"], "MTK ID")
    refuse_unless(m.counter > receiver["lastCounter"], "replay")
    keys, plain = m.open(bytes.fromhex(receiver["msk"]), bytes.fromhex(receiver["rand"]))
    key, salt, _ = read_key_data(plain, (2, 3), 0)
    fields = {"csbId": m.csb_id, "counter": m.counter, "mtkId": mtk_id, "mtk": key.hex()}
    if salt is not None:
        fields["salt"] = salt.hex()
    return {"fields": fields, "intermediate": intermediate(m, keys, plain, m.kemac[2])}


def receive_verification(sent, data):
    m = Message(data)
    refuse_unless(m.data_type == 1 and m.v is not None, "no verification message")
    refuse_unless([m.csb_id, m.counter] == [sent["csbId"], sent["counter"]], "nothing was sent with this")
    idi, idr = bytes.fromhex(sent["idi"]), bytes.fromhex(sent["idr"])
    refuse_unless(m.ids == [idr], "IDr")
    keys = message_keys(bytes.fromhex(sent["muk"]), m.csb_id, bytes.fromhex(sent["rand"]))
    also = idi + idr + u(4, m.counter)
    refuse_unless(hmac.compare_digest(h(keys["authKey"], data[:-20] + also), m.v), "MAC")
    out = {"authLabel": keys["authLabel"], "authKey": keys["authKey"], "alsoCovered": also, "mac": m.v}
    return {"intermediate": {name: value.hex() for name, value in out.items()}}


def header(data_type, first, v_bit, csb_id, cs_map=b""):
    sessions = len(cs_map) // 9
    return bytes([1, data_type, first, 0x80 if v_bit else 0]) + u(4, csb_id) + bytes([sessions, 0 if cs_map else 1]) + cs_map


def sized(width, data):
    return u(width, len(data)) + data


def key_ids(*values):
    data = b"".join(bytes([kind]) + sized(1, value) for kind, value in enumerate(values))
    return b"\x03" + sized(2, data)


def chained(head, parts):
    """parts: (type, body); the first octet of each names the next."""
    nexts = [kind for kind, _ in parts[1:]] + [0]
    return head + b"".join(bytes([following]) + body for following, (_, body) in zip(nexts, parts))


def sealed(psk, rand, csb_id, counter, head, parts, plain):
    """Encrypts the key data and appends the MAC (RFC 3830 5.2)."""
    keys = message_keys(psk, csb_id, rand)
    data = counter_mode(keys["encrKey"], first_block(keys["saltKey"], csb_id, counter), plain)
    covered = chained(head, parts + [(KEMAC, bytes([1 if plain else 0]) + sized(2, data) + b"\x01")])
    return covered + h(keys["authKey"], covered)


def make_under_muk(receiver, fields, msk_id, plain, v_bit):
    csb_id, counter, rand = fields["csbId"], fields["counter"], bytes.fromhex(fields["rand"])
    policy = bytes.fromhex(fields.get("securityPolicy", ""))
    parts = [(T, b"\x02" + u(4, counter)), (RAND, sized(1, rand))]
    parts += [(ID, b"\x01" + sized(2, bytes.fromhex(receiver["idi"])))]
    parts += [(ID, b"\x00" + sized(2, bytes.fromhex(receiver["idr"])))]
    parts += [(SP, b"\0\0" + sized(2, policy))] if policy else []
    parts += [(EXT, key_ids(bytes.fromhex(fields["keyDomainId"]), msk_id))]
    head = header(0, T, v_bit, csb_id, bytes.fromhex(fields.get("csIdMap", "")))
    return sealed(bytes.fromhex(receiver["muk"]), rand, csb_id, counter, head, parts, plain)


def make_msk(receiver, test):
    f = test["fields"]
    validity = sized(1, u(2, f["seql"])) + sized(1, u(2, f["sequ"]))
    plain = b"\x00\x02" + sized(2, bytes.fromhex(f["msk"])) + validity
    return make_under_muk(receiver, f, bytes.fromhex(f["mskId"]), plain, f["vBit"])


def make_pull(receiver, test):
    f = test["fields"]
    return make_under_muk(receiver, f, u(2, f["keyGroup"]) + bytes(2), b"", False)


def make_mtk(receiver, test):
    f = test["fields"]
    salt = bytes.fromhex(f.get("salt", ""))
    plain = b"\x00" + (b"\x30" if salt else b"\x20") + sized(2, bytes.fromhex(f["mtk"])) + (sized(2, salt) if salt else b"")
    ids = key_ids(bytes.fromhex(receiver["keyDomainId"]), bytes.fromhex(receiver["mskId"]), u(2, f["mtkId"]))
    parts = [(T, b"\x02" + u(4, f["counter"])), (EXT, ids)]
    psk, rand = bytes.fromhex(receiver["msk"]), bytes.fromhex(receiver["rand"])
    return sealed(psk, rand, f["csbId"], f["counter"], header(0, T, False, f["csbId"]), parts, plain)


def verification(receiver, csb_id, rand, counter):
    idi, idr = bytes.fromhex(receiver["idi"]), bytes.fromhex(receiver["idr"])
    parts = [(T, b"\x02" + u(4, counter)), (ID, b"\x00" + sized(2, idr)), (V, b"\x01")]
    covered = chained(header(1, T, False, csb_id), parts)
    auth = message_keys(bytes.fromhex(receiver["muk"]), csb_id, rand)["authKey"]
    return covered + h(auth, covered + idi + idr + u(4, counter))


def make_verification(sent, test):
    return verification(sent, sent["csbId"], bytes.fromhex(sent["rand"]), sent["counter"])
