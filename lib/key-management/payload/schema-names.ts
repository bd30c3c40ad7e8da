/**
 * Values of the URI parameter `requesttype`: `msk-request` from TS 33.246 §G.2.3, the others unverified
 * [M-hi].
 */
export const REQUEST_TYPE = {
  register: 'register',
  deregister: 'deregister',
  mskRequest: 'msk-request',
} as const;

/**
 * Names of the XML documents. Unverified [M-lo], docs/conformance.md: TS 26.346 §11.4 to §11.8 could not be
 * read; only the namespace of the MSK response is verified. Replace them here and nowhere else.
 */
export const XML = {
  register: { namespace: 'urn:3GPP:metadata:2005:MBMS:register', root: 'mbmsSecurityRegister' },
  deregister: { namespace: 'urn:3GPP:metadata:2005:MBMS:deregister', root: 'mbmsSecurityDeregister' },
  mskRequest: { namespace: 'urn:3GPP:metadata:2005:MBMS:msk', root: 'mbmsMSKRequest' },
  registerResponse: {
    namespace: 'urn:3GPP:metadata:2005:MBMS:registerResponse',
    root: 'mbmsSecurityRegisterResponse',
  },
  mskResponse: { namespace: 'urn:3GPP:metadata:2005:MBMS:mskResponse', root: 'mbmsMSKResponse' },
} as const;

/** Names of the elements inside. Unverified [M-lo], as above. */
export const ELEMENT = {
  serviceId: 'serviceID',
  msk: 'MSK',
  keyDomainId: 'keyDomainID',
  mskId: 'MSKID',
  response: 'Response',
  responseCode: 'responseCode',
} as const;
