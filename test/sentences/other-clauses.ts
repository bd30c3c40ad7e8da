import type { Certainty } from '../../cli/conformance/requirement.ts';

/** What the clauses of other documents ask, in our words, each with how sure we are that they do. */
export const OTHER_CLAUSES: Readonly<
  Record<string, readonly (readonly [certainty: Certainty, asked: string])[]>
> = {
  'TS 33.220 §4.5.2': [
    ['M-hi', 'a B-TID is the Base64 of RAND, an @ and the name of the BSF'],
    ['M-hi', 'the name of the BSF is a domain name'],
    ['V', 'the BSF has the product token 3gpp-gba-tmpi in its Server header (Release 8)'],
    ['V2', 'Ks is CK and IK, 32 octets'],
  ],
  'TS 33.220 annex B.2': [
    [
      'V',
      'a key is derived by HMAC-SHA-256 over FC, and each parameter with its length of two octets behind it',
    ],
    ['V', 'text is encoded in UTF-8 after NFKC'],
    ['V', 'derived keys have 256 bits'],
  ],
  'TS 33.220 annex B.3': [
    ['V', 'Ks_NAF and Ks_ext_NAF have FC 0x01 and "gba-me", RAND, IMPI and NAF_Id'],
    ['V', 'Ks_int_NAF has "gba-u" in place of "gba-me"'],
    ['V', 'the key follows from the RAND of the run'],
    ['V', 'the key follows from the NAF_Id: another NAF has another'],
  ],
  'TS 33.220 annex G.2': [['V', 'with GBA_U the MUK is Ks_int_NAF']],
  'TS 33.220 annex H.1': [
    ['V', 'the Ua security protocol identifier has 5 octets and stands behind the FQDN'],
  ],
  'TS 33.220 annex H.3': [['V', 'that of TS 33.246 is 01 00 00 00 01']],
  'TS 33.102 §6.3.2': [
    ['V2', 'each vector has a RAND that cannot be foreseen'],
    ['D', 'SQN of a vector is fresh'],
    ['V2', 'AUTN is SQN concealed by AK, AMF and MAC'],
  ],
  'TS 33.102 §6.3.3': [
    ['V2', 'the USIM checks the MAC of AUTN before all else'],
    ['V2', 'an SQN that is not in range is answered with AUTS'],
    ['V2', 'AUTS has an AMF of zeros'],
  ],
  'TS 33.102 §6.3.5': [
    ['V2', 'the network takes the SQN of AUTS'],
    ['V2', 'it checks the MAC of AUTS first'],
  ],
  'TS 35.206 §4.1': [['V2', 'f1 to f5* and OPc are those of Milenage, as the test sets have it']],
  'RFC 3310 §3.1': [['V', 'the algorithm is AKAv1-MD5']],
  'RFC 3310 §3.2': [['V', 'the nonce is the Base64 of RAND, AUTN and what the server adds']],
  'RFC 3310 §3.3': [['V', 'RES, as octets, is the password']],
  'RFC 3310 §3.4': [
    ['V', 'a client that is out of synchronisation sends auts'],
    ['V', 'the password is then empty, and without auts it is not'],
  ],
  'RFC 3310 §3.5': [['V', 'the server proves by rspauth that it knows RES']],
  'TS 24.109 §4.2': [
    ['V2', 'the realm is the FQDN of the BSF'],
    ['V2', 'the qop is auth-int'],
    ['V2', 'the username is the private identity'],
  ],
  'TS 24.109 annex A.3': [
    ['V', 'the UE sends a GET that names its private identity, with an empty nonce and response'],
    ['V', 'the BSF answers with 401 and a challenge'],
    ['V', 'after a right RES it answers with 200'],
    ['V', 'the 200 has Authentication-Info'],
    ['V', 'its media type is application/vnd.3gpp.bsf+xml'],
  ],
  'TS 24.109 annex A.4': [
    ['V', 'the UE sends AUTS in the auts of its credentials'],
    ['V', 'the BSF challenges again, by a new vector'],
    ['V', 'the run goes on from there'],
  ],
  'TS 24.109 annex B.2': [
    ['V', 'a NAF has the key and its end from the BSF'],
    ['V', 'a NAF stops to use a session when it is over, and says so to the UE'],
  ],
  'TS 24.109 annex B.3': [
    ['V', 'the User-Agent of a UE says by a product token how it bootstraps'],
    ['V', 'its first request may be a POST'],
  ],
  'TS 24.109 annex C.1': [
    ['V', 'BootstrappingInfo of uri:3gpp-gba has a btid and a lifetime'],
    ['V', 'lifetime is the time at which the key ends'],
    ['V', 'it is in UTC, with a Z'],
    ['V', 'unknown elements and attributes are passed over'],
  ],
  'TS 24.109 annex I.2': [['V', 'with GBA_Digest the token is GBA_Digest']],
  'TS 24.109 annex K.2': [
    ['V', 'with AKMA the realm begins with 3GPP-bootstrapping-akma'],
    ['V', 'with AKMA the token is 3gpp-akma'],
  ],
  'TS 24.109 §5.2.4': [
    ['V2', 'a 401 whose realm begins with 3GPP-bootstrapping makes the UE bootstrap'],
    ['V2', 'the realm ends in the FQDN of the NAF'],
    ['D', 'a UE answers the realm of the NAF that it asked alone'],
  ],
  'TS 24.109 §5.2.5': [
    ['V2', 'a NAF whose key for the UE is over answers with the same 401'],
    ['V2', 'the UE bootstraps again and goes on under its new B-TID'],
    ['V2', 'a 401 to a request under an association ends that association'],
  ],
  'RFC 7616 §3.3': [
    ['V', 'realm, nonce, qop and opaque are quoted, algorithm and stale are not'],
    ['V', 'a nonce is of the server, and old after its time'],
  ],
  'RFC 7616 §3.4': [
    ['V', 'opaque is returned unchanged'],
    ['V', 'the algorithm is one that the challenge has'],
    ['V', 'with a qop there are a cnonce and a nonce count'],
    ['V', 'the nonce count has 8 hexadecimal digits'],
    ['V', 'realm and username are those of the challenge and of the user'],
    ['V', 'a nonce count comes once under a nonce'],
  ],
  'RFC 7616 §3.4.1': [
    [
      'V',
      'the response covers user, realm, password, nonce, count, cnonce, qop, method and uri; with auth-int the body',
    ],
  ],
  'RFC 7616 §3.4.6': [['V', 'uri is the Request-URI; otherwise 400']],
  'RFC 7616 §3.5': [
    ['V', 'Authentication-Info has rspauth, cnonce and nc of the request'],
    ['V', 'a nextnonce is the nonce of the next request'],
  ],
  'RFC 2617 §3.2.1': [
    ['V', 'stale=true says that the response is right and the nonce is old: the client tries again'],
    ['V', 'without an algorithm it is MD5'],
  ],
  'RFC 9110 §5.6.4': [['V', 'a quoted pair in a quoted string stands for its character']],
  'RFC 9110 §11.2': [['V', 'names of parameters are compared without regard to case']],
  'RFC 3830 §3.1': [
    ['V', 'I is HDR, T, RAND, identities, policies and KEMAC; R is HDR, T, IDr and V'],
    ['V', 'R has the CSB ID of I'],
  ],
  'RFC 3830 §4.1.2': [['V', 'the PRF is that of HMAC-SHA-1 over blocks of 256 bits of the key']],
  'RFC 3830 §4.1.4': [
    ['V', 'encryption key, authentication key and salt follow from the PSK, the CSB ID and RAND'],
  ],
  'RFC 3830 §4.2.3': [
    ['V', 'encryption is AES in counter mode with an IV of salt, CSB ID and time stamp'],
    ['D', 'a COUNTER is padded on the left to 64 bits in the IV'],
  ],
  'RFC 3830 §5.2': [
    ['V', 'the MAC of KEMAC is over the whole message but for itself'],
    ['V', 'the MAC of V is over R, both identities and the time stamp'],
  ],
  'RFC 3830 §5.3': [
    ['V', 'a time stamp that was there is a replay'],
    ['V', 'the MAC is checked before the message has any effect'],
    ['V', 'the time stamp is remembered once the MAC is right'],
  ],
  'RFC 3830 §6': [['V', 'payloads are a chain; each names the type of the next']],
  'RFC 3830 §6.1': [
    ['V', 'the V flag asks for a verification message'],
    ['V', 'without it there is none'],
  ],
  'RFC 3830 §6.2': [
    ['V', 'KEMAC is last in the pre-shared key method'],
    ['V', 'Encr data len 0 is legal'],
  ],
  'RFC 3830 §6.11': [['V', 'RAND should have 16 octets or more']],
  'RFC 3830 §6.13': [
    ['V', 'key data has a type, a validity and a length, and a salt where the type says so'],
  ],
  'RFC 3830 §6.15': [['V', 'an extension that is not known is passed over, and covered by the MAC']],
  'RFC 4563 §2': [
    ['V', 'the MUK is the pre-shared key of the message with the MSK'],
    ['V', 'the MSK is the pre-shared key of the message with the MTK'],
    ['D', 'the message with the MTK names the MTK, that with the MSK does not'],
  ],
  'RFC 4563 §4': [['V', 'the Key ID extension, type 3, names Key Domain, MSK and MTK']],
  'RFC 4563 §5': [['V', 'an empty map has no security policy with it']],
  'RFC 4563 §6': [['V', 'for MBMS the transport is UDP']],
  'RFC 3711 §4.1.1': [['V', 'SRTP encrypts by AES in counter mode under keys derived from the master key']],
  'RFC 3711 §3.1': [['V', 'the MKI stands before the authentication tag']],
  'TS 31.102 §4.2.80': [
    ['V', 'the USIM keeps two MSKs at most for a Key Domain and Key Group'],
    ['V', 'an MSK ID has 4 octets, of which 2 are the Key Group'],
    ['V', 'each MSK has a replay counter of 4 octets for MTK messages'],
  ],
  'TS 31.102 §4.2.81': [
    ['V', 'a MUK is known by IDr and IDi'],
    ['V', 'each MUK has a replay counter'],
  ],
  'TS 29.571 §5.9.4.13': [
    ['V2', 'a Key Domain ID is MCC and MNC in 3 octets'],
    ['V2', 'an MSK has 16 octets'],
  ],
  'TS 24.501 §9.11.4.31': [['V2', 'an MTK ID has 2 octets and an MTK 16']],
  'TS 29.309 §5.2.2.2': [
    ['V', 'a NAF asks by POST for the B-TID, its FQDN and its Ua protocol'],
    ['V', 'the answer has the key of the ME, and may have that of the UICC'],
    ['V', 'enumerations are open, and unknown members are passed over'],
  ],
  'TS 29.500 §5.2': [
    ['V', 'services of the core network use HTTP/2'],
    ['V', 'a 307 or 308 is followed with its method and body'],
  ],
  'TS 29.510 §6.1.6': [['V', 'the BSF of GBA is found as GBA_BSF with the service nbsp-gba']],
  'TS 29.109 §6.2.2': [
    ['V2', '5402: the NAF tells its UE that the service is not allowed'],
    ['V2', '5403: the NAF has its UE bootstrap again'],
    ['V2', 'GSID 4 is of MBMS'],
  ],
  'TS 29.109 §7': [['V', 'Zn is application 16777220 and command 310 of vendor 10415']],
  'RFC 6733 §3': [['V', 'a message has a header of 20 octets, and its length is a multiple of four']],
  'RFC 6733 §4.1': [
    ['V', 'an unknown AVP with the M flag refuses its message'],
    ['V', 'a Time counts from 1900, and begins anew in 2036'],
  ],
  'RFC 6733 §5.3': [['V', 'peers exchange capabilities first']],
  'TS 33.501 annex W.4.1.2': [
    ['V', 'the MSK protects the message with the MTK'],
    ['V', 'the MTK protects the traffic'],
    ['V2', 'the MTK goes out by MIKEY over UDP, to all at once'],
    ['V2', 'an MTK changes by the policy of the session'],
    ['V2', 'nobody answers a message with an MTK, not with an error either'],
  ],
  'TS 33.501 annex W.4.1.3': [
    ['V', 'with AKMA the MUK is K_AF, and the MRK follows from K_AF'],
    ['V2', 'with GBA_ME the MRK follows from Ks_NAF'],
    ['V', 'the network asks whether the user may have the service'],
  ],
  'TS 33.535 annex A.2': [['V', 'K_AKMA follows from K_AUSF by 0x80, "AKMA" and SUPI']],
  'TS 33.535 annex A.4': [['V', 'K_AF follows from K_AKMA by 0x82 and AF_ID']],
  'TS 33.535 annex B.1.2': [['V', 'without a key the AF answers without a realm']],
  'TS 29.535 §5.2': [['V', 'an AF asks for the key of an A-KID; 204 says that there is none']],
  'TS 26.346 annex C.12': [
    ['V', 'application/mbms-register+xml is the media type of a registration'],
    ['V', 'application/mbms-deregister+xml is that of a deregistration'],
    ['V', 'application/mbms-msk-response+xml names the codes of an MSK request'],
  ],
};
