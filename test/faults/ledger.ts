import { listHolders } from '../../lib/distribution/holders/list-holders.ts';
import { parseMskId } from '../../lib/keys/msk-id.ts';
import { auditPush, type Check, type Expectation } from './audit.ts';
import { GROUP, type Harness, type RequestedPush } from './harness.ts';
import { indexOf } from './identities.ts';

/** Audits a push: the reports of the bus by `auditPush`, and the listing of holders that an operator sees. */
export async function auditAll(
  harness: Harness,
  push: RequestedPush,
  expectationOf?: (index: number) => Expectation,
): Promise<Check[]> {
  return [...auditPush(harness, push, expectationOf), await auditLedger(harness, push)];
}

/**
 * Lists the holders of the MSK, as an operator does, and compares the listing with the reports of the bus.
 */
async function auditLedger({ cloud, ues }: Harness, push: RequestedPush): Promise<Check> {
  const { delivered, failed } = push.outcomes;
  const seen = new Set<string>();
  const wrong: string[] = [];
  for await (const { impi, state } of listHolders(cloud.store, GROUP.keyDomainId, parseMskId(push.mskId))) {
    const isRight = state === 'verified' ? delivered.has(impi) : failed.get(impi)?.includes(state) === true;
    if (!isRight || seen.has(impi) || indexOf(impi) >= ues.count) wrong.push(impi);
    seen.add(impi);
  }
  const named = new Set([...delivered.keys(), ...failed.keys()]);
  return {
    what: 'the ledger names each UE once, with its reported outcome',
    ok: wrong.length === 0 && seen.size === named.size,
    found: `${seen.size} of ${named.size}, ${wrong.length} otherwise${wrong.length > 0 ? `, such as ${wrong[0]}` : ''}`,
  };
}
