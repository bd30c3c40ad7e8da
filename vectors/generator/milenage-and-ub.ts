import { authenticationVectorOf, autsOf, btidOf, Milenage, opcOf } from '../../lib/gba/index.ts';
import {
  authorizeAka,
  formatAkaAuthorization,
  formatAkaChallenge,
  formatAuthenticationInfo,
  parseAkaChallenge,
} from '../../lib/http-digest/index.ts';
import { SecretKey } from '../../lib/keys/secret-key.ts';
import { encodeBootstrappingInfo } from '../../lib/ue/bootstrapping/bootstrapping-info.ts';
import published from '../../test/vectors/milenage.json' with { type: 'json' };
import type { Test, TestGroup, VectorFile } from './data-set.ts';
import { digestSteps } from './digest-steps.ts';
import { flipped, hex, octets } from './octets.ts';
import { BSF_NAME, IMPI } from './test-keys.ts';

type Set = (typeof published.conformance)[number];

const key = (digits: string) => new SecretKey(octets(digits));
const exposed = (each: SecretKey) => hex(each.exposeOctets());

function milenageTest({ set, k, op, rand, sqn, amf }: Set): Test {
  const opc = opcOf(key(k), key(op));
  const milenage = new Milenage({ k: key(k), opc });
  const input = { rand: octets(rand), sqn: Number.parseInt(sqn, 16), amf: octets(amf) };
  return {
    comment: `set ${set}`,
    ...{
      result: 'valid',
      flags: ['Canonical', 'Published'] as const,
      k,
      op,
      rand,
      sqn,
      amf,
      opc: exposed(opc),
    },
    ...{
      f1: hex(milenage.f1(input)),
      f1Star: hex(milenage.f1Star(input)),
      f2: exposed(milenage.f2(input.rand)),
    },
    ...{ f3: exposed(milenage.f3(input.rand)), f4: exposed(milenage.f4(input.rand)) },
    ...{ f5: hex(milenage.f5(input.rand)), f5Star: hex(milenage.f5Star(input.rand)) },
  };
}

function simOf({ k, op, rand, sqn, amf }: Set) {
  const sim = { k: key(k), opc: opcOf(key(k), key(op)) };
  return { sim, input: { rand: octets(rand), sqn: Number.parseInt(sqn, 16), amf: octets(amf) } };
}

function akaTests(set: Set): Test[] {
  const { sim, input } = simOf(set);
  const { autn, xres, ks } = authenticationVectorOf(sim, input);
  const auts = autsOf(sim, input.rand, input.sqn);
  const members = { k: set.k, opc: exposed(sim.opc), rand: set.rand };
  const milenage = new Milenage(sim);
  const { rand } = input;
  const intermediate = {
    ...{ ak: hex(milenage.f5(rand)), macA: hex(milenage.f1(input)) },
    ...{ ck: exposed(milenage.f3(rand)), ik: exposed(milenage.f4(rand)) },
    ...{
      akStar: hex(milenage.f5Star(rand)),
      macS: hex(milenage.f1Star({ ...input, amf: new Uint8Array(2) })),
    },
  };
  const outputs = { sqn: set.sqn, amf: set.amf, res: exposed(xres), ks: exposed(ks), auts: hex(auts) };
  const good: Test = {
    comment: `AUTN of set ${set.set}`,
    result: 'valid',
    flags: ['Canonical'],
    ...members,
    autn: hex(autn),
    ...outputs,
    intermediate,
  };
  const bad = (comment: string, flag: string, value: Uint8Array): Test => ({
    comment,
    result: 'invalid',
    flags: [flag],
    ...members,
    autn: hex(value),
  });
  return [
    good,
    bad('a bit of the concealed SQN flipped', 'WrongMac', flipped(autn, 0)),
    bad('a bit of AMF flipped', 'WrongMac', flipped(autn, 6)),
    bad('a bit of MAC-A flipped', 'WrongMac', flipped(autn, 15)),
    bad('AUTN of 15 octets', 'WrongLength', autn.subarray(0, 15)),
    bad('AUTN of 17 octets', 'WrongLength', Uint8Array.from([...autn, 0])),
  ];
}

/** Milenage with the inputs that 3GPP publishes, and AUTN and AUTS made of it. */
export function milenageFile(): VectorFile {
  const milenage: TestGroup = {
    type: 'Milenage',
    source: ['TS 35.206 §4.1', 'TS 35.207', 'TS 35.208 §4.3'],
    tests: published.conformance.map(milenageTest),
  };
  const aka: TestGroup = {
    type: 'AkaChallenge',
    source: ['TS 33.102 §6.3.2, §6.3.3'],
    tests: published.conformance.slice(0, 2).flatMap(akaTests),
  };
  return { title: 'Milenage, AUTN and AUTS', testGroups: [milenage, aka] };
}

const CNONCE = '000102030405060708090a0b0c0d0e0f';

