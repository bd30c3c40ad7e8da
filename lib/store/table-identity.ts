import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { Table } from './table.ts';

/** The name of a table and when it was made: another table under the same name has another identity. */
export async function tableIdentity({ dynamodb, tableName }: Table): Promise<string> {
  const { Table: described } = await dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  return `${described?.TableArn ?? tableName} ${described?.CreationDateTime?.toISOString() ?? ''}`;
}
