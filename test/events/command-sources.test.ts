import { describe, expect, test } from 'vitest';
import { CommandSources, OWN_COMMAND_SOURCE } from '../../lib/events/command-sources.ts';
import { type DetailType, EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { parseEvent } from '../../lib/events/envelope.ts';
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
