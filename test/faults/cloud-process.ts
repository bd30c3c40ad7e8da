import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '../../cdk/build-app.ts';
import { parseSettings } from '../../cdk/settings/index.ts';
import { AwsEndpoint } from '../../local/aws/endpoint.ts';
import { ResolvedStacks } from '../../local/aws/template.ts';
import type { CloudMessage } from './cloud.ts';

/**
 * The process that stands in for AWS: the stacks as they are synthesized, on loopback, with a short
 * visibility timeout.
 */
const [, , port = '0', visibilityTimeoutS = '120', settingsText = '{}'] = process.argv;

const folder = mkdtempSync(join(tmpdir(), 'bmsc-faults-'));
const url = `http://127.0.0.1:${port}`;
const settings = parseSettings({ emulator: true, ...JSON.parse(settingsText) });
const { app, data, service } = buildApp(settings, { outdir: join(folder, 'cdk.out') });
const { directory } = app.synth();
const synthesized = [data, service].map((stack) => ({
  stackName: stack.stackName,
  template: JSON.parse(readFileSync(join(directory, stack.templateFile), 'utf8'), (key, value) =>
    key === 'VisibilityTimeout' ? Number(visibilityTimeoutS) : value,
  ),
}));
rmSync(folder, { recursive: true, force: true });
const stacks = new ResolvedStacks(synthesized, { endpoint: url, api: url });
const endpoint = await AwsEndpoint.start(stacks, Number(port));

const emit = (message: CloudMessage) => process.send?.(message);
endpoint.onEvent((event) => emit({ kind: 'event', event }));

const { ContainerDefinitions } = stacks.onlyResource('AWS::ECS::TaskDefinition').properties as {
  ContainerDefinitions: { Environment: { Name: string; Value: string }[] }[];
};
const environment = Object.fromEntries(
  (ContainerDefinitions[0]?.Environment ?? []).map(({ Name, Value }) => [Name, Value]),
);
emit({ kind: 'ready', url: endpoint.url, environment });
process.on('disconnect', () => process.exit(0));
