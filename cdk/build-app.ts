import { App } from 'aws-cdk-lib';
import type { Settings } from './settings.ts';
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

/** An app with both stacks, for a synthesis in this process into `outdir`. */
export function buildApp(
  settings: Settings,
  options: { outdir?: string; context?: Record<string, unknown> } = {},
): BmscStacks & { app: App } {
  const { outdir, context } = options;
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    ...(context === undefined ? {} : { context }),
  });
  return { app, ...addStacks(app, settings) };
}
