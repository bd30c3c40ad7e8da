"""A BSF on Zn, made with python-diameter, which others wrote. Prints its port when it listens.

What it answers depends on the user part of the B-TID: me, uicc, not-authorized, unknown.
A key is the SHA-256 of the B-TID, that of the UICC of "uicc:" before it.
"""
import datetime
import hashlib
import sys
import time

from diameter.message import Avp, Message, constants
from diameter.message.constants import *
from diameter.node import Node
from diameter.node.application import SimpleThreadingApplication

GPP = VENDOR_TGPP
NAF_ID = b"bmsc.home1.net\x01\x00\x00\x00\x01"
USS = (
    b'<?xml version="1.0"?><ussList xmlns="urn:3gpp:gba:GBAGUSSSchema-R9:2010-02">'
    b'<uss id="4" type="4"><uids><uid>sip:a@home1.net</uid></uids><flags/></uss></ussList>'
)


def value(message, code, vendor=0):
    for avp in message.avps:
        if avp.code == code and avp.vendor_id == vendor:
            return avp.value
    raise LookupError(code)


def answer(app, request):
    header = Message(request.header).to_answer().header
    avps = [
        Avp.new(AVP_SESSION_ID, value=value(request, AVP_SESSION_ID)),
        Avp.new(
            AVP_VENDOR_SPECIFIC_APPLICATION_ID,
            value=[
                Avp.new(AVP_VENDOR_ID, value=GPP),
                Avp.new(AVP_AUTH_APPLICATION_ID, value=APP_3GPP_ZN),
            ],
        ),
        Avp.new(AVP_ORIGIN_HOST, value=b"bsf.home1.net"),
        Avp.new(AVP_ORIGIN_REALM, value=b"home1.net"),
    ]
    b_tid = value(request, AVP_TGPP_TRANSACTION_IDENTIFIER, GPP)
    assert value(request, AVP_TGPP_NAF_HOSTNAME, GPP) == NAF_ID
    assert value(request, AVP_TGPP_GAA_SERVICE_IDENTIFIER, GPP) == b"4"
    assert value(request, AVP_TGPP_GBA_U_AWARENESS_INDICATOR, GPP) == 1
    assert value(request, AVP_DESTINATION_REALM) == b"home1.net"
    avps += result(b_tid, b_tid.split(b"@")[0].split(b".")[0])
    return Message(header, avps)


def result(b_tid, kind):
    refusals = {b"not-authorized": 5402, b"unknown": 5403}
    if kind in refusals:
        group = [
            Avp.new(AVP_VENDOR_ID, value=GPP),
            Avp.new(AVP_EXPERIMENTAL_RESULT_CODE, value=refusals[kind]),
        ]
        return [Avp.new(AVP_EXPERIMENTAL_RESULT, value=group)]
    # After the wrap of NTP's seconds in 2036, which python-diameter leaves to its users.
    expiry = Avp.new(AVP_TGPP_KEY_EXPIRYTIME, GPP, is_mandatory=True)
    expiry.payload = (86400).to_bytes(4, "big")
    created = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    avps = [
        Avp.new(AVP_RESULT_CODE, value=E_RESULT_CODE_DIAMETER_SUCCESS),
        Avp.new(AVP_USER_NAME, value="a@home1.net"),
        Avp.new(AVP_TGPP_ME_KEY_MATERIAL, GPP, hashlib.sha256(b_tid).digest(), True),
        expiry,
        Avp.new(AVP_TGPP_BOOTSTRAPINFOCREATIONTIME, GPP, created, True),
        Avp.new(AVP_TGPP_GBA_USERSECSETTINGS, GPP, USS, True),
        Avp.new(AVP_TGPP_GBA_TYPE, GPP, 0, True),
    ]
    if kind == b"uicc":
        key = hashlib.sha256(b"uicc:" + b_tid).digest()
        avps.append(Avp.new(AVP_TGPP_UICC_KEY_MATERIAL, GPP, key, True))
    return avps


port = int(sys.argv[1])
node = Node("bsf.home1.net", "home1.net", ip_addresses=["127.0.0.1"], tcp_port=port, vendor_ids=[GPP])
node.idle_timeout = 2
node.wakeup_interval = 1
peers = [node.add_peer(f"aaa://{host}", "home1.net") for host in sys.argv[2:]]
app = SimpleThreadingApplication(APP_3GPP_ZN, is_auth_application=True, request_handler=answer)
node.add_application(app, peers)
node.start()
print(port, flush=True)
while True:
    time.sleep(1)
