import { createHmac } from 'node:crypto';
import {
  akidOf,
  btidOf,
  digestPasswordOf,
  kAfOf,
  kAkmaOf,
  ksIntNafOf,
  ksNafOf,
  mukAndMrkOf,
  type NafKeys,
  nafId,
  parseImpi,
} from '../../lib/gba/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import type { Test, TestGroup, VectorFile } from './data-set.ts';
import { ascii, concat, flipped, hex, octets, uint } from './octets.ts';
import { AKA_RAND, BSF_NAME, CK, IK, IMPI, NAF_FQDN } from './test-keys.ts';

interface Run {
  readonly ck: string;
  readonly ik: string;
  readonly rand: string;
  readonly impi: string;
  readonly nafFqdn: string;
  readonly bsfName: string;
}

const RUN: Run = { ck: CK, ik: IK, rand: AKA_RAND, impi: IMPI, nafFqdn: NAF_FQDN, bsfName: BSF_NAME };

const exposed = (key: SecretKey) => hex(key.exposeOctets());

/** S of the KDF: FC, then each parameter and its length in 2 octets (TS 33.220 annex B.2). */
function s(fc: number, ...parameters: readonly Uint8Array[]): string {
  return hex(concat(uint(1, fc), ...parameters.flatMap((each) => [each, uint(2, each.length)])));
}

function inputOf({ ck, ik, rand, impi, nafFqdn }: Run) {
  const ks = new SecretKey(octets(ck + ik));
  return { ks, rand: octets(rand), impi: parseImpi(impi), nafId: nafId(nafFqdn) };
}

function derivedFrom(keys: NafKeys) {
  const { muk, mrk } = mukAndMrkOf(keys);
  return { muk: exposed(muk), mrk: exposed(mrk), digestPassword: digestPasswordOf(mrk) };
}

function common(run: Run) {
  const input = inputOf(run);
  const ids = {
    ks: run.ck + run.ik,
    bTid: btidOf({ rand: input.rand, bsfName: run.bsfName }),
    nafId: hex(input.nafId),
  };
  const sOf = (label: string) => s(1, ascii(label), input.rand, ascii(run.impi), input.nafId);
  return { input, ids, sOf };
}

function meTest(comment: string, edit: Partial<Run> = {}): Test {
  const run = { ...RUN, ...edit };
  const { input, ids, sOf } = common(run);
  const ksNaf = ksNafOf(input);
  return {
    comment,
    ...{ result: 'valid', flags: ['Canonical', 'Unverified'] as const, ...run, ...ids },
    ...{ sOfKsNaf: sOf('gba-me'), ksNaf: exposed(ksNaf), sOfMrk: s(1, ascii('mbms-mrk')) },
    ...derivedFrom({ type: 'GBA_ME', ksNaf }),
  };
}

function uTest(comment: string, edit: Partial<Run> = {}): Test {
  const run = { ...RUN, ...edit };
  const { input, ids, sOf } = common(run);
  const [ksExtNaf, ksIntNaf] = [ksNafOf(input), ksIntNafOf(input)];
  const derived = mukAndMrkOf({ type: 'GBA_U', ksExtNaf, ksIntNaf }, { mrkRule: 'derived' });
  return {
    comment,
    ...{ result: 'valid', flags: ['Canonical', 'Unverified'] as const, ...run, ...ids },
    ...{
      sOfKsExtNaf: sOf('gba-me'),
      ksExtNaf: exposed(ksExtNaf),
      sOfKsIntNaf: sOf('gba-u'),
      ksIntNaf: exposed(ksIntNaf),
    },
    ...derivedFrom({ type: 'GBA_U', ksExtNaf, ksIntNaf }),
    mrkOfRuleDerived: exposed(derived.mrk),
  };
}

function akmaTest(comment: string, supi: string, nafFqdn: string): Test {
  const kAusf = CK + IK;
  const key = new SecretKey(octets(kAusf));
  const afId = nafId(nafFqdn);
  const kAkma = kAkmaOf({ kAusf: key, supi });
  const kAf = kAfOf(kAkma, afId);
  const home = { routingIndicator: '0001', homeNetwork: '5gc.mnc001.mcc001.3gppnetwork.org' };
  return {
    comment,
    ...{ result: 'valid', flags: ['Canonical', 'Unverified'] as const, kAusf, supi, nafFqdn, ...home },
    ...{ sOfKAkma: s(0x80, ascii('AKMA'), ascii(supi)), kAkma: exposed(kAkma) },
    ...{ sOfATid: s(0x81, ascii('A-TID'), ascii(supi)), aKid: akidOf({ kAusf: key, supi, ...home }) },
    ...{ afId: hex(afId), sOfKAf: s(0x82, afId), kAf: exposed(kAf) },
    ...derivedFrom({ type: 'AKMA', kAf }),
  };
}

