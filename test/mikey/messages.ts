import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import {
  encodeMskMessage,
  encodeMtkMessage,
  encodeSolicitedPullMessage,
  encodeVerificationMessage,
  type MukAddressing,
} from '../../lib/mikey/index.ts';

const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

/** The inputs of the vectors. */
export const ADDRESSING: MukAddressing = {
  muk: secretKeyFromHex('5fb2ece392ff05a99382ca3444a8f6c0bb6101283ec25fcfdaeda0290644d36c', 32),
  csbId: 0x01020304,
  rand: octets('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf'),
  counter: 0x00000a0b,
  bmscId: octets('626d73632e686f6d65312e6e65740100000001'),
  ueId: Buffer.from('I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net'),
};
export const MSK = secretKeyFromHex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf', 16);
export const MTK = secretKeyFromHex('d0d1d2d3d4d5d6d7d8d9dadbdcdddedf', 16);
export const DOMAIN = parseKeyDomainId('00f110');
export const MSK_ID = { keyGroup: 0x0001, keyNumber: 0x0002 };
export const VALIDITY = { seql: 0x0010, sequ: 0x0fff };

const base = {
  ...ADDRESSING,
  keyDomainId: DOMAIN,
  mskId: MSK_ID,
  msk: MSK,
  validity: VALIDITY,
  verificationRequested: true,
};
const mtk = {
  msk: MSK,
  rand: ADDRESSING.rand,
  csbId: 0x01020304,
  counter: 1,
  keyDomainId: DOMAIN,
  mskId: MSK_ID,
  mtkId: 0x20,
  mtk: MTK,
};
const policy = {
  policyNo: 0,
  protType: 0,
  parameters: [
    { type: 0, value: octets('01') },
    { type: 1, value: octets('10') },
  ],
};

/** Every message that a BM-SC or a UE emits. */
export const MESSAGES = {
  msk: encodeMskMessage(base),
  'msk, NULL encryption': encodeMskMessage({ ...base, encryption: 'NULL' }),
  'msk, SRTP': encodeMskMessage({
    ...base,
    csIdMap: { kind: 'srtp-id', streams: [{ policyNo: 0, ssrc: 0xdecade, roc: 0 }] },
    securityPolicies: [policy],
  }),
  'solicited pull': encodeSolicitedPullMessage({ ...ADDRESSING, keyDomainId: DOMAIN, keyGroup: 1 }),
  verification: encodeVerificationMessage(ADDRESSING),
  mtk: encodeMtkMessage(mtk),
  'mtk, salt': encodeMtkMessage({ ...mtk, salt: secretKeyFromHex('e0e1e2e3e4e5e6e7e8e9eaebeced', 14) }),
} as const;
