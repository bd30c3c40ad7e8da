/** A response code of a procedure, and what it means to a person. */
export type Meanings = Readonly<Record<number, string>>;

/** To a registration (TS 33.246 §6.3.2.1). */
export const OF_REGISTRATION: Meanings = {
  200: 'registered',
  403: 'not subscribed',
  404: 'no such User Service',
};
/** To a deregistration. */
export const OF_DEREGISTRATION: Meanings = { 200: 'deregistered', 404: 'was not registered' };
/** To a request for an MSK. */
export const OF_MSK_REQUEST: Meanings = {
  200: 'granted',
  403: 'registered to no User Service of its Key Group that the UE is subscribed to',
  404: 'no such Key Group or MSK',
};

/** `403 not subscribed`, or the number alone when it has no meaning here. */
export function textOfCode(code: number, meanings: Meanings): string {
  const meaning = meanings[code];
  return meaning === undefined ? String(code) : `${code} ${meaning}`;
}
