import { createHmac } from 'node:crypto';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { messageKeysOf } from '../../lib/mikey/crypto/key-derivation.ts';
import { prf } from '../../lib/mikey/crypto/prf.ts';
import type { Test, TestGroup, VectorFile } from './data-set.ts';
import { ascii, concat, hex, octets, uint } from './octets.ts';
import { CSB_ID, MSK, MUK, RAND } from './test-keys.ts';

const PRF_SOURCE = ['RFC 3830 §4.1.2'];

function prfTest(inkey: Uint8Array, label: Uint8Array, length: number, comment: string): Test {
  const out = hex(prf(inkey, label, length));
  return {
    comment,
    result: 'valid',
    flags: ['Canonical'],
    inkey: hex(inkey),
    label: hex(label),
    length,
    out,
  };
}

/** What comes out when a key of whole blocks gets one more block, which is empty. */
function emptyBlock(): Test {
  const label = ascii('label');
  const a = createHmac('sha1', '').update(label).digest();
  const run = createHmac('sha1', '').update(a).update(label).digest();
  const out = prf(MUK, label, 20).map((octet, index) => octet ^ (run[index] ?? 0));
  return {
    comment: 'an empty block behind a key of one whole block',
    ...{ result: 'invalid', flags: ['WrongOutput'] as const },
    ...{ inkey: hex(MUK), label: hex(label), length: 20, out: hex(out) },
  };
}

function prfGroup(): TestGroup {
  const label = ascii('label');
  const keys: [Uint8Array, string][] = [
    [MUK, 'a key of one whole block'],
    [MSK, 'a key of half a block'],
    [concat(MUK, MSK), 'a key of one and a half blocks'],
    [concat(MUK, MUK), 'two equal blocks, whose outputs cancel out'],
    [uint(1, 0x5a), 'a key of one octet'],
    [concat(MUK, MSK, MUK), 'a key of two and a half blocks'],
  ];
  const lengths = [1, 14, 16, 20, 21, 40, 41, 61];
  const tests = keys.flatMap(([key, what]) =>
    lengths.map((length) => prfTest(key, label, length, `${what}, ${length} octets out`)),
  );
  const labels = [
    prfTest(MUK, new Uint8Array(0), 20, 'no label'),
    prfTest(MUK, concat(...Array.from({ length: 8 }, () => MUK)), 20, 'a label of 256 octets'),
  ];
  const half = prfTest(concat(MUK, MSK), label, 20, 'the first block of the key alone');
  const wrong = {
    ...half,
    result: 'invalid',
    flags: ['WrongOutput'],
    out: hex(prf(MUK, label, 20)),
  } as const;
  return { type: 'MikeyPrf', source: PRF_SOURCE, tests: [...tests, ...labels, emptyBlock(), wrong] };
}

/** The label of a key with its parts as they are given. */
const labelOf = (constant: string, csId: string, csbId: number, rand: Uint8Array) =>
  concat(octets(constant), octets(csId), uint(4, csbId), rand);

function messageKeysTest(psk: Uint8Array, csbId: number, rand: Uint8Array, comment: string): Test {
  const { encr, auth, salt } = messageKeysOf(new SecretKey(psk), csbId, rand);
  const labels = { encrLabel: '150533e1', authLabel: '2d22ac75', saltLabel: '29b88916' };
  const of = (constant: string) => hex(labelOf(constant, 'ff', csbId, rand));
  return {
    comment,
    ...{ result: 'valid', flags: ['Canonical'] as const, psk: hex(psk), csbId, rand: hex(rand) },
    ...{ encrLabel: of(labels.encrLabel), authLabel: of(labels.authLabel), saltLabel: of(labels.saltLabel) },
    encrKey: hex(encr.exposeOctets()),
    authKey: hex(auth.exposeOctets()),
    saltKey: hex(salt.exposeOctets()),
  };
}

function messageKeysGroup(): TestGroup {
  const good = messageKeysTest(MUK, CSB_ID, RAND, 'under a MUK');
  const wrong = (comment: string, edit: (constant: string) => Uint8Array): Test => {
    const key = (constant: string, length: number) => hex(prf(MUK, edit(constant), length));
    const keys = { encrKey: key('150533e1', 16), authKey: key('2d22ac75', 20), saltKey: key('29b88916', 14) };
    const { encrLabel: _e, authLabel: _a, saltLabel: _s, ...members } = good;
    return { ...members, comment, result: 'invalid', flags: ['WrongOutput'], ...keys };
  };
  const tests = [
    good,
    messageKeysTest(MSK, CSB_ID, RAND, 'under an MSK'),
    messageKeysTest(MUK, 0, RAND, 'CSB ID 0'),
    messageKeysTest(MUK, 0xffff_ffff, RAND, 'CSB ID ffffffff'),
    messageKeysTest(MUK, CSB_ID, RAND.subarray(0, 8), 'RAND of 8 octets'),
    messageKeysTest(MUK, CSB_ID, concat(RAND, RAND), 'RAND of 32 octets'),
    wrong('CS ID 00 in the label, as for a TEK', (constant) => labelOf(constant, '00', CSB_ID, RAND)),
    wrong('no CS ID in the label', (constant) => labelOf(constant, '', CSB_ID, RAND)),
    wrong('no RAND in the label', (constant) => labelOf(constant, 'ff', CSB_ID, new Uint8Array(0))),
    wrong('RAND with its length in the label', (constant) =>
      labelOf(constant, 'ff', CSB_ID, concat(uint(1, 16), RAND)),
    ),
  ];
  return { type: 'MikeyMessageKeys', source: ['RFC 3830 §4.1.4'], tests };
}

/** PRF of MIKEY-1, and the keys of a message. */
export function keyDerivationFile(): VectorFile {
  return { title: 'PRF and key derivation of MIKEY', testGroups: [prfGroup(), messageKeysGroup()] };
}
