import { isDeepStrictEqual } from 'node:util';
import type { Template } from 'aws-cdk-lib/assertions';
import { resources } from './templates.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/**
 * Whether the policies of a template let a role do an action on a resource, as IAM decides it: something must
 * allow it. Conditions are taken to hold, so that it is true too often and never too seldom.
 * @param resource as it stands in the template, such as `{ 'Fn::GetAtt': [id, 'Arn'] }`
 */
export function isAllowed(template: Template, role: string, action: string, resource: unknown): boolean {
  const statements = Object.values(resources(template, 'AWS::IAM::Policy')).flatMap(({ Properties }) => {
    const { Roles, PolicyDocument } = Properties as {
      Roles: { Ref?: string }[];
      PolicyDocument: { Statement: Statement[] };
    };
    return Roles.some(({ Ref }) => Ref === role) ? PolicyDocument.Statement : [];
  });
  const isOf = ({ Action, Resource }: Statement) =>
    list(Action).some((each) => matches(each, action)) &&
    list(Resource as unknown[]).some((each) => each === '*' || isDeepStrictEqual(each, resource));
  const concerned = statements.filter(isOf);
  return concerned.length > 0 && concerned.every(({ Effect }) => Effect === 'Allow');
}

function matches(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
