"""Keys: GBA (TS 33.220 annex B), AKMA (TS 33.535 annex A), Milenage (TS 35.206), AKA (TS 33.102 §6.3)."""

import base64
import hashlib
import hmac

from aes import encrypt_block

UA_SECURITY_PROTOCOL = bytes.fromhex("0100000001")


class Refused(Exception):
    """What a receiver says to a message that it does not take."""


def refuse_unless(condition, why):
    if not condition:
        raise Refused(why)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def s_of(fc, *parameters):
    return bytes([fc]) + b"".join(p + len(p).to_bytes(2, "big") for p in parameters)


def kdf(key, s):
    return hmac.new(key, s, hashlib.sha256).digest()


def mbms_mrk(root):
    return kdf(root, s_of(0x01, b"mbms-mrk"))


def password(mrk):
    return base64.b64encode(mrk).decode()


def b_tid(rand, bsf_name):
    return base64.b64encode(rand).decode() + "@" + bsf_name


def naf_id(fqdn):
    return fqdn.encode() + UA_SECURITY_PROTOCOL


def _gba(test):
    ks = bytes.fromhex(test["ck"] + test["ik"])
    rand = bytes.fromhex(test["rand"])
    naf = naf_id(test["nafFqdn"])
    s = lambda label: s_of(0x01, label, rand, test["impi"].encode(), naf)
    return ks, s, {"ks": ks.hex(), "bTid": b_tid(rand, test["bsfName"]), "nafId": naf.hex()}


def gba_me(test):
    ks, s, out = _gba(test)
    ks_naf = kdf(ks, s(b"gba-me"))
    mrk = mbms_mrk(ks_naf)
    return {
        **out,
        "sOfKsNaf": s(b"gba-me").hex(),
        "ksNaf": ks_naf.hex(),
        "sOfMrk": s_of(0x01, b"mbms-mrk").hex(),
        "muk": ks_naf.hex(),
        "mrk": mrk.hex(),
        "digestPassword": password(mrk),
    }


def gba_u(test):
    ks, s, out = _gba(test)
    external, internal = kdf(ks, s(b"gba-me")), kdf(ks, s(b"gba-u"))
    return {
        **out,
        "sOfKsExtNaf": s(b"gba-me").hex(),
        "ksExtNaf": external.hex(),
        "sOfKsIntNaf": s(b"gba-u").hex(),
        "ksIntNaf": internal.hex(),
        "muk": internal.hex(),
        "mrk": external.hex(),
        "digestPassword": password(external),
        "mrkOfRuleDerived": mbms_mrk(external).hex(),
    }


def akma(test):
    k_ausf, supi = bytes.fromhex(test["kAusf"]), test["supi"].encode()
    s_akma, s_tid = s_of(0x80, b"AKMA", supi), s_of(0x81, b"A-TID", supi)
    k_akma, a_tid = kdf(k_ausf, s_akma), kdf(k_ausf, s_tid)
    af_id = naf_id(test["nafFqdn"])
    k_af = kdf(k_akma, s_of(0x82, af_id))
    user = base64.urlsafe_b64encode(a_tid).decode().rstrip("=")
    mrk = mbms_mrk(k_af)
    return {
        "sOfKAkma": s_akma.hex(),
        "kAkma": k_akma.hex(),
        "sOfATid": s_tid.hex(),
        "aKid": f"{test['routingIndicator']}{user}@{test['homeNetwork']}",
        "afId": af_id.hex(),
        "sOfKAf": s_of(0x82, af_id).hex(),
        "kAf": k_af.hex(),
        "muk": k_af.hex(),
        "mrk": mrk.hex(),
        "digestPassword": password(mrk),
    }


class Milenage:
    def __init__(self, k, opc):
        self.k, self.opc = k, opc

    def _out(self, rand, c, r):
        temp = encrypt_block(self.k, xor(rand, self.opc))
        block = xor(temp, self.opc)
        block = block[r:] + block[:r]
        block = block[:15] + bytes([block[15] ^ c])
        return xor(encrypt_block(self.k, block), self.opc)

    def f1s(self, rand, sqn, amf):
        temp = encrypt_block(self.k, xor(rand, self.opc))
        in1 = xor((sqn + amf) * 2, self.opc)
        out = xor(encrypt_block(self.k, xor(temp, in1[8:] + in1[:8])), self.opc)
        return out[:8], out[8:]

    def f2_f5(self, rand):
        out = self._out(rand, 1, 0)
        return out[8:], out[:6]

    def f3(self, rand):
        return self._out(rand, 2, 4)

    def f4(self, rand):
        return self._out(rand, 4, 8)

    def f5_star(self, rand):
        return self._out(rand, 8, 12)[:6]

    def ks(self, rand):
        return self.f3(rand) + self.f4(rand)

    def auts(self, rand, sqn):
        return xor(sqn, self.f5_star(rand)) + self.f1s(rand, sqn, b"\0\0")[1]

    def read(self, rand, autn):
        """The USIM's side: SQN and AMF, once MAC-A is right."""
        refuse_unless(len(autn) == 16, "AUTN length")
        sqn, amf = xor(autn[:6], self.f2_f5(rand)[1]), autn[6:8]
        refuse_unless(hmac.compare_digest(self.f1s(rand, sqn, amf)[0], autn[8:]), "MAC-A")
        return sqn, amf


def milenage(test):
    k, op, rand, sqn, amf = (bytes.fromhex(test[name]) for name in ("k", "op", "rand", "sqn", "amf"))
    opc = xor(encrypt_block(k, op), op)
    m = Milenage(k, opc)
    (f1, f1_star), (f2, f5) = m.f1s(rand, sqn, amf), m.f2_f5(rand)
    out = {"opc": opc, "f1": f1, "f1Star": f1_star, "f2": f2, "f3": m.f3(rand), "f4": m.f4(rand)}
    return {name: value.hex() for name, value in {**out, "f5": f5, "f5Star": m.f5_star(rand)}.items()}


def aka(test):
    rand, autn = bytes.fromhex(test["rand"]), bytes.fromhex(test["autn"])
    m = Milenage(bytes.fromhex(test["k"]), bytes.fromhex(test["opc"]))
    sqn, amf = m.read(rand, autn)
    made = xor(sqn, m.f2_f5(rand)[1]) + amf + m.f1s(rand, sqn, amf)[0]
    out = {"sqn": sqn, "amf": amf, "res": m.f2_f5(rand)[0], "ks": m.ks(rand), "auts": m.auts(rand, sqn)}
    steps = {"ak": m.f2_f5(rand)[1], "macA": m.f1s(rand, sqn, amf)[0], "ck": m.f3(rand), "ik": m.f4(rand)}
    steps |= {"akStar": m.f5_star(rand), "macS": m.f1s(rand, sqn, b"\0\0")[1]}
    hexed = lambda values: {name: value.hex() for name, value in values.items()}
    return {**hexed({**out, "autn": made}), "intermediate": hexed(steps)}
