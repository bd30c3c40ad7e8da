import {
  type BootstrappingInfo,
  type BootstrappingInfoRequest,
  bootstrappingInfoAnswer,
  bootstrappingInfoAvps,
  bootstrappingInfoHeader,
  capabilitiesAnswer,
  capabilitiesRequest,
  DISCONNECT_CAUSE,
  type DiameterMessage,
  disconnectAnswer,
  disconnectRequest,
  EXPERIMENTAL_RESULT_CODE,
  errorAnswer,
  type OwnCapabilities,
  RESULT_CODE,
  SUCCESS,
  VENDOR,
  watchdogAnswer,
  watchdogRequest,
} from '../../lib/diameter/index.ts';
import { secretKeyFromHex } from '../../lib/keys/secret-key.ts';
import vectors from '../vectors/diameter.json' with { type: 'json' };
import gba from '../vectors/gba.json' with { type: 'json' };

const { bir } = vectors;

export const NAF_ORIGIN = { host: bir.originHost, realm: bir.realm };
export const BSF_ORIGIN = { host: bir.destinationHost, realm: bir.realm };
export const IDS = { hopByHop: bir.hopByHop, endToEnd: bir.endToEnd };

/** The request of the vector. */
export const REQUEST: BootstrappingInfoRequest = {
  sessionId: bir.sessionId,
  origin: NAF_ORIGIN,
  destinationRealm: bir.realm,
  destinationHost: bir.destinationHost,
  gsIds: [bir.gsId],
  bTid: gba.bTid,
  nafId: Uint8Array.from(Buffer.from(gba.nafId, 'hex')),
  isGbaUAware: bir.gbaUAware,
};

/** Keys of GBA_U with everything that an answer may have. */
export const INFO: BootstrappingInfo = {
  impi: gba.impi,
  meKeyMaterial: secretKeyFromHex(gba.ksNaf, 32),
  uiccKeyMaterial: secretKeyFromHex(gba.ksIntNaf, 32),
  expiresAt: Date.parse('2036-02-08T00:00:00Z'),
  bootstrappedAt: Date.parse('2036-02-06T00:00:00Z'),
  gbaType: '3G_GBA',
  userSecuritySettings: [
    {
      gsId: 4,
      gsType: 4,
      nafGroup: 'tv & radio',
      ueIds: ['sip:a@home1.net'],
      keyChoice: 'UICC_BASED_KEY',
    },
  ],
};

export const OWN: OwnCapabilities = {
  origin: NAF_ORIGIN,
  hostIpAddresses: ['192.0.2.1', '2001:db8::1'],
  vendorId: VENDOR['3GPP'],
  productName: 'bmsc',
  originStateId: 7,
};

export const BIR: DiameterMessage = {
  header: bootstrappingInfoHeader(IDS, false),
  avps: bootstrappingInfoAvps(REQUEST),
};
const cer = capabilitiesRequest(IDS, OWN);
const dwr = watchdogRequest(IDS, { origin: NAF_ORIGIN, originStateId: 7 });
const dpr = disconnectRequest(IDS, {
  origin: NAF_ORIGIN,
  cause: DISCONNECT_CAUSE.DO_NOT_WANT_TO_TALK_TO_YOU,
});

/** A message of each kind that the product writes. */
export const MESSAGES = {
  cer,
  cea: capabilitiesAnswer(cer, SUCCESS, { ...OWN, origin: BSF_ORIGIN }),
  dwr,
  dwa: watchdogAnswer(dwr, { origin: BSF_ORIGIN }),
  dpr,
  dpa: disconnectAnswer(dpr, BSF_ORIGIN),
  bir: BIR,
  'bir again': { ...BIR, header: bootstrappingInfoHeader(IDS, true) },
  bia: bootstrappingInfoAnswer(BIR, BSF_ORIGIN, { kind: 'found', info: INFO }),
  'bia, GBA_ME': bootstrappingInfoAnswer(BIR, BSF_ORIGIN, {
    kind: 'found',
    info: { ...INFO, uiccKeyMaterial: undefined, userSecuritySettings: [], gbaType: undefined },
  }),
  'bia, refused': bootstrappingInfoAnswer(BIR, BSF_ORIGIN, {
    kind: 'refused',
    result: {
      kind: 'experimental',
      vendor: VENDOR['3GPP'],
      code: EXPERIMENTAL_RESULT_CODE.TRANSACTION_IDENTIFIER_INVALID,
    },
  }),
  error: errorAnswer(BIR, BSF_ORIGIN, { resultCode: RESULT_CODE.COMMAND_UNSUPPORTED, message: 'no' }),
} satisfies Readonly<Record<string, DiameterMessage>>;