/** A run of Ub between the SIM of the first published set and a BSF. */
function ubRun() {
  const [first] = published.conformance;
  if (first === undefined) throw new Error('no published set');
  const { sim, input } = simOf(first);
  const { autn, xres, ks } = authenticationVectorOf(sim, input);
  const aka = { rand: input.rand, autn, serverData: new Uint8Array(0) };
  const header = formatAkaChallenge({ realm: BSF_NAME, aka, qop: ['auth-int'], stale: false });
  const challenge = parseAkaChallenge(header);
  if (challenge === undefined) throw new Error('no challenge');
  const request = {
    username: IMPI,
    method: 'GET',
    uri: '/',
    entityBody: new Uint8Array(0),
    cnonce: CNONCE,
    nc: 1,
  };
  const authorization = authorizeAka({ challenge, answer: { kind: 'res', res: xres }, ...request });
  const bTid = btidOf({ rand: input.rand, bsfName: BSF_NAME });
  const lifetime = '2036-01-01T00:00:00.000Z';
  const body = encodeBootstrappingInfo({ btid: bTid, expiresAt: Date.parse(lifetime) });
  const info = formatAuthenticationInfo({ authorization, password: xres, entityBody: Buffer.from(body) });
  const auts = autsOf(sim, input.rand, input.sqn);
  const resync = authorizeAka({ challenge, answer: { kind: 'auts', auts }, ...request });
  return {
    members: { k: first.k, opc: exposed(sim.opc), sqn: first.sqn, impi: IMPI, method: 'GET', uri: '/' },
    wwwAuthenticate: header,
    authorization: formatAkaAuthorization(authorization),
    resynchronisation: formatAkaAuthorization(resync),
    authenticationInfo: info,
    body,
    intermediate: digestSteps({
      authorization,
      algorithm: 'MD5',
      password: xres.exposeOctets(),
      ...{ method: request.method, requestBody: request.entityBody, responseBody: Buffer.from(body) },
    }),
    session: { res: exposed(xres), ks: exposed(ks), bTid, lifetime },
  };
}

/** Runs of Ub: Digest AKA between UE and BSF, judged by the UE. */
export function ubFile(): VectorFile {
  const run = ubRun();
  const good: Test = {
    comment: 'a run of Ub',
    ...{ result: 'valid', flags: ['Canonical'] as const },
    ...{
      wwwAuthenticate: run.wwwAuthenticate,
      authorization: run.authorization,
      resynchronisation: run.resynchronisation,
    },
    ...{ authenticationInfo: run.authenticationInfo, body: run.body, session: run.session },
    intermediate: run.intermediate,
  };
  const bad = (comment: string, flag: string, by: Readonly<Record<string, string>>): Test => {
    const { session: _, resynchronisation: _r, intermediate: _steps, ...members } = good;
    return { ...members, comment, result: 'invalid', flags: [flag], ...by };
  };
  const nonce = /nonce="([^"]*)"/.exec(run.wwwAuthenticate)?.[1] ?? '';
  const other = Buffer.from(flipped(Buffer.from(nonce, 'base64'), 31)).toString('base64');
  const rspauth = /rspauth="(.)/.exec(run.authenticationInfo)?.[1] === '0' ? '1' : '0';
  const swap = (from: string | RegExp, to: string, what = run.wwwAuthenticate) => what.replace(from, to);
  const tests = [
    good,
    bad('MAC-A in the nonce is wrong', 'WrongMac', { wwwAuthenticate: swap(nonce, other) }),
    bad('a nonce of 31 octets', 'WrongLength', {
      wwwAuthenticate: swap(nonce, Buffer.from(nonce, 'base64').subarray(0, 31).toString('base64')),
    }),
    bad('a nonce that is no Base64', 'BadHeader', { wwwAuthenticate: swap(nonce, `*${nonce.slice(1)}`) }),
    bad('qop auth alone, which leaves the body unprotected', 'BadHeader', {
      wwwAuthenticate: swap('auth-int', 'auth'),
    }),
    bad('algorithm MD5', 'BadHeader', { wwwAuthenticate: swap('AKAv1-MD5', 'MD5') }),
    bad('rspauth is wrong', 'WrongResponse', {
      authenticationInfo: swap(/rspauth="./, `rspauth="${rspauth}`, run.authenticationInfo),
    }),
    bad('no rspauth', 'BadHeader', {
      authenticationInfo: swap(/rspauth="[^"]*", /, '', run.authenticationInfo),
    }),
    bad('rspauth for another nonce count', 'WrongResponse', {
      authenticationInfo: swap('nc=00000001', 'nc=00000002', run.authenticationInfo),
    }),
    bad('the lifetime in the body was changed', 'WrongResponse', { body: run.body.replace('2036', '2037') }),
    bad('the B-TID in the body was changed', 'WrongResponse', {
      body: run.body.replace('<btid>', '<btid>x'),
    }),
    {
      comment: 'Authentication-Info cut to every shorter length',
      result: 'invalid',
      flags: ['Truncated'],
      rule: {
        of: 1,
        member: 'authenticationInfo',
        truncateTo: { from: 0, to: run.authenticationInfo.length - 1 },
      },
    } as Test,
  ];
  const source = [
    'RFC 3310 §3',
    'RFC 7616 §3.4, §3.5',
    'TS 24.109 §4, annex A.3, annex C.1',
    'TS 33.220 §4.5.2',
  ];
  const group: TestGroup = { type: 'UbRun', source, ...run.members, cnonce: CNONCE, tests };
  return { title: 'Bootstrapping on Ub', testGroups: [group] };
}
