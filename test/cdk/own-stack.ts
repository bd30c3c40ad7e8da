import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BmscKeyManagement } from '../../cdk/constructs/bmsc-key-management.ts';
import type { BmscKeyManagementProps } from '../../cdk/constructs/bmsc-key-management-props.ts';
import { NAF_FQDN } from './templates.ts';

/** A stack of an operator's own, without the bundling of functions. */
export function ownStack(name = 'Own', app = ownApp()): Stack {
  return new Stack(app, name, { env: { account: '111111111111', region: 'eu-west-1' } });
}

/** An app of an operator's own. */
export function ownApp(): App {
  return new App({ context: { 'aws:cdk:bundling-stacks': [] } });
}

/** A BM-SC without an edge, which is the quickest to synthesize. */
export function ownBmsc(stack: Stack, id = 'Bmsc', props: BmscKeyManagementProps = {}): BmscKeyManagement {
  const settings = { nafFqdn: NAF_FQDN, edge: { type: 'none' as const }, ...props.settings };
  return new BmscKeyManagement(stack, id, { ...props, settings });
}

/** The template of a stack. */
export const templateOf = (stack: Stack): Template => Template.fromStack(stack);