/** Outputs of a mistake in place of those of the standard. */
function wrong(test: Test, comment: string, by: Readonly<Record<string, string>>): Test {
  return { ...test, comment, result: 'invalid', flags: ['WrongOutput'], ...by };
}

const hmac = (key: string, text: string) =>
  createHmac('sha256', octets(key)).update(octets(text)).digest('hex');

function meGroup(): TestGroup {
  const good = meTest('GBA_ME');
  const ks = CK + IK;
  const other = (text: string) => ({ ksNaf: hmac(ks, text), muk: hmac(ks, text) });
  const parts = [ascii('gba-me'), octets(AKA_RAND), ascii(IMPI)] as const;
  const tests = [
    good,
    meTest('another RAND', { rand: 'ff'.repeat(16) }),
    meTest('another NAF', { nafFqdn: 'bmsc.operator.com' }),
    meTest('a FQDN in capitals: its octets count', { nafFqdn: 'BMSC.HOME1.NET' }),
    meTest('a long IMPI', { impi: `${'u'.repeat(200)}@ims.mnc001.mcc001.3gppnetwork.org` }),
    wrong(good, 'NAF_Id without the Ua security protocol identifier', other(s(1, ...parts, ascii(NAF_FQDN)))),
    wrong(
      good,
      'Ua security protocol identifier 0100000000',
      other(s(1, ...parts, concat(ascii(NAF_FQDN), octets('0100000000')))),
    ),
    wrong(good, 'label gba-u', other(s(1, ascii('gba-u'), ...parts.slice(1), nafId(NAF_FQDN)))),
    wrong(good, 'FC 0', other(s(0, ...parts, nafId(NAF_FQDN)))),
    wrong(good, 'MRK is Ks_NAF itself', { mrk: String(good.ksNaf) }),
    wrong(good, 'MRK without the length of its label', {
      mrk: hmac(String(good.ksNaf), `01${hex(ascii('mbms-mrk'))}`),
    }),
    wrong(good, 'Digest password in hexadecimal', { digestPassword: String(good.mrk) }),
  ];
  return { type: 'GbaMeKeys', source: ['TS 33.220 annex B.2, B.3', 'TS 33.246 §6.1, annex F'], tests };
}

function uGroup(): TestGroup {
  const good = uTest('GBA_U');
  const tests = [
    good,
    uTest('another NAF', { nafFqdn: 'bmsc.operator.com' }),
    wrong(good, 'MUK is Ks_ext_NAF', { muk: String(good.ksExtNaf) }),
    wrong(good, 'MRK is Ks_int_NAF', { mrk: String(good.ksIntNaf) }),
    {
      ...good,
      comment: 'MRK derived from Ks_ext_NAF as with GBA_ME',
      result: 'acceptable',
      flags: ['Unverified'],
      mrk: String(good.mrkOfRuleDerived),
      digestPassword: Buffer.from(String(good.mrkOfRuleDerived), 'hex').toString('base64'),
    } as Test,
  ];
  return { type: 'GbaUKeys', source: ['TS 33.220 annex B.2, B.3, G.2', 'TS 33.246 §6.1'], tests };
}

function akmaGroup(): TestGroup {
  const good = akmaTest('AKMA', '001010123456789', NAF_FQDN);
  const flip = (value: unknown) => hex(flipped(octets(String(value)), 0));
  const tests = [
    good,
    akmaTest('a NAI as SUPI', 'user@home1.net', NAF_FQDN),
    akmaTest('another AF', '001010123456789', 'bmsc.operator.com'),
    wrong(good, 'K_AF with a bit flipped', { kAf: flip(good.kAf) }),
    wrong(good, 'MUK is K_AKMA', { muk: String(good.kAkma) }),
  ];
  return { type: 'AkmaKeys', source: ['TS 33.535 annex A.2 to A.4', 'TS 33.501 annex W.4.1.3'], tests };
}

/** MUK and MRK of the three kinds of bootstrapping. */
export function gbaKeysFile(): VectorFile {
  return { title: 'MUK and MRK of GBA_ME, GBA_U and AKMA', testGroups: [meGroup(), uGroup(), akmaGroup()] };
}
