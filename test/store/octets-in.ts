import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';

/** All that a table holds, whatever the item: octets as they are, names, texts and numbers in UTF-8. */
export async function octetsInTable(dynamodb: DynamoDBClient, tableName: string): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const { Items = [] } of paginateScan({ client: dynamodb }, { TableName: tableName }))
    for (const item of Items) found.push(...octetsIn({ M: item }));
  return Buffer.concat(found);
}

/** Whether a key stands in the octets: as it is, or in hexadecimal, Base64 or its URL-safe form. */
export function holdsKey(octets: Buffer, key: Uint8Array): boolean {
  const raw = Buffer.from(key);
  const hex = raw.toString('hex');
  const [base64, base64url] = (['base64', 'base64url'] as const).map((form) => raw.toString(form));
  return [raw, hex, hex.toUpperCase(), base64, base64url].some(
    (form) => form !== undefined && octets.includes(form),
  );
}

function octetsIn({ B, BS = [], S, SS = [], N, NS = [], M = {}, L = [] }: AttributeValue): Uint8Array[] {
  const texts = [S, N, ...SS, ...NS, ...Object.keys(M)].filter((text) => text !== undefined);
  const nested = [...Object.values(M), ...L].flatMap(octetsIn);
  return [...(B === undefined ? [] : [B]), ...BS, ...texts.map((text) => Buffer.from(text)), ...nested];
}
