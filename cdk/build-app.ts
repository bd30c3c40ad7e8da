import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import type { Settings } from './settings/index.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';

/** The stacks of a BM-SC: what must survive, and what can be made anew. */
export interface BmscStacks {
  readonly data: DataStack;
  readonly service: ServiceStack;
}

/** Adds both stacks to an app. */
export function addStacks(app: App, settings: Settings): BmscStacks {
  const data = new DataStack(app, `${settings.stackPrefix}Data`, { settings });
  const service = new ServiceStack(app, `${settings.stackPrefix}Service`, {
    settings,
    keyStore: data.keyStore,
  });
  return { data, service };
}

/**
 * An app with both stacks, for a synthesis in this process into `outdir`. Feature flags are those of
 * `cdk.json`, as the CDK's own command line has them.
 */
export function buildApp(
  settings: Settings,
  options: { outdir?: string; context?: Record<string, unknown> } = {},
): BmscStacks & { app: App } {
  const { outdir, context } = options;
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    context: { ...featureFlags(), ...context },
  });
  return { app, ...addStacks(app, settings) };
}

function featureFlags(): Record<string, unknown> {
  const file = join(import.meta.dirname, '../cdk.json');
  const { context }: { context: Record<string, unknown> } = JSON.parse(readFileSync(file, 'utf8'));
  return context;
}
