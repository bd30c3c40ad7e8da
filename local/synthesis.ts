import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSettings, type Settings, type SettingsInput } from '../cdk/settings/index.ts';
import type { StreamInput } from '../functions/traffic/streams.ts';
import type { SynthesizedStack } from './aws/template.ts';

const LOCAL: SettingsInput = { emulator: true, edge: { type: 'none' }, sender: { drainSeconds: 2 } };

/** The settings of the local system. */
export const LOCAL_SETTINGS = parseSettings(LOCAL);

/**
 * The same with more settings, and a traffic key service for these streams.
 * @throws SettingsError
 */
export function localSettingsWith(streams: readonly StreamInput[] = [], more: SettingsInput = {}): Settings {
  if (streams.length === 0) return parseSettings({ ...LOCAL, ...more });
  return parseSettings({ ...LOCAL, ...more, traffic: { streams: [...streams], desiredCount: 1 } });
}

/** The stacks as `cdk synth` writes them. */
export interface Synthesis {
  /** The folder of the cloud assembly, which has the Lambda functions' bundles. */
  readonly assembly: string;
  readonly stacks: readonly SynthesizedStack[];
  /** Name of the stack that has the service's outputs. */
  readonly stackName: string;
}

/** Synthesizes the stacks with the local system's settings and bundles the Lambda functions into `folder`. */
export async function synthesize(folder: string, settings = LOCAL_SETTINGS): Promise<Synthesis> {
  // Loaded here: the CDK takes a second to load, and a system with a given synthesis does not need it.
  const { buildApp } = await import('../cdk/build-app.ts');
  const { app, data, service } = buildApp(settings, { outdir: join(folder, 'cdk.out') });
  const { directory } = app.synth();
  const stacks = [data, service].map(({ stackName, templateFile }) => ({
    stackName,
    template: JSON.parse(readFileSync(join(directory, templateFile), 'utf8')),
  }));
  return { assembly: directory, stacks, stackName: service.stackName };
}

/** Reads a synthesis that was written as JSON. */
export function readSynthesis(file: string): Synthesis {
  return JSON.parse(readFileSync(file, 'utf8'));
}
