import { DETAIL_TYPES, EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';
import { type DetailType, SCHEMA_VERSION } from '../../lib/events/contracts.ts';
import { slugOf } from './event-schema.ts';

/** The AsyncAPI 3.0 document of the bus: the BM-SC receives commands, and sends facts. */
export function asyncApiDocument(): Readonly<Record<string, unknown>> {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'BM-SC key management',
      version: SCHEMA_VERSION,
      description:
        'Events of a BM-SC key management function (3GPP TS 33.246) on an EventBridge bus. No event has a key.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: {
      bus: {
        address: '{eventBusName}',
        description: 'The EventBridge bus of a deployment.',
        parameters: { eventBusName: { description: 'The stack output EventBusName.' } },
        messages: Object.fromEntries(
          DETAIL_TYPES.map((name) => [slugOf(name), { $ref: `#/components/messages/${slugOf(name)}` }]),
        ),
      },
    },
    operations: {
      carryOut: operation('receive', 'command', 'Commands that the BM-SC carries out or refuses.'),
      report: operation('send', 'fact', 'Facts that the BM-SC reports.'),
    },
    components: { messages: Object.fromEntries(DETAIL_TYPES.map((name) => [slugOf(name), message(name)])) },
  };
}

function operation(action: 'receive' | 'send', kind: 'command' | 'fact', summary: string) {
  const messages = DETAIL_TYPES.filter((name) => EVENT_CATALOGUE[name].kind === kind).map((name) => ({
    $ref: `#/channels/bus/messages/${slugOf(name)}`,
  }));
  return { action, channel: { $ref: '#/channels/bus' }, summary, messages };
}

function message(name: DetailType) {
  const { meaning } = EVENT_CATALOGUE[name];
  return { name, title: name, summary: meaning, payload: { $ref: `./${slugOf(name)}.schema.json` } };
}
