import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ROOT } from '../root.ts';
import { run } from './run.ts';

const document = v.looseObject({
  bomFormat: v.literal('CycloneDX'),
  metadata: v.looseObject({ component: v.looseObject({ 'bom-ref': v.string() }) }),
  components: v.array(v.looseObject({ 'bom-ref': v.string() })),
  dependencies: v.array(v.looseObject({ ref: v.string(), dependsOn: v.array(v.string()) })),
});
const lockFile = v.object({
  packages: v.record(
    v.string(),
    v.object({
      version: v.optional(v.string()),
      dev: v.optional(v.boolean(), false),
      optional: v.optional(v.boolean(), false),
    }),
  ),
});

/**
 * The bill of materials of what is delivered, in CycloneDX, from this repository's lock: the packages that
 * users install, and those that bundles and images have.
 * @throws Error with what npm says, ValiError when that is no bill of materials
 */
export function billOfMaterials(name: string): object {
  const printed = run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']);
  const { metadata, components, dependencies, ...rest } = v.parse(document, JSON.parse(printed));
  const delivered = deliveredPackages();
  const isDelivered = (reference: string) => delivered.has(reference);
  return {
    ...rest,
    // npm takes the name of the clone's folder, and calls private what is so for the clone alone.
    metadata: { ...metadata, component: { ...metadata.component, name, properties: [] } },
    components: components.filter((each) => isDelivered(each['bom-ref'])),
    dependencies: dependencies
      .filter(({ ref }) => isDelivered(ref) || ref === metadata.component['bom-ref'])
      .map(({ dependsOn, ...each }) => ({ ...each, dependsOn: dependsOn.filter(isDelivered) })),
  };
}

/**
 * By name and version, as the lock tells them from tools: npm 11 leaves out with `--omit dev` what a tool
 * needs, too.
 */
function deliveredPackages(): ReadonlySet<string> {
  const lock: unknown = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const delivered = Object.entries(v.parse(lockFile, lock).packages)
    .filter(([path, { dev, optional }]) => path.startsWith('node_modules/') && !dev && !optional)
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`);
  return new Set(delivered);
}
