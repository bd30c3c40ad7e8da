import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { btidOf } from '../../../lib/gba/btid.ts';
import { SecretKey } from '../../../lib/keys/secret-key.ts';
import { UeError } from '../../../lib/ue/errors.ts';
import type { UeSecurityAssociation } from '../../../lib/ue/security-association.ts';
import { startUe, type Ue, type UeEvent } from '../../../lib/ue/ue.ts';
import { TestBmsc } from './test-bmsc.ts';

const NAF = 'bmsc.home1.net';
const SERVICE = 'urn:example:news';

let bmsc: TestBmsc;
let ue: Ue | undefined;
let events: UeEvent[];
/** The associations that the BM-SC knows. */
let known: Map<string, SecretKey>;

beforeEach(async () => {
  known = new Map();
  events = [];
  bmsc = await TestBmsc.start(NAF, async (btid) => known.get(btid));
});
afterEach(async () => {
  await ue?.close();
  await bmsc.close();
});

function association(isKnown: boolean): UeSecurityAssociation {
  const btid = btidOf({ rand: randomBytes(16), bsfName: 'bsf.home1.net' });
  const mrk = new SecretKey(randomBytes(32));
  if (isKnown) known.set(btid, mrk);
  return { btid, nafFqdn: NAF, muk: new SecretKey(randomBytes(32)), mrk };
}

async function start(first: UeSecurityAssociation, bootstrap?: () => Promise<UeSecurityAssociation>) {
  ue = await startUe({
    association: first,
    keyManagementUrl: bmsc.url,
    listen: { address: '127.0.0.1', port: 0 },
    randomOctets: (length) => randomBytes(length),
    onEvent: (event) => events.push(event),
    ...(bootstrap === undefined ? {} : { bootstrap }),
  });
  return ue;
}
const notAuthenticated = expect.objectContaining({ name: 'UeError', code: 'not-authenticated' });

// @clause TS 24.109 §5.2.4 s1
// @clause TS 24.109 §5.2.5 s2
test('a UE bootstraps again when the BM-SC does not accept its association, and repeats the request', async () => {
  const [old, anew] = [association(false), association(true)];
  const started = await start(old, async () => anew);
  expect(await started.register([SERVICE])).toEqual([{ serviceId: SERVICE, responseCode: 200 }]);
  expect(bmsc.requests).toEqual([
    { btid: old.btid, isAccepted: false },
    { btid: anew.btid, isAccepted: true },
  ]);
  expect(events).toEqual([{ kind: 'bootstrapped-again', association: anew }]);
});

test('it does so once for a failure', async () => {
  let runs = 0;
  const started = await start(association(false), async () => {
    runs += 1;
    return association(false);
  });
  await expect(started.register([SERVICE])).rejects.toThrow(notAuthenticated);
  expect(runs).toBe(1);
});

test('it does so once for requests that fail together', async () => {
  let runs = 0;
  const anew = association(true);
  const started = await start(association(false), async () => {
    runs += 1;
    // Until both requests have failed.
    while (bmsc.requests.length < 2) await delay(5);
    await delay(50);
    return anew;
  });
  await Promise.all([started.register([SERVICE]), started.deregister([SERVICE])]);
  expect(runs).toBe(1);
});

test('it does so again after the next failure', async () => {
  const started = await start(association(true), async () => association(true));
  for (let round = 0; round < 3; round++) {
    known.clear();
    await started.register([SERVICE]);
  }
  expect(events.map(({ kind }) => kind)).toEqual([
    'bootstrapped-again',
    'bootstrapped-again',
    'bootstrapped-again',
  ]);
});

test('a bootstrapping that fails fails the request, and the next request tries again', async () => {
  let runs = 0;
  const anew = association(true);
  const started = await start(association(false), async () => {
    runs += 1;
    if (runs === 1) throw new UeError('no-answer', 'the BSF did not answer');
    return anew;
  });
  await expect(started.register([SERVICE])).rejects.toThrow(expect.objectContaining({ code: 'no-answer' }));
  expect(await started.register([SERVICE])).toHaveLength(1);
});

test('a UE without a SIM reports the failure', async () => {
  const started = await start(association(false));
  await expect(started.register([SERVICE])).rejects.toThrow(notAuthenticated);
});
