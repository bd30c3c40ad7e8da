"""Derives test/vectors/mikey.json from the formulas of RFC 3830, octet by octet, with Python's own HMAC.

Nothing of the TypeScript is used. AES in counter mode comes from the openssl command. Run it as
    python3 test/vectors/derive_mikey.py > test/vectors/mikey.json
"""

import hashlib
import hmac
import json
import subprocess


def h(key, data):
    return hmac.new(key, data, hashlib.sha1).digest()


def prf(inkey, label, length):
    """RFC 3830 4.1.2: blocks of 32 octets, XOR of P over them."""
    out = bytes(length)
    for start in range(0, len(inkey), 32):
        s = inkey[start : start + 32]
        a, p = label, b""
        while len(p) < length:
            a = h(s, a)
            p += h(s, a + label)
        out = bytes(x ^ y for x, y in zip(out, p))
    return out


def u(width, value):
    return value.to_bytes(width, "big")


def keys(psk, csb_id, rand):
    """RFC 3830 4.1.4: constant || 0xFF || CSB ID || RAND."""
    label = lambda constant: u(4, constant) + b"\xff" + u(4, csb_id) + rand
    return {
        "encr": prf(psk, label(0x150533E1), 16),
        "auth": prf(psk, label(0x2D22AC75), 20),
        "salt": prf(psk, label(0x29B88916), 14),
    }


def aes_cm(k, csb_id, counter, data):
    """RFC 3830 4.2.3: IV = (S xor (0x0000 || CSB ID || T)) || 0x0000, T in 64 bits."""
    mask = b"\0\0" + u(4, csb_id) + u(8, counter)
    iv = bytes(x ^ y for x, y in zip(k["salt"], mask)) + b"\0\0"
    command = ["openssl", "enc", "-aes-128-ctr", "-nosalt", "-K", k["encr"].hex(), "-iv", iv.hex()]
    return iv, subprocess.run(command, input=data, capture_output=True, check=True).stdout


MUK = bytes.fromhex("5fb2ece392ff05a99382ca3444a8f6c0bb6101283ec25fcfdaeda0290644d36c")
RAND = bytes.fromhex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
MSK = bytes.fromhex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf")
MTK = bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")
SALT = bytes.fromhex("e0e1e2e3e4e5e6e7e8e9eaebeced")
CSB, COUNTER = 0x01020304, 0x0A0B
IDI = b"bmsc.home1.net" + bytes.fromhex("0100000001")
IDR = b"I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net"
DOMAIN, MSK_ID = bytes.fromhex("00f110"), bytes.fromhex("00010002")


def header(data_type, first, v):
    """version, data type, next payload, V | PRF, CSB ID, #CS 0, map type 1 (RFC 4563)"""
    return u(1, 1) + u(1, data_type) + u(1, first) + u(1, 0x80 if v else 0) + u(4, CSB) + b"\x00\x01"


def payload(next_type, body):
    return u(1, next_type) + body


def key_ids(*pairs):
    data = b"".join(u(1, t) + u(1, len(value)) + value for t, value in pairs)
    return u(1, 3) + u(2, len(data)) + data


def sized(width, data):
    return u(width, len(data)) + data


T = u(1, 2) + u(4, COUNTER)
ID_I, ID_R = u(1, 1) + sized(2, IDI), u(1, 0) + sized(2, IDR)
k = keys(MUK, CSB, RAND)


def psk_message(v, ids, encr_alg, encr_data):
    message = (
        header(0, 5, v)
        + payload(11, T)
        + payload(6, sized(1, RAND))
        + payload(6, ID_I)
        + payload(21, ID_R)
        + payload(1, ids)
        + payload(0, u(1, encr_alg) + sized(2, encr_data) + u(1, 1))
    )
    return message + h(k["auth"], message)


# key data: last, TGK (0) with interval (2), key, valid-from 0x0010, valid-to 0x0fff
msk_key_data = b"\x00\x02" + sized(2, MSK) + sized(1, u(2, 0x0010)) + sized(1, u(2, 0x0FFF))
msk_iv, msk_encrypted = aes_cm(k, CSB, COUNTER, msk_key_data)
msk_message = psk_message(True, key_ids((0, DOMAIN), (1, MSK_ID)), 1, msk_encrypted)
pull_message = psk_message(False, key_ids((0, DOMAIN), (1, bytes.fromhex("00010000"))), 0, b"")

verification = header(1, 5, False) + payload(6, T) + payload(9, ID_R) + payload(0, u(1, 1))
verification += h(k["auth"], verification + IDI + IDR + u(4, COUNTER))

mk = keys(MSK, CSB, RAND)


def mtk_message(key_data):
    """HDR T EXT KEMAC, with the IV of its encryption."""
    iv, encrypted = aes_cm(mk, CSB, 1, key_data)
    message = (
        header(0, 5, False)
        + payload(21, u(1, 2) + u(4, 1))
        + payload(1, key_ids((0, DOMAIN), (1, MSK_ID), (2, u(2, 0x20))))
        + payload(0, u(1, 1) + sized(2, encrypted) + u(1, 1))
    )
    return iv, message + h(mk["auth"], message)


# key data: last, TEK (2) or TEK+SALT (3) without validity, key, and salt
mtk_iv, mtk_plain = mtk_message(b"\x00\x20" + sized(2, MTK))
_, mtk_with_salt = mtk_message(b"\x00\x30" + sized(2, MTK) + sized(2, SALT))

hexed = lambda values: {name: value.hex() for name, value in values.items()}
print(
    json.dumps(
        {
            "source": "Derived from RFC 3830 and RFC 4563 by test/vectors/derive_mikey.py; no vector is published.",
            "inputs": {
                **hexed({"muk": MUK, "rand": RAND, "msk": MSK, "mtk": MTK, "idi": IDI, "idr": IDR}),
                **hexed({"keyDomainId": DOMAIN, "mskId": MSK_ID}),
                "csbId": CSB,
                "counter": COUNTER,
            },
            "prf": [
                {
                    "derivation": "RFC 3830 4.1.2; n = ceil(bits/256) blocks, m = ceil(out/160)",
                    "inkey": inkey.hex(),
                    "label": b"label".hex(),
                    "length": length,
                    "out": prf(inkey, b"label", length).hex(),
                }
                for inkey in (MUK, MSK, MUK + MSK, MUK + MUK)
                for length in (14, 20, 41)
            ],
            "keys": {"derivation": "label = constant || ff || CSB ID || RAND", **hexed(k)},
            "msk": {
                "derivation": "HDR T RAND IDi IDr EXT KEMAC; IV = (salt xor (0000 || CSB ID || counter in 64 bits)) || 0000",
                "keyData": msk_key_data.hex(),
                "iv": msk_iv.hex(),
                "encrypted": msk_encrypted.hex(),
                "message": msk_message.hex(),
            },
            "solicitedPull": {"derivation": "Key Number 0000, Encr data len 0, NULL encryption, MAC", "message": pull_message.hex()},
            "verification": {
                "derivation": "HDR T IDr V; MAC over message || IDi data || IDr data || counter (4 octets)",
                "message": verification.hex(),
            },
            "mtk": {
                "derivation": "HDR T EXT KEMAC under the MSK with the RAND of the MSK message; TEK, no validity",
                "keys": hexed(mk),
                "iv": mtk_iv.hex(),
                "message": mtk_plain.hex(),
            },
            "mtkWithSalt": {
                "derivation": "as mtk; TEK+SALT, the salt behind the key with a length of its own",
                "salt": SALT.hex(),
                "message": mtk_with_salt.hex(),
            },
        },
        indent=2,
    )
)
