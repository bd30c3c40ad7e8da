"""HTTP Digest (RFC 7616) and Digest AKA (RFC 3310), both ends, and a run of Ub."""

import base64
import binascii
import hashlib
import hmac
import re
import xml.etree.ElementTree as ElementTree

import keys as gba
from keys import refuse_unless

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
PARAM = re.compile(rf'\s*({TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({TOKEN}))\s*(?:,[\s,]*|$)')
HASHES = {"MD5": (hashlib.md5, 32), "SHA-256": (hashlib.sha256, 64)}


def params_of(text):
    found, at = {}, 0
    while at < len(text):
        match = PARAM.match(text, at)
        refuse_unless(match, "grammar")
        name, quoted, token = match.groups()
        refuse_unless(name.lower() not in found, "parameter twice")
        found[name.lower()] = token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        at = match.end()
    return found


def digest_params(header):
    refuse_unless(header.lower().startswith("digest "), "scheme")
    return params_of(header[7:])


def covered(p, algorithm, password, method, body):
    """A1 and A2."""
    a1 = f"{p['username']}:{p['realm']}:".encode("latin1") + password
    a2 = f"{method}:{p['uri']}" + (f":{HASHES[algorithm][0](body).hexdigest()}" if p["qop"] == "auth-int" else "")
    return a1, a2.encode("latin1")


def response_of(p, algorithm, password, method, body):
    hashed = lambda data: HASHES[algorithm][0](data).hexdigest()
    a1, a2 = covered(p, algorithm, password, method, body)
    middle = ":".join([p["nonce"], p["nc"], p["cnonce"], p["qop"]])
    return hashed(f"{hashed(a1)}:{middle}:{hashed(a2)}".encode("latin1"))


def steps_of(p, algorithm, password, method, bodies):
    """The values on the way to response and rspauth."""
    hashed = lambda data: HASHES[algorithm][0](data).hexdigest()
    a1, a2 = covered(p, algorithm, password, method, bodies[0])
    _, of_answer = covered(p, algorithm, password, "", bodies[1])
    out = {"a1": a1.hex(), "hashOfA1": hashed(a1), "a2": a2.hex(), "hashOfA2": hashed(a2)}
    return {**out, "a2OfAnswer": of_answer.hex(), "hashOfA2OfAnswer": hashed(of_answer)}


NEEDED = ("username", "realm", "nonce", "uri", "response", "cnonce", "nc", "qop")


def check_credentials(p, algorithm):
    refuse_unless(all(name in p for name in NEEDED), "missing parameter")
    refuse_unless(algorithm in HASHES, "algorithm")
    refuse_unless(p["qop"] in ("auth", "auth-int"), "qop")
    refuse_unless(re.fullmatch(r"[0-9a-fA-F]{8}", p["nc"]) and int(p["nc"], 16) > 0, "nc")
    refuse_unless(re.fullmatch(rf"[0-9a-f]{{{HASHES[algorithm][1]}}}", p["response"]), "form of the response")


def receive(server, test):
    """The BM-SC's side: the credentials must be right for what came."""
    p = digest_params(test["authorization"])
    algorithm = p.get("algorithm", "MD5")
    check_credentials(p, algorithm)
    refuse_unless([p["username"], p["realm"], p["nonce"]] == [server[n] for n in ("username", "realm", "nonce")], "unknown")
    refuse_unless(p["uri"] == test["uri"], "another target")
    password = server["password"].encode()
    right = response_of(p, algorithm, password, test["method"], test["requestBody"].encode("latin1"))
    refuse_unless(hmac.compare_digest(right, p["response"]), "response")
    out = {"algorithm": algorithm, "qop": p["qop"], "nc": p["nc"], "cnonce": p["cnonce"], "response": right}
    if "responseBody" in test:
        rspauth = response_of(p, algorithm, password, "", test["responseBody"].encode("latin1"))
        out["authenticationInfo"] = info_header(p, rspauth)
        bodies = [test[name].encode("latin1") for name in ("requestBody", "responseBody")]
        out["intermediate"] = steps_of(p, algorithm, password, test["method"], bodies)
    return out


