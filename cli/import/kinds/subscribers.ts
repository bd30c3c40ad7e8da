import * as v from 'valibot';
import { type Impi, parseImpi } from '../../../lib/gba/impi.ts';
import { parseServiceId } from '../../../lib/store/registration/service-id.ts';
import { putSubscriptions } from '../../../lib/store/registration/subscriber.ts';
import { listOf, textAs } from '../fields.ts';
import type { ImportKind, ImportTarget, ImportWriter } from '../import-kind.ts';
import { KnownServices } from './known-services.ts';
import { parseFields } from './parse-fields.ts';

/** A subscriber, and User Services that it is allowed. */
interface SubscriberEntry {
  readonly impi: Impi;
  readonly services: readonly string[];
}

const Subscriber = v.object({
  impi: textAs(parseImpi),
  services: v.optional(listOf(parseServiceId), []),
});

const Subscription = v.object({ impi: textAs(parseImpi), serviceId: textAs(parseServiceId) });

/** Subscribers, each with all its subscriptions in one row. */
export const SUBSCRIBERS: ImportKind<SubscriberEntry> = {
  name: 'subscribers',
  columns: { required: ['impi'], optional: ['services'] },
  secretColumns: [],
  parse: (fields) => parseFields(Subscriber, fields),
  keyOf: ({ impi }) => impi,
  atOnce: 100,
  begin: writerOf,
};

/** Subscriptions, one in each row. */
export const SUBSCRIPTIONS: ImportKind<SubscriberEntry> = {
  name: 'subscriptions',
  columns: { required: ['impi', 'serviceId'], optional: [] },
  secretColumns: [],
  parse: (fields) => {
    const { impi, serviceId } = parseFields(Subscription, fields);
    return { impi, services: [serviceId] };
  },
  keyOf: ({ impi }) => impi,
  atOnce: 100,
  begin: writerOf,
};

/** An import takes no subscription away: what a file does not name stays. */
function writerOf({ store }: ImportTarget): ImportWriter<SubscriberEntry> {
  const known = new KnownServices(store);
  return {
    check: ({ services }) => known.check(services),
    write: async (entries) => {
      const [{ impi }] = entries;
      const services = new Set(entries.flatMap((entry) => entry.services));
      await putSubscriptions(store, impi, [...services]);
    },
  };
}
