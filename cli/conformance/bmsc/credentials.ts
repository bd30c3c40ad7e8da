import { expectThat } from '../requirement.ts';
import type { BmscUnderTest, CredentialChanges, RequestParts } from './subject.ts';

/** A request that changes nothing: it registers to a User Service that does not exist. */
export function harmless(bmsc: BmscUnderTest): RequestParts {
  return bmsc.registration([bmsc.profile.services.unknown]);
}

/** Sends a request that must be challenged. */
export async function refused(bmsc: BmscUnderTest, changes: CredentialChanges, parts = harmless(bmsc)) {
  await bmsc.accepted();
  const { answer } = await bmsc.signed(parts, changes);
  expectThat(answer.status !== 200, 'the request is answered with 200');
  return answer;
}
