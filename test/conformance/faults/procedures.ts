import type { OutgoingEvent } from '../../../lib/events/envelope.ts';
import { decodeMskRequest } from '../../../lib/key-management/payload/msk-request.ts';
import type { Fault, Judged } from '../fault.ts';

const refused = { status: 403, headers: {}, body: '' };

/** Whether an MSK request names MSKs of these kinds: Key Groups of the subscriber's service are even. */
function asks(request: Judged, group: 'granted' | 'refused', count?: number): boolean {
  if (request.requestType !== 'msk-request' || request.authorization === undefined) return false;
  const keys = decodeMskRequest(Buffer.from(request.body));
  const odd = group === 'refused' ? 1 : 0;
  return (
    keys.some(({ mskId }) => mskId.keyGroup % 2 === odd) && (count === undefined || keys.length === count)
  );
}

/** Follows whether the UE is registered, as the answers to it say. */
function registering(fault: (isRegistered: () => boolean) => Fault): Fault {
  let isRegistered = false;
  const inner = fault(() => isRegistered);
  return {
    ...inner,
    sends: (request) => {
      if (request.requestType === 'deregister' && request.authorization !== undefined) isRegistered = false;
      else if (request.requestType === 'register' && request.xml.includes('urn:example:news'))
        isRegistered = true;
      return inner.sends?.(request);
    },
  };
}

function withoutEvent(detailType: string): Pick<Fault, 'event'> {
  return { event: (event) => (event.detailType === detailType ? undefined : event) };
}

/** Whatever MSK is asked for, the current one is sent. */
function currentOnly(event: OutgoingEvent): OutgoingEvent {
  if (event.detailType !== 'MSK Request Granted' || !('msks' in event.data)) return event;
  const msks = event.data.msks.map((each) => ({ ...each, mskId: each.mskId.replace(/0004$/, '0005') }));
  return { ...event, data: { ...event.data, msks } } as OutgoingEvent;
}

/** Faults in the procedures: registration, MSK request, deregistration, lifetimes. */
export const PROCEDURE_FAULTS: readonly Fault[] = [
  {
    name: 'nobody can register',
    rule: 'register-granted',
    denies: ({ requestType, xml, isKnown, isSecond }) =>
      requestType === 'register' && xml.includes('urn:example:news') && isKnown && !isSecond
        ? refused
        : undefined,
  },
  { name: 'no MSK follows a registration', rule: 'register-msk', ...withoutEvent('UE Registered') },
  {
    name: 'anybody may register to anything',
    rule: 'register-not-subscribed',
    grants: ({ requestType, xml }) => requestType === 'register' && xml.includes('urn:example:sport'),
  },
  {
    name: 'a User Service that does not exist can be registered to',
    rule: 'register-unknown',
    grants: ({ requestType, xml }) => requestType === 'register' && xml.includes('no-such-service'),
  },
  {
    name: 'MSK requests are refused',
    rule: 'msk-granted',
    denies: ({ requestType, authorization }) =>
      requestType === 'msk-request' && authorization ? refused : undefined,
  },
  {
    name: 'a granted MSK is not delivered',
    rule: 'msk-delivered',
    ...withoutEvent('MSK Request Granted'),
  },
  { name: 'the Key Number of a request is ignored', rule: 'msk-specific', event: currentOnly },
  {
    name: 'an MSK that does not exist is granted',
    rule: 'msk-unknown',
    grants: (request) =>
      asks(request, 'granted', 1) &&
      decodeMskRequest(Buffer.from(request.body))[0]?.mskId.keyNumber === 0xfffe,
  },
  {
    name: 'an MSK of a service without subscription is granted',
    rule: 'msk-not-subscribed',
    grants: (request) => asks(request, 'refused', 1),
  },
  {
    name: 'an MSK that is refused is delivered',
    rule: 'msk-not-subscribed',
    sends: (request) => (asks(request, 'refused', 1) ? { kind: 'msk', group: 'refused' } : undefined),
  },
  {
    name: 'one refused MSK refuses the whole request',
    rule: 'msk-several',
    denies: (request) => (asks(request, 'refused', 2) ? refused : undefined),
  },
  {
    name: 'a request without credentials is answered with an MSK',
    rule: 'msk-unauthenticated',
    sends: ({ requestType, authorization }) =>
      requestType === 'msk-request' && authorization === undefined
        ? { kind: 'msk', group: 'granted' }
        : undefined,
  },
  {
    name: 'nobody can deregister',
    rule: 'deregister-granted',
    denies: ({ requestType, authorization }) =>
      requestType === 'deregister' && authorization ? refused : undefined,
  },
  registering((isRegistered) => ({
    name: '200 without registration',
    rule: 'msk-not-registered-code',
    grants: (request) => asks(request, 'granted') && !isRegistered(),
  })),
  registering((isRegistered) => ({
    name: 'an MSK without registration',
    rule: 'msk-not-registered-delivery',
    sends: (request) =>
      asks(request, 'granted') && !isRegistered() ? { kind: 'msk', group: 'granted' } : undefined,
  })),
  {
    name: 'keys that live are refused',
    rule: 'lifetime-begun',
    denies: ({ isSecond, xml }) => (isSecond && xml.includes('urn:example:news') ? refused : undefined),
  },
  {
    name: 'keys that are over are taken',
    rule: 'lifetime-over',
    forgives: ({ isExpired }) => isExpired,
  },
  {
    name: 'keys that are over get a realm without bootstrapping',
    rule: 'lifetime-over-realm',
    answer: (response, { isExpired }) => {
      const { 'www-authenticate': header, ...others } = response.headers;
      if (!isExpired || header === undefined) return response;
      const changed = header.replace(/realm="[^"]*"/, 'realm="members"');
      return { ...response, headers: { ...others, 'www-authenticate': changed } };
    },
  },
  {
    name: 'keys that are over are called stale',
    rule: 'lifetime-over-not-stale',
    answer: (response, { isExpired }) =>
      isExpired && response.status === 401
        ? {
            ...response,
            headers: {
              ...response.headers,
              'www-authenticate': `${response.headers['www-authenticate']}, stale=true`,
            },
          }
        : response,
  },
  { name: 'an MSK is sent under a MUK that is over', rule: 'lifetime-no-msk', beyondLifetime: 'msk' },
  {
    name: 'a MUK that is over is used for two solicited pulls',
    rule: 'lifetime-one-pull',
    beyondLifetime: 'pull',
  },
];