def info_header(p, rspauth):
    return f'qop={p["qop"]}, rspauth="{rspauth}", cnonce="{p["cnonce"]}", nc={p["nc"]}'


def quoted(name, value):
    return f'{name}="' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def credentials(p, algorithm):
    names = [quoted(name, p[name]) for name in ("username", "realm", "nonce", "uri", "response")]
    rest = [f"algorithm={algorithm}", quoted("cnonce", p["cnonce"]), f"qop={p['qop']}", f"nc={p['nc']}"]
    opaque = [quoted("opaque", p["opaque"])] if "opaque" in p else []
    return "Digest " + ", ".join(names + rest + opaque)


def make(server, test):
    """The UE's side: the header for a request."""
    p = {name: server[name] for name in ("username", "realm", "nonce")}
    p |= {"uri": test["uri"], "cnonce": test["cnonce"], "qop": test["qop"], "nc": test["nc"]}
    opaque = digest_params(test["authorization"]).get("opaque")
    p |= {} if opaque is None else {"opaque": opaque}
    body = test["requestBody"].encode("latin1")
    p["response"] = response_of(p, test["algorithm"], server["password"].encode(), test["method"], body)
    return credentials(p, test["algorithm"])


def base64_of(text):
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise gba.Refused("Base64") from None


class UbUe:
    """The UE's side of a run of Ub with the SIM of a group."""

    def __init__(self, group, test):
        self.group, self.test = group, test
        self.challenge = digest_params(test["wwwAuthenticate"])
        self.sim = gba.Milenage(bytes.fromhex(group["k"]), bytes.fromhex(group["opc"]))

    def _credentials(self, password, auts=None):
        c, g = self.challenge, self.group
        p = {"username": g["impi"], "realm": c["realm"], "nonce": c["nonce"], "uri": g["uri"]}
        p |= {"cnonce": g["cnonce"], "qop": "auth-int", "nc": "00000001"}
        p["response"] = response_of(p, "MD5", password, g["method"], b"")
        header = credentials(p, "AKAv1-MD5")
        return p, header if auts is None else f"{header}, {quoted('auts', base64.b64encode(auts).decode())}"

    def run(self):
        refuse_unless(self.challenge.get("algorithm") == "AKAv1-MD5", "algorithm")
        refuse_unless("auth-int" in self.challenge.get("qop", "").split(","), "qop")
        nonce = base64_of(self.challenge["nonce"])
        refuse_unless(len(nonce) >= 32, "nonce")
        rand, autn = nonce[:16], nonce[16:32]
        sqn, _ = self.sim.read(rand, autn)
        res = self.sim.f2_f5(rand)[0]
        p, header = self._credentials(res)
        info, body = params_of(self.test["authenticationInfo"]), self.test["body"].encode()
        refuse_unless([info.get(n) for n in ("qop", "cnonce", "nc")] == [p[n] for n in ("qop", "cnonce", "nc")], "info")
        refuse_unless(info.get("rspauth") == response_of(p, "MD5", res, "", body), "rspauth")
        document = ElementTree.fromstring(body)
        refuse_unless(document.tag == "{uri:3gpp-gba}BootstrappingInfo", "document")
        text = {child.tag.split("}")[1]: child.text for child in document}
        session = {"res": res.hex(), "ks": self.sim.ks(rand).hex(), "bTid": text["btid"], "lifetime": text["lifetime"]}
        resync = self._credentials(b"", self.sim.auts(rand, sqn))[1]
        steps = steps_of(p, "MD5", res, self.group["method"], [b"", body])
        return {"session": session, "authorization": header, "resynchronisation": resync, "intermediate": steps}
