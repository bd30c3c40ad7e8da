import { SENDER_VARIABLE } from '../../../functions/environment-variables.ts';
import {
  encodeDeregisterRequest,
  encodeRegisterRequest,
} from '../../../lib/key-management/payload/register.ts';
import { loadAssociation } from '../../../lib/store/association/association.ts';
import { putAssociation } from '../../../lib/store/association/put-association.ts';
import { putSubscription } from '../../../lib/store/registration/subscriber.ts';
import { putUserService } from '../../../lib/store/registration/user-service.ts';
import { atLeast, type Check } from '../audit.ts';
import type { Harness } from '../harness.ts';
import { bootstrappedKeysOf } from '../identities.ts';
import {
  authenticatedRequest,
  type CapturedRequest,
  type KeyRequestPayload,
  keyRequestContext,
  sendCaptured,
} from '../key-request-client.ts';
import type { Scenario } from '../scenario.ts';

/** A service of its own, so that no push of another scenario goes to its UEs. */
const SERVICE = 'urn:example:replayed';
const HOME = '192.0.2.7';
const ELSEWHERE = '203.0.113.66';
const MAX_UES = 100;

const REGISTER: KeyRequestPayload = { requestType: 'register', body: encodeRegisterRequest([SERVICE]) };
const DEREGISTER: KeyRequestPayload = { requestType: 'deregister', body: encodeDeregisterRequest([SERVICE]) };

/** What happened to the requests of all UEs. */
interface Counts {
  granted: number;
  refused: number;
  replays: number;
  replaysChallenged: number;
  moved: number;
  wronglyRegistered: number;
}

/**
 * An attacker on the way sends each authenticated request again from its own address, at every later
 * moment.
 */
export const replayedRequests: Scenario = {
  name: 'replayed-requests',
  about: 'authenticated requests sent again from elsewhere, before and after grants and deregistrations',
  run: async (harness) => {
    const ues = Math.min(MAX_UES, harness.ues.count);
    await putUserService(harness.cloud.store, { serviceId: SERVICE, keyGroups: [] });
    const counts = {
      granted: 0,
      refused: 0,
      replays: 0,
      replaysChallenged: 0,
      moved: 0,
      wronglyRegistered: 0,
    };
    for (let each = 0; each < ues; each++) await replayAll(harness, harness.ues.count + each, counts);
    const none = (what: string, found: number): Check => ({ what, ok: found === 0, found: `${found}` });
    return {
      checks: [
        atLeast(3 * ues, 'own requests granted', counts.granted),
        atLeast(2 * ues, 'own requests refused', counts.refused),
        atLeast(15 * ues, 'requests replayed', counts.replays),
        none('replays that were not challenged', counts.replays - counts.replaysChallenged),
        none('UEs whose address a replay moved', counts.moved),
        none('UEs whose registration a replay changed', counts.wronglyRegistered),
      ],
      figures: { ues, ...counts },
    };
  },
};

/**
 * One UE: refused, subscribed, registered, deregistered, registered; everything captured is replayed after
 * each.
 */
async function replayAll({ cloud, options }: Harness, index: number, counts: Counts): Promise<void> {
  const { store } = cloud;
  const context = keyRequestContext(store, cloud.environment[SENDER_VARIABLE.nafFqdn] ?? '');
  const keys = bootstrappedKeysOf(options.seed, index, 0, Date.now() - 1000);
  await putAssociation(store, keys);
  const captured: CapturedRequest[] = [];

  const replay = async () => {
    const before = await loadAssociation(store, keys.btid);
    for (const request of captured) {
      const { outcome } = await sendCaptured(context, request, ELSEWHERE);
      counts.replays += 1;
      if (outcome.result === 'challenged') counts.replaysChallenged += 1;
    }
    const after = await loadAssociation(store, keys.btid);
    if (after?.ueAddress?.address !== before?.ueAddress?.address) counts.moved += 1;
    if ([...(after?.registered ?? [])].join() !== [...(before?.registered ?? [])].join())
      counts.wronglyRegistered += 1;
  };
  const request = async (payload: KeyRequestPayload) => {
    const sent = await authenticatedRequest(context, keys, payload);
    const { outcome } = await sendCaptured(context, sent, HOME);
    if (outcome.result === 'granted') counts.granted += 1;
    if (outcome.result === 'refused') counts.refused += 1;
    captured.push(sent);
    await replay();
  };

  await request(REGISTER);
  await request(DEREGISTER);
  await putSubscription(store, keys.impi, SERVICE);
  await replay();
  await request(REGISTER);
  await request(DEREGISTER);
  await request(REGISTER);
}
