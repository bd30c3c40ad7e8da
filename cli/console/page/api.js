// The console's API, with the session of this browser.

/** A refusal or failure that the API tells. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const STORED = 'bmsc-console-session';
const LINK = '#link=';

/** Whether the command was started with --read-only. */
export let isReadOnly = localStorage.getItem(`${STORED}-read-only`) === 'true';

/** Opens a session when the address is a link of the command, and takes the token out of the address. */
export async function openLink() {
  if (!location.hash.startsWith(LINK)) return;
  const token = location.hash.slice(LINK.length);
  history.replaceState(undefined, '', '/#/');
  const opened = await post('/api/session', { token });
  isReadOnly = opened.isReadOnly;
  localStorage.setItem(STORED, opened.session);
  localStorage.setItem(`${STORED}-read-only`, String(isReadOnly));
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export function get(path, signal) {
  return call(path, { method: 'GET', signal });
}

/**
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export function post(path, body) {
  const headers = { 'Content-Type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function call(path, init) {
  const headers = { ...init.headers, Authorization: `Bearer ${localStorage.getItem(STORED) ?? ''}` };
  let response;
  try {
    response = await fetch(path, { ...init, headers, credentials: 'omit', cache: 'no-store' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'no-answer', 'the command `bmsc console` does not answer: does it still run?');
  }
  const answer = await response.json();
  if (response.ok) return answer;
  throw new ApiError(response.status, answer.error.code, answer.error.message);
}
