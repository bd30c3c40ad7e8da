// AWS on this machine: the local system of `npm start`, or another emulator of AWS.

/** Where it listens unless another address is given. */
export const LOCAL_ENDPOINT_URL = 'http://127.0.0.1:4566';
export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';
/** It accepts any credentials, but the SDK does not send a request without. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
