import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { COMMANDS, DETAIL_TYPES } from '../../lib/events/catalogue.ts';
import { EVENT_SOURCE } from '../../lib/events/contracts.ts';
import { exampleEvent } from '../../schemas/generator/examples.ts';
import { resources, synthesize, type TemplateResource } from './templates.ts';

const OPERATORS = { commandSources: ['oss.operator.example', 'content-scheduler'] };

/** The patterns of all rules, by the start of their logical IDs. */
function patterns(found: Readonly<Record<string, TemplateResource>>) {
  return Object.entries(found).map(([id, { Properties }]): [string, Record<string, string[]>] => [
    id,
    Properties.EventPattern as Record<string, string[]>,
  ]);
}

describe('the bus', () => {
  test('hands facts on from the BM-SC alone, and commands of every source, which functions refuse or take', () => {
    const { service } = synthesize({ events: OPERATORS });
    for (const [id, pattern] of patterns(resources(service, 'AWS::Events::Rule'))) {
      const isOfCommands = pattern['detail-type']?.every((name) =>
        COMMANDS.some((command) => command === name),
      );
      expect(pattern.source, id).toEqual(isOfCommands ? undefined : [EVENT_SOURCE]);
    }
  });

  test('archives the events of all sources, and tells functions and command line from whom commands are taken', () => {
    const { service, text } = synthesize({ events: OPERATORS });
    const [archive] = Object.values(resources(service, 'AWS::Events::Archive'));
    expect(archive?.Properties.EventPattern).toEqual({
      source: [EVENT_SOURCE, ...OPERATORS.commandSources, 'bmsc.keymanagement.commands'],
    });
    // The sender, the rotation and the provisioning.
    expect(text.split(SENDER_VARIABLE.commandSources)).toHaveLength(4);
    expect(service.toJSON().Outputs.CommandSource.Value).toBe('oss.operator.example');
    expect(synthesize().service.toJSON().Outputs.CommandSource.Value).toBe(EVENT_SOURCE);
  });

  test('lets other accounts put commands on it from the sources that are set, and nothing else', () => {
    const { service } = synthesize({ events: { ...OPERATORS, commandAccounts: ['111122223333'] } });
    const [policy] = Object.values(resources(service, 'AWS::Events::EventBusPolicy'));
    expect(policy?.Properties.Statement).toMatchObject({
      Action: 'events:PutEvents',
      Condition: {
        StringEquals: { 'events:detail-type': COMMANDS },
        'ForAllValues:StringEquals': { 'events:source': OPERATORS.commandSources },
        Null: { 'events:source': 'false' },
      },
    });
    expect(JSON.stringify(policy)).toContain(':iam::111122223333:root');
    expect(resources(synthesize().service, 'AWS::Events::EventBusPolicy')).toEqual({});
  });

  test('has sources of one Key Domain, which its functions know and its archive keeps', () => {
    const { service, text } = synthesize({
      events: { ...OPERATORS, keyDomainSources: { visited: ['001-02'] } },
    });
    expect(text).toContain('"oss.operator.example,content-scheduler,visited@00f120"');
    const [archive] = Object.values(resources(service, 'AWS::Events::Archive'));
    expect(archive?.Properties.EventPattern).toMatchObject({ source: expect.arrayContaining(['visited']) });
  });

  test('logs each event where that is set, in a group that EventBridge may write to, with a dead-letter queue', () => {
    const { service } = synthesize({ events: { log: true } });
    const [rule] = Object.entries(resources(service, 'AWS::Events::Rule')).filter(([id]) =>
      id.includes('EventsLogRule'),
    );
    const targets = rule?.[1].Properties.Targets as { Arn: unknown; DeadLetterConfig: unknown }[] | undefined;
    const target = targets?.[0];
    expect(JSON.stringify(target?.Arn)).toContain(':log-group:');
    expect(target?.DeadLetterConfig).toBeDefined();
    const names = Object.values(resources(service, 'AWS::Logs::LogGroup')).map(({ Properties }) =>
      String(Properties.LogGroupName),
    );
    expect(names.filter((name) => name.startsWith('/aws/events/'))).toHaveLength(1);
    expect(Object.keys(resources(service, 'AWS::Logs::ResourcePolicy'))).toHaveLength(1);
  });
});

describe('the schema registry', () => {
  test('is there where it is set, and has each event in the dialect that EventBridge takes', () => {
    const { service } = synthesize({ events: { schemaRegistry: true } });
    const schemas = Object.values(resources(service, 'AWS::EventSchemas::Schema'));
    const names = schemas.map(({ Properties }) => Properties.SchemaName);
    expect(names.sort()).toEqual(
      DETAIL_TYPES.map((name) => `${EVENT_SOURCE}@${name.replaceAll(' ', '')}`).sort(),
    );
    for (const { Properties } of schemas) {
      expect(Properties.Type).toBe('JSONSchemaDraft4');
      const { $schema, id, ...schema } = JSON.parse(String(Properties.Content));
      expect($schema).toBe('http://json-schema.org/draft-04/schema#');
      expect(id).toMatch(/^urn:bmsc:keymanagement:/);
      // Words that draft-04 lacks, or has in another form.
      expect(JSON.stringify(schema)).not.toMatch(
        /"(const|propertyNames|\$id|\$defs|exclusiveMinimum)":|"required":\[\]/,
      );
      const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
      const detailType = DETAIL_TYPES.find((name) => name === schema.title);
      expect(detailType && validate(exampleEvent(detailType))).toBe(true);
    }
    expect(resources(synthesize().service, 'AWS::EventSchemas::Registry')).toEqual({});
  });
});
