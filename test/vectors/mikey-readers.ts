import { parseBtid } from '../../lib/gba/index.ts';
import {
  formatMskId,
  type KeyDomainId,
  keyDomainIdFromOctets,
  mskIdFromOctets,
} from '../../lib/keys/index.ts';
import {
  checkVerificationMessages,
  decodeMikeyMessage,
  encodeMskMessage,
  encodeMtkMessage,
  encodeSolicitedPullMessage,
  encodeVerificationMessage,
} from '../../lib/mikey/index.ts';
import { KeyRing } from '../../lib/ue/key-ring.ts';
import { MikeyReceiver } from '../../lib/ue/mikey-receiver.ts';
import type { VectorTest } from './data-set.ts';
import { exposed, hexOf, keyOf, octetsOf, type Stated } from './key-readers.ts';

type Members = Readonly<Record<string, unknown>>;

/** Octets of the Ua security protocol identifier, which stands behind the FQDN in IDi. */
const UA_LENGTH = 5;

/** A UE that has taken a message with the counter before. */
function ueOf(state: Members): MikeyReceiver {
  const ue = new MikeyReceiver(new KeyRing(), () => 0);
  const [idi, idr] = [octetsOf(state.idi), octetsOf(state.idr)];
  const nafFqdn = Buffer.from(idi.subarray(0, -UA_LENGTH)).toString();
  const muk = keyOf(state.muk);
  ue.use({ btid: parseBtid(Buffer.from(idr).toString()), nafFqdn, muk, mrk: muk });
  const keyDomainId = keyDomainIdFromOctets(octetsOf('00f110'));
  const addressing = { muk, csbId: 9, rand: octetsOf('00'.repeat(16)), bmscId: idi, ueId: idr };
  const before = { ...addressing, counter: Number(state.lastCounter), keyDomainId, keyGroup: 1 };
  if (ue.receive(encodeSolicitedPullMessage(before)).kind !== 'solicited-pull') throw new Error('not taken');
  return ue;
}

export function readMsk(state: Members, test: VectorTest): Stated | undefined {
  const octets = octetsOf(test.message);
  const received = ueOf(state).receive(octets);
  if (received.kind !== 'msk') return undefined;
  const { msk, counter, verification } = received;
  const { header, securityPolicies } = decodeMikeyMessage(octets);
  const policy = securityPolicies.flatMap(({ parameters }) => parameters);
  const fields = {
    ...{ vBit: header.verificationRequested, csbId: header.csbId, counter, rand: hexOf(msk.rand) },
    ...{
      keyDomainId: msk.keyDomainId,
      mskId: formatMskId(msk.mskId),
      msk: exposed(msk.msk),
      ...msk.validity,
    },
    ...(header.csIdMap.kind === 'empty'
      ? {}
      : {
          csIdMap: hexOf(octets.subarray(10, 19)),
          securityPolicy: hexOf(
            Buffer.concat(policy.map(({ type, value }) => Buffer.from([type, value.length, ...value]))),
          ),
        }),
  };
  return { fields, answer: verification === undefined ? null : hexOf(verification) };
}

export function readPull(state: Members, test: VectorTest): Stated | undefined {
  const octets = octetsOf(test.message);
  const received = ueOf(state).receive(octets);
  if (received.kind !== 'solicited-pull') return undefined;
  const { keyDomainId, keyGroup, counter } = received;
  const { header, rand } = decodeMikeyMessage(octets);
  return { fields: { csbId: header.csbId, counter, rand: hexOf(rand ?? octets), keyDomainId, keyGroup } };
}

export function readMtk(state: Members, test: VectorTest): Stated | undefined {
  const ring = new KeyRing();
  const keyDomainId = keyDomainIdFromOctets(octetsOf(state.keyDomainId));
  const validity = { seql: Number(state.seql), sequ: Number(state.sequ) };
  const held = {
    keyDomainId,
    mskId: mskIdFromOctets(octetsOf(state.mskId)),
    msk: keyOf(state.msk),
    validity,
    rand: octetsOf(state.rand),
  };
  ring.put(held);
  ring.markMtk(held, Number(state.lastMtkId), Number(state.lastCounter));
  const octets = octetsOf(test.message);
  const received = new MikeyReceiver(ring, () => 0).receive(octets);
  if (received.kind !== 'mtk') return undefined;
  const { header, timestamp } = decodeMikeyMessage(octets);
  const fields = {
    csbId: header.csbId,
    counter: timestamp.counter,
    mtkId: received.mtkId,
    mtk: exposed(received.mtk),
  };
  const { salt } = received;
  return { fields: { ...fields, ...(salt === undefined ? {} : { salt: exposed(salt) }) } };
}

