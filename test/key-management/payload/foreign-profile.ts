import type { PayloadProfileInput } from '../../../lib/key-management/payload/payload-profile.ts';

/** A profile of another vendor, in which nothing is as in the default one but the Base64 of the bodies. */
export const FOREIGN_PROFILE = {
  answers: 'always',
  elements: 'unqualified',
  identifiers: 'hex',
  responseCodes: { granted: 'OK', forbidden: 'DENIED', unknown: 'NONE' },
  register: {
    requestType: 'mbms-registration',
    mediaType: 'application/vnd.vendor.registration+xml',
    namespace: 'urn:vendor:mbms:1',
    root: 'RegistrationRequest',
    item: 'userServices/userService',
    serviceId: '@uri',
  },
  deregister: {
    requestType: 'mbms-deregistration',
    mediaType: 'application/vnd.vendor.registration+xml',
    namespace: 'urn:vendor:mbms:1',
    root: 'DeregistrationRequest',
    item: 'userServices/userService',
    serviceId: '@uri',
  },
  mskRequest: {
    requestType: 'mbms-keys',
    mediaType: 'application/vnd.vendor.keys+xml',
    namespace: 'urn:vendor:mbms:1',
    root: 'KeyRequest',
    item: 'keys/key',
    keyDomainId: '@domain',
    mskId: 'id',
  },
  registerResponse: {
    mediaType: 'application/vnd.vendor.answer+xml',
    namespace: 'urn:vendor:mbms:1',
    root: 'RegistrationAnswer',
    item: 'userService',
    serviceId: '@uri',
    responseCode: '@result',
  },
  mskResponse: {
    mediaType: 'application/vnd.vendor.answer+xml',
    namespace: 'urn:vendor:mbms:1',
    root: 'KeyAnswer',
    item: 'key',
    keyDomainId: '@domain',
    mskId: 'id',
    responseCode: 'result/code',
  },
} as const satisfies PayloadProfileInput;
