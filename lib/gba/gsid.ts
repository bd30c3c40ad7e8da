/** GAA service identifier of all MBMS services (TS 29.109 §6.3.1.4). */
export const GSID_MBMS = 4;
