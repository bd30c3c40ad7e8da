import {
  akidOf,
  authenticationVectorOf,
  autsOf,
  btidOf,
  digestPasswordOf,
  kAfOf,
  kAkmaOf,
  ksIntNafOf,
  ksNafOf,
  Milenage,
  mukAndMrkOf,
  type NafKeys,
  nafId,
  opcOf,
  parseImpi,
  readChallenge,
} from '../../lib/gba/index.ts';
import { SecretKey } from '../../lib/keys/index.ts';
import { messageKeysOf } from '../../lib/mikey/crypto/key-derivation.ts';
import { prf } from '../../lib/mikey/crypto/prf.ts';
import type { VectorTest } from './data-set.ts';

/** What our code makes of the inputs of a test, by the names of the test's members. */
export type Stated = Readonly<Record<string, unknown>>;

export const octetsOf = (value: unknown) => Uint8Array.from(Buffer.from(String(value), 'hex'));
export const keyOf = (value: unknown) => new SecretKey(octetsOf(value));
export const exposed = (key: SecretKey) => Buffer.from(key.exposeOctets()).toString('hex');
export const hexOf = (value: Uint8Array) => Buffer.from(value).toString('hex');

export function readPrf(test: VectorTest): Stated {
  return { out: hexOf(prf(octetsOf(test.inkey), octetsOf(test.label), Number(test.length))) };
}

export function readMessageKeys(test: VectorTest): Stated {
  const keys = messageKeysOf(keyOf(test.psk), Number(test.csbId), octetsOf(test.rand));
  return { encrKey: exposed(keys.encr), authKey: exposed(keys.auth), saltKey: exposed(keys.salt) };
}

function mbmsKeys(keys: NafKeys): Stated {
  const { muk, mrk } = mukAndMrkOf(keys);
  return { muk: exposed(muk), mrk: exposed(mrk), digestPassword: digestPasswordOf(mrk) };
}

function gbaInput(test: VectorTest) {
  const rand = octetsOf(test.rand);
  const naf = nafId(String(test.nafFqdn));
  const input = { ks: keyOf(`${test.ck}${test.ik}`), rand, impi: parseImpi(String(test.impi)), nafId: naf };
  return { input, ids: { bTid: btidOf({ rand, bsfName: String(test.bsfName) }), nafId: hexOf(naf) } };
}

export function readGbaMe(test: VectorTest): Stated {
  const { input, ids } = gbaInput(test);
  const ksNaf = ksNafOf(input);
  return { ...ids, ksNaf: exposed(ksNaf), ...mbmsKeys({ type: 'GBA_ME', ksNaf }) };
}

export function readGbaU(test: VectorTest): Stated {
  const { input, ids } = gbaInput(test);
  const keys = { type: 'GBA_U', ksExtNaf: ksNafOf(input), ksIntNaf: ksIntNafOf(input) } as const;
  const derived = mukAndMrkOf(keys, { mrkRule: 'derived' });
  return {
    ...ids,
    ...{ ksExtNaf: exposed(keys.ksExtNaf), ksIntNaf: exposed(keys.ksIntNaf) },
    ...mbmsKeys(keys),
    mrkOfRuleDerived: exposed(derived.mrk),
  };
}

export function readAkma(test: VectorTest): Stated {
  const [kAusf, supi] = [keyOf(test.kAusf), String(test.supi)];
  const [routingIndicator, homeNetwork] = [String(test.routingIndicator), String(test.homeNetwork)];
  const kAkma = kAkmaOf({ kAusf, supi });
  const afId = nafId(String(test.nafFqdn));
  const kAf = kAfOf(kAkma, afId);
  const aKid = akidOf({ kAusf, supi, routingIndicator, homeNetwork });
  return {
    kAkma: exposed(kAkma),
    aKid,
    afId: hexOf(afId),
    kAf: exposed(kAf),
    ...mbmsKeys({ type: 'AKMA', kAf }),
  };
}

export function readMilenage(test: VectorTest): Stated {
  const k = keyOf(test.k);
  const opc = opcOf(k, keyOf(test.op));
  const milenage = new Milenage({ k, opc });
  const rand = octetsOf(test.rand);
  const input = { rand, sqn: Number.parseInt(String(test.sqn), 16), amf: octetsOf(test.amf) };
  return {
    ...{ opc: exposed(opc), f1: hexOf(milenage.f1(input)), f1Star: hexOf(milenage.f1Star(input)) },
    ...{ f2: exposed(milenage.f2(rand)), f3: exposed(milenage.f3(rand)), f4: exposed(milenage.f4(rand)) },
    ...{ f5: hexOf(milenage.f5(rand)), f5Star: hexOf(milenage.f5Star(rand)) },
  };
}

export function readAka(test: VectorTest): Stated | undefined {
  const sim = { k: keyOf(test.k), opc: keyOf(test.opc) };
  const rand = octetsOf(test.rand);
  const read = readChallenge(sim, rand, octetsOf(test.autn));
  if (read === undefined) return undefined;
  const { sqn, amf, res, ks } = read;
  const { autn } = authenticationVectorOf(sim, { rand, sqn, amf });
  return {
    ...{ sqn: sqn.toString(16).padStart(12, '0'), amf: hexOf(amf), res: exposed(res), ks: exposed(ks) },
    ...{ autn: hexOf(autn), auts: hexOf(autsOf(sim, rand, sqn)) },
  };
}
