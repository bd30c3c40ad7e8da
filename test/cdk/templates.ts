import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../../cdk/build-app.ts';
import { parseSettings, type SettingsInput } from '../../cdk/settings/index.ts';

/** The name of a BM-SC that there may be: the MCC 001 is for tests. */
export const NAF_FQDN = 'bmsc.mnc001.mcc001.pub.3gppnetwork.org';

/** A resource as it stands in a template. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** Both templates of a synthesis without bundling, as the assertions of the CDK and as text. */
export function synthesize(input: SettingsInput = {}) {
  const outdir = mkdtempSync(join(tmpdir(), 'bmsc-synth-'));
  try {
    const { app, data, service } = buildApp(parseSettings({ nafFqdn: NAF_FQDN, ...input }), {
      outdir,
      context: { 'aws:cdk:bundling-stacks': [] },
    });
    const assembly = app.synth();
    const text = (file: string) => readFileSync(join(assembly.directory, file), 'utf8');
    return {
      data: Template.fromString(text(data.templateFile)),
      service: Template.fromString(text(service.templateFile)),
      text: text(data.templateFile) + text(service.templateFile),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Resources of one type by logical ID. */
export function resources(template: Template, type: string): Readonly<Record<string, TemplateResource>> {
  const all: Readonly<Record<string, TemplateResource>> = template.toJSON().Resources;
  return Object.fromEntries(Object.entries(all).filter(([, { Type }]) => Type === type));
}

/** The properties of one resource, as the test says they are. */
export function propertiesOf<T>(template: Template, type: string, logicalId: string): T {
  const resource = resources(template, type)[logicalId];
  if (resource === undefined) throw new Error(`the template has no ${type} ${logicalId}`);
  return resource.Properties as T;
}