function sentOf(state: Members) {
  const [muk, rand] = [keyOf(state.muk), octetsOf(state.rand)];
  const ids = { bmscId: octetsOf(state.idi), ueId: octetsOf(state.idr) };
  return { muk, rand, csbId: Number(state.csbId), counter: Number(state.counter), ...ids };
}

export function readVerification(state: Members, test: VectorTest): Stated | undefined {
  const sent = sentOf(state);
  const sentWith = (_: number, counter: number) => (counter === sent.counter ? sent : undefined);
  const [verdict] = checkVerificationMessages([octetsOf(test.message)], sent.bmscId, sentWith);
  return verdict === 'authentic' ? {} : undefined;
}

interface Fields extends Members {
  readonly csbId: number;
  readonly counter: number;
}

function addressing(state: Members, fields: Fields) {
  const ids = { bmscId: octetsOf(state.idi), ueId: octetsOf(state.idr) };
  return {
    muk: keyOf(state.muk),
    csbId: fields.csbId,
    counter: fields.counter,
    rand: octetsOf(fields.rand),
    ...ids,
  };
}

export function makeMsk(state: Members, test: VectorTest): Stated {
  const fields = test.fields as Fields;
  const stream = { policyNo: 0, ssrc: 0xa1b2c3d4, roc: 0 };
  const streaming =
    fields.csIdMap === undefined
      ? {}
      : {
          csIdMap: { kind: 'srtp-id', streams: [stream] } as const,
          securityPolicies: [policyOf(octetsOf(fields.securityPolicy))],
        };
  const message = encodeMskMessage({
    ...addressing(state, fields),
    ...idsOf(fields),
    ...{ msk: keyOf(fields.msk), validity: { seql: Number(fields.seql), sequ: Number(fields.sequ) } },
    verificationRequested: fields.vBit === true,
    ...streaming,
  });
  return { message: hexOf(message) };
}

function policyOf(octets: Uint8Array) {
  const parameters: { type: number; value: Uint8Array }[] = [];
  for (let at = 0; at < octets.length; ) {
    const end = at + 2 + (octets[at + 1] ?? 0);
    parameters.push({ type: octets[at] ?? 0, value: octets.slice(at + 2, end) });
    at = end;
  }
  return { policyNo: 0, protType: 0, parameters };
}

function idsOf(fields: Members): { keyDomainId: KeyDomainId; mskId: ReturnType<typeof mskIdFromOctets> } {
  return {
    keyDomainId: keyDomainIdFromOctets(octetsOf(fields.keyDomainId)),
    mskId: mskIdFromOctets(octetsOf(fields.mskId)),
  };
}

export function makePull(state: Members, test: VectorTest): Stated {
  const fields = test.fields as Fields;
  const keyDomainId = keyDomainIdFromOctets(octetsOf(fields.keyDomainId));
  const group = { keyDomainId, keyGroup: Number(fields.keyGroup) };
  return { message: hexOf(encodeSolicitedPullMessage({ ...addressing(state, fields), ...group })) };
}

export function makeMtk(state: Members, test: VectorTest): Stated {
  const fields = test.fields as Fields;
  const salt = fields.salt === undefined ? {} : { salt: keyOf(fields.salt) };
  const message = encodeMtkMessage({
    ...{ msk: keyOf(state.msk), rand: octetsOf(state.rand), csbId: fields.csbId, counter: fields.counter },
    ...{ ...idsOf(state), mtkId: Number(fields.mtkId), mtk: keyOf(fields.mtk) },
    ...salt,
  });
  return { message: hexOf(message) };
}

export function makeVerification(state: Members): Stated {
  return { message: hexOf(encodeVerificationMessage(sentOf(state))) };
}
