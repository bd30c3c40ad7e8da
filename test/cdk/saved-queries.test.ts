import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { LOG_QUERIES } from '../../cdk/constructs/saved-queries.ts';
import { resources, synthesize } from './templates.ts';

/** The logical IDs of the log groups that a query reads. */
function groupsOf(service: Template, title: string): string[] {
  const queries = Object.values(resources(service, 'AWS::Logs::QueryDefinition'));
  const query = queries.find(({ Properties }) => String(Properties.Name).endsWith(`/${title}`));
  return ((query?.Properties.LogGroupNames ?? []) as { Ref: string }[]).map(({ Ref }) => Ref);
}

describe('saved queries', () => {
  test('are in a folder of the deployment, and read log groups that the template has', () => {
    const { service } = synthesize({ stackPrefix: 'Live', events: { log: true } });
    const queries = Object.values(resources(service, 'AWS::Logs::QueryDefinition'));
    expect(queries.map(({ Properties }) => Properties.Name).sort()).toEqual(
      Object.values(LOG_QUERIES)
        .map(({ title }) => `BMSC/LiveService/${title}`)
        .sort(),
    );
    const groups = Object.keys(resources(service, 'AWS::Logs::LogGroup'));
    for (const { title, lines } of Object.values(LOG_QUERIES)) {
      const read = groupsOf(service, title);
      expect(read.length).toBeGreaterThan(0);
      for (const group of read) expect(groups).toContain(group);
      const [query] = queries.filter(({ Properties }) => String(Properties.Name).endsWith(title));
      expect(query?.Properties.QueryString).toBe(lines.join('\n| '));
    }
    // Functions, access log, and the log of the bus.
    expect(groupsOf(service, 'Follow one correlation ID')).toHaveLength(6);
  });

  test('are on the dashboard, with fields for what a person replaces', () => {
    const { service } = synthesize();
    const [dashboard] = Object.values(resources(service, 'AWS::CloudWatch::Dashboard'));
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const { title } of Object.values(LOG_QUERIES)) expect(body).toContain(title);
    for (const placeholder of ['CORRELATION-ID', 'SUBSCRIBER'])
      expect(body).toContain(`\\\\\\"pattern\\\\\\":\\\\\\"${placeholder}`.replaceAll('\\\\\\', '\\'));
  });

  test('are left away where the settings say so', () => {
    const { service } = synthesize({ operations: { savedQueries: false } });
    service.resourceCountIs('AWS::Logs::QueryDefinition', 0);
  });
});
