import { REPLAYED_COUNTER } from '../../cli/conformance/ue/pull.ts';
import { WRONG_MTK_ID } from '../../cli/conformance/ue/verification.ts';
import { nafId } from '../../lib/gba/naf-id.ts';
import { encodeMskRequest } from '../../lib/key-management/payload/msk-request.ts';
import {
  encodeVerificationMessage,
  isSolicitedPull,
  type MikeyMessage,
  type MukAddressing,
} from '../../lib/mikey/index.ts';
import { unprotect } from '../../lib/mikey/message/protection.ts';
import type { UeSecurityAssociation } from '../../lib/ue/security-association.ts';
import { newKeys } from '../provisioned-ue.ts';
import type { UeFault } from './wrong-ue.ts';

const { btid, muk, mrk } = newKeys();

/** The association of every wrong UE. */
export const UE_ASSOCIATION: UeSecurityAssociation = { btid, muk, mrk, nafFqdn: 'bmsc.home1.net' };

/** A verification message of a wrong UE: what it answers, with changes, under the right key or another. */
function verification(changes: Partial<MukAddressing>): Pick<UeFault, 'answer'> {
  return {
    answer: (_, { header, timestamp, rand = new Uint8Array(0) }) =>
      encodeVerificationMessage({
        ...{ muk, csbId: header.csbId, rand, counter: timestamp.counter ?? 0 },
        ...{ bmscId: nafId('bmsc.home1.net'), ueId: Buffer.from(btid) },
        ...changes,
      }),
  };
}

function isMacWrong(message: MikeyMessage): boolean {
  try {
    unprotect(message, muk, message.rand ?? new Uint8Array(0));
    return false;
  } catch {
    return true;
  }
}

const isMsk = (message: MikeyMessage) => message.keyIds.mtkId === undefined && !isSolicitedPull(message);
const idrOf = ({ idr }: MikeyMessage) => Buffer.from(idr?.data ?? []).toString();
const isPullRequest = (url: URL) => url.search.includes('msk-request');

/** The wrong UEs, each with the one rule that it breaks. */
export const UE_FAULTS: readonly UeFault[] = [
  { name: 'a wrong password', rule: 'ue-challenge-answered', signing: { password: 'x' } },
  { name: 'auth in place of auth-int', rule: 'ue-qop', signing: { qop: 'auth' } },
  { name: 'the uri without its query', rule: 'ue-uri', signing: { uri: '/keymanagement' } },
  {
    name: 'no product token',
    rule: 'ue-user-agent',
    request: ({ headers }) => ({ headers: { ...headers, 'user-agent': 'phone/1' } }),
  },
  {
    name: 'no requesttype',
    rule: 'ue-requesttype',
    request: ({ url }) =>
      isPullRequest(url) ? {} : { url: new URL(String(url).replace('requesttype=register&', '')) },
  },
  {
    name: 'XML that is not in Base64',
    rule: 'ue-base64',
    request: ({ url, body }) => (isPullRequest(url) ? {} : { body: Buffer.from(body, 'base64').toString() }),
  },
  { name: 'stale=true is not understood', rule: 'ue-stale', ignoresStale: true },
  { name: 'every request has nonce count 1', rule: 'ue-nonce-count', signing: { nc: 1 } },
  { name: 'the V-bit is not answered', rule: 'ue-verifies', answer: () => undefined },
  { name: 'the answer has another CSB ID', rule: 'ue-verification-csb-id', ...verification({ csbId: 7 }) },
  {
    name: 'the answer has another counter',
    rule: 'ue-verification-counter',
    ...verification({ counter: 7 }),
  },
  {
    name: 'the answer has another IDr',
    rule: 'ue-verification-idr',
    ...verification({ ueId: Buffer.from('x') }),
  },
  {
    name: 'the MAC leaves the identities out',
    rule: 'ue-verification-mac',
    ...verification({ bmscId: new Uint8Array(0) }),
  },
  {
    name: 'everything is verified',
    rule: 'ue-silent-without-v-bit',
    answersToo: (message) => isMsk(message) && !message.header.verificationRequested,
  },
  {
    name: 'the MAC is not checked',
    rule: 'ue-silent-wrong-mac',
    answersToo: (message) => isMsk(message) && isMacWrong(message),
  },
  {
    name: 'the counter is not checked',
    rule: 'ue-silent-replay',
    answersToo: ({ timestamp }) => timestamp.counter === 5,
  },
  {
    name: 'the MUK ID is not checked',
    rule: 'ue-silent-foreign',
    answersToo: (message) => isMsk(message) && idrOf(message) !== btid,
  },
  { name: 'octets that are no MIKEY end it', rule: 'ue-survives', isFragile: true },
  { name: 'solicited pulls are not followed', rule: 'ue-pull-answered', pulls: 'none' },
  {
    name: 'another MSK than the current one is asked for',
    rule: 'ue-pull-current',
    request: ({ url }) => {
      if (!isPullRequest(url)) return {};
      const mskId = { keyGroup: 0x00fe, keyNumber: 1 };
      return { body: encodeMskRequest([{ keyDomainId: '00f110' as never, mskId }]) };
    },
  },
  {
    name: 'the media type of an MSK request is another',
    rule: 'ue-pull-media-type',
    request: ({ url, headers }) =>
      isPullRequest(url) ? { headers: { ...headers, 'content-type': 'text/xml' } } : {},
  },
  {
    name: 'the MAC of a solicited pull is not checked',
    rule: 'ue-pull-wrong-mac',
    followsToo: isMacWrong,
  },
  { name: 'opaque is left out', rule: 'ue-opaque', signing: { isWithoutOpaque: true } },
  {
    name: 'a registration with the media type of text',
    rule: 'ue-register-form',
    request: ({ url, headers }) =>
      url.search.includes('=register') ? { headers: { ...headers, 'content-type': 'text/xml' } } : {},
  },
  {
    name: 'a deregistration with the media type of a registration',
    rule: 'ue-deregister-form',
    request: ({ url, headers }) =>
      url.search.includes('=deregister')
        ? { headers: { ...headers, 'content-type': 'application/mbms-register+xml' } }
        : {},
  },
  { name: 'the challenge of any realm is answered', rule: 'ue-other-realm', answersAnyRealm: true },
  { name: 'every 401 is taken for a stale one', rule: 'ue-renegotiation', isEveryStale: true },
  { name: 'counters of forged messages count', rule: 'ue-counter-forged', countsForged: true },
  {
    name: 'MTK messages are verified',
    rule: 'ue-mtk-silent',
    answersToo: ({ keyIds }) => keyIds.mtkId !== undefined && keyIds.mtkId !== WRONG_MTK_ID,
  },
  {
    name: 'a wrong MTK message is answered',
    rule: 'ue-mtk-error-silent',
    answersToo: ({ keyIds }) => keyIds.mtkId === WRONG_MTK_ID,
  },
  { name: 'solicited pulls are verified', rule: 'ue-pull-silent', answersToo: isSolicitedPull },
  {
    name: 'a replayed solicited pull is followed',
    rule: 'ue-pull-replay',
    followsToo: ({ timestamp }) => timestamp.counter === REPLAYED_COUNTER,
  },
  {
    name: 'a solicited pull for another MUK is followed',
    rule: 'ue-pull-foreign',
    followsToo: (message) => idrOf(message) !== btid,
  },
  {
    name: 'solicited pulls are not followed once the keys are over',
    rule: 'ue-expired-pull',
    afterTheEnd: 'ignores-pulls',
  },
  { name: 'MSKs are verified once the keys are over', rule: 'ue-expired-msk', afterTheEnd: 'verifies' },
];
