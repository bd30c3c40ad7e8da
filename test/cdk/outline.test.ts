import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { BmscKeyManagement } from '../../cdk/constructs/bmsc-key-management.ts';
import { SettingsError } from '../../cdk/settings/index.ts';
import { SENDER_VARIABLE } from '../../functions/environment-variables.ts';
import { NAF_FQDN, synthesize } from './templates.ts';

/** Every resource by its path and type: what a deployment makes, in a form that a reviewer reads. */
function outline(template: Template): string {
  const resources: Record<string, { Type: string }> = template.toJSON().Resources;
  return Object.entries(resources)
    .map(([id, { Type }]) => `${id.replace(/[0-9A-F]{8}$/, '')}  ${Type}`)
    .sort()
    .join('\n');
}

test('the stacks make these resources', async () => {
  const { data, service } = synthesize();
  const text = `BmscData\n${outline(data)}\n\nBmscService\n${outline(service)}\n`;
  await expect(text).toMatchFileSnapshot('outline.txt');
});

test('the whole BM-SC stands in a stack of an operator as one construct, with its settings and a table of its own', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Own');
  const bmsc = new BmscKeyManagement(stack, 'Bmsc', {
    settings: { nafFqdn: NAF_FQDN, edge: { type: 'none' }, retention: { data: 'destroy' } },
  });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::DynamoDB::Table', 1);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { [SENDER_VARIABLE.nafFqdn]: NAF_FQDN } },
  });
  expect(stack.resolve(bmsc.keyManagementUrl)).toBeDefined();
});

test('the construct refuses a wrong setting by its name', () => {
  const stack = new Stack(new App(), 'Own');
  // @ts-expect-error: the type refuses it too
  expect(() => new BmscKeyManagement(stack, 'Bmsc', { settings: { sender: { cpu: 3 } } })).toThrow(
    SettingsError,
  );
});
