import * as v from 'valibot';
import { parseImpi } from '../../lib/gba/impi.ts';
import { Rotations } from '../../lib/inventory/rotations.ts';
import { loadSubscriberOverview } from '../../lib/inventory/subscriber.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { parseKeyGroup, parseMskId } from '../../lib/keys/msk-id.ts';
import type { KeyGroupRef } from '../../lib/store/key-group/key-group-item.ts';
import { findRequestOutcome } from '../../lib/store/ledger/request-outcome.ts';
import { UsageError } from '../errors.ts';
import type { DeployedBmsc } from '../stack.ts';
import { setBlocked, startPush, startRotation, stopPush } from './actions.ts';
import { NotFoundError } from './errors.ts';
import { DeadLetters } from './reads/dead-letters.ts';
import { HolderReadings, type MskRef } from './reads/holders.ts';
import { readKeyGroup, readKeyGroups, readServices } from './reads/key-groups.ts';
import { type ConsoleFacts, readOverview } from './reads/overview.ts';
import { PushSamples } from './reads/push-samples.ts';
import { readPush, readPushes } from './reads/pushes.ts';
import { RegistrationCounts } from './reads/registration-counts.ts';
import type { ApiRequest, Route } from './routes.ts';
import type { SubscriberView } from './views.ts';

const idsSchema = v.object({
  action: v.picklist(['redrive', 'discard']),
  ids: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(200)),
});

/** The console's API over one deployment. Reads are GET, changes are POST, which --read-only refuses. */
export function routesOf(bmsc: DeployedBmsc, facts: ConsoleFacts): readonly Route[] {
  const { store } = bmsc;
  const rotations = new Rotations(store, bmsc.schedules);
  const holders = new HolderReadings(store);
  const samples = new PushSamples();
  const counts = new RegistrationCounts(store);
  const deadLetters = new DeadLetters(bmsc);
  return [
    ['GET', '/api/overview', () => readOverview(bmsc, rotations, facts)],
    ['GET', '/api/pushes', ({ query }) => readPushes(store, whichOf(query), { after: afterOf(query) })],
    ['GET', '/api/pushes/:pushId', ({ params }) => readPush(store, params.pushId ?? '', samples)],
    ['GET', '/api/services', ({ query }) => readServices(store, counts, afterOf(query))],
    ['GET', '/api/key-groups', ({ query }) => readKeyGroups(store, rotations, afterOf(query))],
    [
      'GET',
      '/api/key-groups/:keyDomainId/:keyGroup',
      (request) => readKeyGroup(store, { rotations, counts }, groupOf(request)),
    ],
    ['GET', '/api/subscribers/:impi', ({ params }) => readSubscriber(bmsc, params.impi ?? '')],
    ['GET', '/api/rotations', () => rotations.read()],
    [
      'GET',
      '/api/requests/:eventId',
      async ({ params }) => ({
        outcome: await findRequestOutcome(store, params.eventId ?? ''),
      }),
    ],
    [
      'GET',
      '/api/holders/:keyDomainId/:mskId',
      (request) => holders.view(mskOf(request), holdersQuery(request)),
    ],
    ['GET', '/api/dead-letters', () => deadLetters.list()],
    ...changesOf(bmsc, holders, deadLetters),
  ];
}

/** What the page changes, each asked for before. */
function changesOf(bmsc: DeployedBmsc, holders: HolderReadings, deadLetters: DeadLetters): readonly Route[] {
  return [
    [
      'POST',
      '/api/holders/:keyDomainId/:mskId/push',
      (request) => startPush(bmsc, mskOf(request), request.body, holders),
    ],
    [
      'POST',
      '/api/key-groups/:keyDomainId/:keyGroup/rotate',
      (request) => startRotation(bmsc, groupOf(request), request.body),
    ],
    [
      'POST',
      '/api/subscribers/:impi/block',
      ({ params, body }) =>
        setBlocked(
          bmsc,
          asked(() => parseImpi(params.impi ?? '')),
          body,
        ),
    ],
    ['POST', '/api/pushes/:pushId/cancel', ({ params }) => stopPush(bmsc, params.pushId ?? '')],
    [
      'POST',
      '/api/dead-letters',
      async ({ body }) => {
        const chosen = v.safeParse(idsSchema, body);
        if (!chosen.success) throw new UsageError('choose 1 to 200 dead letters');
        return { done: await deadLetters.act(chosen.output.action, chosen.output.ids) };
      },
    ],
  ];
}

async function readSubscriber({ store }: DeployedBmsc, text: string): Promise<SubscriberView> {
  const impi = asked(() => parseImpi(text));
  const now = Date.now();
  const overview = await loadSubscriberOverview(store, impi, now);
  if (overview === undefined)
    throw new NotFoundError(`nothing is known of ${text}: no subscription, no association`);
  return { ...overview, now };
}

function mskOf({ params }: ApiRequest): MskRef {
  return asked(() => ({
    keyDomainId: parseKeyDomainId(params.keyDomainId ?? ''),
    mskId: parseMskId(params.mskId ?? ''),
  }));
}

function groupOf({ params }: ApiRequest): KeyGroupRef {
  return asked(() => ({
    keyDomainId: parseKeyDomainId(params.keyDomainId ?? ''),
    keyGroup: parseKeyGroup(params.keyGroup ?? ''),
  }));
}

function holdersQuery({ query }: ApiRequest) {
  const again = query.get('again');
  return {
    show: query.get('show') ?? 'missing',
    from: Math.max(0, Math.trunc(Number(query.get('from') ?? 0)) || 0),
    again: again === null ? undefined : Number(again),
  };
}

function whichOf(query: URLSearchParams): 'all' | 'under-way' {
  return query.get('which') === 'under-way' ? 'under-way' : 'all';
}

function afterOf(query: URLSearchParams): string | undefined {
  return query.get('after') ?? undefined;
}

/** What an address names, parsed. @throws UsageError */
function asked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
