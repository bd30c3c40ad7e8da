import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnRegistry, CfnSchema } from 'aws-cdk-lib/aws-eventschemas';
import { Construct } from 'constructs';
import { EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';
import { EVENT_SOURCE, SCHEMA_VERSION } from '../../lib/events/contracts.ts';
import { ROOT } from './prebuilt.ts';

/** The contract of the bus in a schema registry of EventBridge, for consoles and IDEs. */
export class SchemaRegistry extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const registry = new CfnRegistry(this, 'Registry', { description: 'Events of BM-SC key management' });
    for (const [detailType, { meaning }] of Object.entries(EVENT_CATALOGUE)) {
      const name = detailType.replaceAll(' ', '');
      new CfnSchema(this, name, {
        registryName: registry.attrRegistryName,
        // As EventBridge names the schemas that it finds by itself.
        schemaName: `${EVENT_SOURCE}@${name}`,
        type: 'JSONSchemaDraft4',
        description: meaning,
        content: draft4Of(detailType),
      });
    }
  }
}

/** The file of `npm run contract`, whose words all stand in draft-04, too. */
function draft4Of(detailType: string): string {
  const file = `${detailType.toLowerCase().replaceAll(' ', '-')}.schema.json`;
  const text = readFileSync(join(ROOT, 'schemas', SCHEMA_VERSION, file), 'utf8');
  const { $id: id, ...schema }: Record<string, unknown> = JSON.parse(text);
  return JSON.stringify({ ...schema, id, $schema: 'http://json-schema.org/draft-04/schema#' });
}
