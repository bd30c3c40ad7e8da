import { btidOf } from '../../lib/gba/btid.ts';
import { type Answer, answerJson } from './network.ts';

export const BTID = btidOf({ rand: Buffer.alloc(16, 5), bsfName: 'bsf.home1.net' });
export const NRF = { nfInstanceId: '0e2c0f52-6bfb-4d4c-8b3a-9d3f0b1f6f0a', nfType: 'AF' };
export const NOW = Date.UTC(2026, 10, 26);
export const GOOD = {
  meKeyMaterial: 'aa'.repeat(32),
  keyExpiryTime: '2026-11-27T00:00:00Z',
  impi: '001010123456789@home1.net',
};
export const good: Answer = (stream) => answerJson(stream, 200, GOOD);
