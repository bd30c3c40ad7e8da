"""Makes and checks the data set in vectors/ with an implementation of its own, of the RFCs and clauses.

    python3 test/interop/vectors/check.py [FOLDER]

prints a line for each disagreement and, last, a line of JSON: how many inputs were judged as the data set judges
them, how many of them either judgement fits, how many messages were made, and what disagrees. Ends with 1 if anything disagrees.
Needs Python 3.9 and nothing else.
"""

import json
import pathlib
import sys

import diameter
import digest
import documents
import keys
import mikey
from keys import Refused


def prf(group, test):
    return {"out": mikey.prf(bytes.fromhex(test["inkey"]), bytes.fromhex(test["label"]), test["length"]).hex()}


def message_keys(group, test):
    out = mikey.message_keys(bytes.fromhex(test["psk"]), test["csbId"], bytes.fromhex(test["rand"]))
    return {name: value.hex() for name, value in out.items()}


def of_test(function):
    return lambda group, test: function(test)


def received(function):
    return lambda group, test: function(group["receiver"], bytes.fromhex(test["message"]))


def items(function):
    return lambda group, test: {"items": function(group, test)}


def message(function):
    return lambda group, test: {"message": function(group["receiver"], test).hex()}


#: Reads a test: what follows from it, or Refused. Where nothing is read, all is computed from the inputs.
READERS = {
    "MikeyPrf": prf,
    "MikeyMessageKeys": message_keys,
    "GbaMeKeys": of_test(keys.gba_me),
    "GbaUKeys": of_test(keys.gba_u),
    "AkmaKeys": of_test(keys.akma),
    "Milenage": of_test(keys.milenage),
    "AkaChallenge": of_test(keys.aka),
    "UbRun": lambda group, test: digest.UbUe(group, test).run(),
    "HttpDigest": lambda group, test: digest.receive(group["server"], test),
    **{kind: items(documents.receive) for kind in documents.KINDS},
    "ZnRequest": lambda group, test: {"fields": diameter.receive_request(group, test)},
    "ZnAnswer": lambda group, test: {"fields": diameter.receive_answer(group, test)},
    "MikeyMskPush": received(mikey.receive_msk),
    "MikeySolicitedPull": received(mikey.receive_pull),
    "MikeyVerification": received(mikey.receive_verification),
    "MikeyMtk": received(mikey.receive_mtk),
}

#: Makes what a canonical test sends, from its other members.
MAKERS = {
    "HttpDigest": lambda group, test: {"authorization": digest.make(group["server"], test)},
    **{kind: lambda group, test: {"body": documents.make(group, test)} for kind in documents.KINDS},
    "ZnRequest": lambda group, test: {"message": diameter.make_request(group, test)},
    "ZnAnswer": lambda group, test: {"message": diameter.make_answer(group, test)},
    "MikeyMskPush": message(mikey.make_msk),
    "MikeySolicitedPull": message(mikey.make_pull),
    "MikeyVerification": message(mikey.make_verification),
    "MikeyMtk": message(mikey.make_mtk),
}


class Tally:
    def __init__(self):
        self.judged = self.made = self.open = 0
        self.disagreements = []

    def judge(self, where, group, test):
        """A test is taken if it is not refused and what it states is what follows from it."""
        try:
            stated = READERS[group["type"]](group, test)
            wrong = [name for name, value in stated.items() if name in test and test[name] != value]
            why = f"other values of {', '.join(wrong)}" if wrong else None
        except Refused as refusal:
            why = str(refusal)
        is_right = test["result"] == "acceptable" or (why is None) == (test["result"] == "valid")
        self.judged += 1
        self.open += test["result"] == "acceptable"
        if not is_right:
            self.disagreements.append(f"{where}: {test['result']} ({test['comment']}), here {why or 'taken'}")

    def make(self, where, group, test):
        for name, value in MAKERS[group["type"]](group, test).items():
            self.made += 1
            if test[name] != value:
                self.disagreements.append(f"{where}: another {name} is made ({test['comment']})")


#: What follows from a test: where one of its members is cut, nothing follows.
OUTPUTS = ("items", "xml", "intermediate", "session")


def inputs_of(test, tests):
    """The inputs that a test stands for: itself, or what its rule makes of another's message."""
    if "rule" not in test:
        return [test]
    rule = test["rule"]
    base = next(each for each in tests if each["tcId"] == rule["of"])
    if "member" in rule:
        span, text = rule["truncateTo"], base[rule["member"]]
        inputs = {name: value for name, value in base.items() if name not in OUTPUTS}
        return [{**inputs, **test, rule["member"]: text[:length]} for length in range(span["from"], span["to"] + 1)]
    octets = bytes.fromhex(base["message"])
    if "truncateTo" in rule:
        span = rule["truncateTo"]
        changed = [octets[:length] for length in range(span["from"], span["to"] + 1)]
    else:
        span = rule["flipBit"]
        changed = [flipped(octets, bit) for bit in range(span["from"], span["to"] + 1)]
    return [{**test, "message": each.hex()} for each in changed]


def flipped(octets, bit):
    copy = bytearray(octets)
    copy[bit // 8] ^= 0x80 >> bit % 8
    return bytes(copy)


def main(folder):
    tally, types = Tally(), set()
    for path in sorted(folder.glob("*.json")):
        file = json.loads(path.read_text())
        if "testGroups" not in file:
            continue
        for group in file["testGroups"]:
            types.add(group["type"])
            for test in group["tests"]:
                where = f"{path.name} {test['tcId']}"
                for each in inputs_of(test, group["tests"]):
                    tally.judge(where, group, each)
                if "Canonical" in test["flags"] and group["type"] in MAKERS:
                    tally.make(where, group, test)
    for line in tally.disagreements:
        print(line)
    counts = {"judged": tally.judged, "acceptable": tally.open, "made": tally.made, "disagreements": len(tally.disagreements)}
    print(json.dumps({**counts, "types": len(types)}))
    return 1 if tally.disagreements else 0


if __name__ == "__main__":
    default = pathlib.Path(__file__).resolve().parents[3] / "vectors"
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default))
