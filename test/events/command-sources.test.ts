import { describe, expect, test } from 'vitest';
import { CommandSources, formatCommandSource, OWN_COMMAND_SOURCE } from '../../lib/events/command-sources.ts';
import { type DetailType, EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { parseEvent } from '../../lib/events/envelope.ts';
import { parseKeyDomainId } from '../../lib/keys/key-domain-id.ts';
import { exampleEvent } from '../../schemas/generator/examples.ts';

const OPERATORS = new CommandSources(['oss.operator.example', 'content-scheduler']);
const from = (source: string, detailType: DetailType) =>
  JSON.stringify({ ...exampleEvent(detailType), source });
const foreign = expect.objectContaining({ name: 'EventError', code: 'foreign-source' });

describe('with sources of the operator', () => {
  test.each(['oss.operator.example', 'content-scheduler', OWN_COMMAND_SOURCE])(
    'a command is taken from %s',
    (source) => {
      expect(parseEvent(from(source, 'Push MSK'), OPERATORS).detailType).toBe('Push MSK');
    },
  );

  test.each(['oss.operator.example', OWN_COMMAND_SOURCE, 'aws.ec2'])(
    'a fact is not taken from %s, which may not speak for the BM-SC',
    (source) => {
      expect(() => parseEvent(from(source, 'MSK Request Granted'), OPERATORS)).toThrow(foreign);
    },
  );

  test('the BM-SC reports facts and gives no commands under its own source', () => {
    expect(parseEvent(from(EVENT_SOURCE, 'MSK Request Granted'), OPERATORS).detailType).toBe(
      'MSK Request Granted',
    );
    expect(() => parseEvent(from(EVENT_SOURCE, 'Push MSK'), OPERATORS)).toThrow(foreign);
    expect(OPERATORS.own).toBe(OWN_COMMAND_SOURCE);
  });

  test('the refusal says where commands are taken from', () => {
    expect(() => parseEvent(from('bss', 'Rotate MSK'), OPERATORS)).toThrow(
      '"Rotate MSK" is taken from the source oss.operator.example, content-scheduler, ' +
        'bmsc.keymanagement.commands, not from "bss"',
    );
  });
});

describe('without', () => {
  test('commands have the source of the BM-SC, as ever, or that of its schedules', () => {
    for (const source of [EVENT_SOURCE, OWN_COMMAND_SOURCE])
      expect(parseEvent(from(source, 'Push MSK')).detailType).toBe('Push MSK');
    expect(() => parseEvent(from('content-scheduler', 'Push MSK'))).toThrow(foreign);
    expect(new CommandSources().own).toBe(EVENT_SOURCE);
  });
});

describe('a source of some Key Domains', () => {
  const confined = new CommandSources([
    'oss',
    formatCommandSource('oss.visited', [parseKeyDomainId('21f354'), parseKeyDomainId('00f110')]),
    formatCommandSource('oss.other', [parseKeyDomainId('21f354')]),
  ]);

  test.each(['Push MSK', 'Solicit MSK Pull', 'Rotate MSK', 'Activate MSK', 'Revoke MSK'] as const)(
    'gives %s for them, and for no other',
    (detailType) => {
      // The examples are of 00f110.
      expect(parseEvent(from('oss.visited', detailType), confined).detailType).toBe(detailType);
      expect(() => parseEvent(from('oss.other', detailType), confined)).toThrow(foreign);
      expect(parseEvent(from('oss', detailType), confined).detailType).toBe(detailType);
    },
  );

  test.each(['Provision Association', 'Provision Subscription', 'Withdraw Subscription'] as const)(
    'may not %s, which is of no Key Domain',
    (detailType) => {
      expect(() => parseEvent(from('oss.visited', detailType), confined)).toThrow(
        `"${detailType}" is for all Key Domains, and "oss.visited" commands 21f354, 00f110 alone`,
      );
    },
  );

  test('is told apart for grants', () => {
    expect(confined.operators).toEqual(['oss', 'oss.visited', 'oss.other']);
    expect(confined.unconfined).toEqual(['oss']);
    expect(confined.confinedTo(parseKeyDomainId('21f354'))).toEqual(['oss.other']);
    expect(confined.confinedTo(parseKeyDomainId('00f110'))).toEqual([]);
  });
});
