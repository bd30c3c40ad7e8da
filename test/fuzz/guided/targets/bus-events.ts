import { correlationIdOfWork, parseWork } from '../../../../lib/distribution/push/work.ts';
import { CommandSources } from '../../../../lib/events/command-sources.ts';
import type { EventInput } from '../../../../lib/events/contracts.ts';
import { newEvent } from '../../../../lib/events/envelope.ts';
import { EventError } from '../../../../lib/events/errors.ts';
import { type FuzzTarget, octetsOf, textOf } from '../fuzz-target.ts';

const PUSH: EventInput<'Push MSK'> = {
  keyDomainId: '00f110',
  mskId: '00010001',
  target: { ues: ['001010000000001@ims.mnc001.mcc001.3gppnetwork.org'] },
  pacing: { perSecond: 10 },
};
const PULL: EventInput<'Solicit MSK Pull'> = {
  keyDomainId: '00f110',
  keyGroup: '0001',
  target: { allHolders: true },
};
const about = { eventId: 'e', now: 1_700_000_000_000 };
const EVENTS = [newEvent('Push MSK', PUSH, about), newEvent('Solicit MSK Pull', PULL, about)];

/** One commands a single Key Domain, which the events name in part. */
const CONFINED = 'bss.visited';
const SOURCES = new CommandSources(['bmsc.keymanagement', `${CONFINED}@00f110`]);
const OTHER_DOMAIN = newEvent('Push MSK', { ...PUSH, keyDomainId: '21f354' }, about);

const onTheBus = (source: string, { detailType, metadata, data }: (typeof EVENTS)[number]) => ({
  source,
  'detail-type': detailType,
  detail: { metadata, data },
});

/** Messages of the sender's queue: events of the bus, and pages of a push. */
export const target: FuzzTarget = {
  files: ['lib/events/contracts.ts', 'lib/events/envelope.ts', 'lib/distribution/push/work.ts'],
  seeds: [
    ...EVENTS.map((event) => onTheBus('bmsc.keymanagement', event)),
    ...[...EVENTS, OTHER_DOMAIN].map((event) => onTheBus(CONFINED, event)),
    { unit: { pushId: 'p', chain: 0, page: 3, after: 'x' } },
  ].map((event) => octetsOf(JSON.stringify(event))),
  tokens: [
    ...[
      '"',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      'null',
      'true',
      '1e999',
      '-1',
      '0.5',
      '""',
      '"__proto__":',
      '"constructor":',
    ],
    ...[
      '"Push MSK"',
      '"Solicit MSK Pull"',
      '"Rotate MSK"',
      '"Revoke MSK"',
      '"Activate MSK"',
      '"MSK Request Granted"',
    ],
    ...[
      '"UE Registered"',
      '"UE Deregistered"',
      '"MSK Delivered"',
      '"replay-name":"r"',
      '"serviceId":"s"',
      '"unit":',
    ],
    ...[
      '"undeliveredOf":"p"',
      '"spreadSeconds":',
      '"perPrefixPerSecond":',
      '"verification":false',
      '"schemaVersion":"2.0"',
    ],
  ],
  run: (input) => {
    const text = textOf(input);
    // What the log says of a message that is then refused.
    correlationIdOfWork(text);
    parseWork(text, SOURCES);
  },
  isExpected: (error) => error instanceof EventError,
};
