import type { Avp } from '../avp/avp.ts';
import { avp, requiredIn } from '../avp/values.ts';

/** Who sends a message: Origin-Host and Origin-Realm, each a DiameterIdentity. */
export interface Origin {
  readonly host: string;
  readonly realm: string;
}

/** Origin-Host, Origin-Realm. @throws DiameterError `bad-value` */
export function originAvps({ host, realm }: Origin): Avp[] {
  return [avp('Origin-Host', host), avp('Origin-Realm', realm)];
}

/** @throws DiameterError `missing-avp`, `repeated-avp`, `bad-value` */
export function originIn(avps: readonly Avp[]): Origin {
  return { host: requiredIn(avps, 'Origin-Host'), realm: requiredIn(avps, 'Origin-Realm') };
}

/** The identifiers of a request. The answer repeats them. */
export interface MessageIds {
  readonly hopByHop: number;
  readonly endToEnd: number;
}

/** The header of a request, which agents forward only if it belongs to an application. */
export function requestHeader(ids: MessageIds, command: number, application: number) {
  return {
    isRequest: true,
    isProxiable: application !== 0,
    isError: false,
    isRetransmission: false,
    command,
    application,
    ...ids,
  };
}
