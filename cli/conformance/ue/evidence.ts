import { visible } from '../requirement.ts';
import { requestAfter, sendPull } from './messages.ts';
import type { UeRequest, UeUnderTest } from './subject.ts';

/** The first request of the UE with credentials, right or not. @throws NotVisible when none came */
export async function firstSigned(ue: UeUnderTest): Promise<UeRequest> {
  const { answerMs } = ue.target;
  const request = await ue.next(
    ue.requests,
    0,
    answerMs,
    ({ headers }) => headers.authorization !== undefined,
  );
  return visible(request, 'the UE sent no request with credentials');
}

/** Waits until the UE is authenticated, from when on it has an address. */
export async function authenticated(ue: UeUnderTest): Promise<UeRequest> {
  const request = await ue.next(
    ue.requests,
    0,
    ue.target.answerMs,
    (each) => each.isRight && each.isNonceNew,
  );
  return visible(request, 'the UE sent no request that is authenticated');
}

/** The request that answers a solicited pull. */
export function pulled(ue: UeUnderTest): Promise<UeRequest | undefined> {
  return ue.once('pulled', async () => {
    await authenticated(ue);
    const mark = ue.requests.length;
    await sendPull(ue);
    return requestAfter(ue, mark, ue.target.answerMs);
  });
}

/** The values of the URI parameter requesttype. */
export function typesOf({ target }: UeRequest): string[] {
  return new URL(target, 'http://ue').searchParams.getAll('requesttype');
}
