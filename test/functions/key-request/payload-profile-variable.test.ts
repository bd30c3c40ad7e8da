import * as v from 'valibot';
import { expect, test } from 'vitest';
import { payloadProfileOfText } from '../../../functions/key-request/payload-profile-variable.ts';
import { parseVariables } from '../../../functions/parse-variables.ts';
import { parsePayloadProfile } from '../../../lib/key-management/payload/payload-profile.ts';
import { FOREIGN_PROFILE } from '../../key-management/payload/foreign-profile.ts';

const read = (text: string) =>
  parseVariables({ profile: 'PROFILE' }, { profile: v.optional(payloadProfileOfText) }, { PROFILE: text });

test('the payload profile of the environment is that of its JSON', () => {
  expect(read(JSON.stringify(FOREIGN_PROFILE)).profile).toEqual(parsePayloadProfile(FOREIGN_PROFILE));
  expect(read('').profile).toBeUndefined();
});

test.each([
  ['{', 'PROFILE takes'],
  ['{"mskRequest":{"root":"a b"}}', 'mskRequest.root: an XML name'],
])('the profile %s is refused, and the variable named', (text, message) => {
  expect(() => read(text)).toThrow(message);
  expect(() => read(text)).toThrow('wrong environment: PROFILE');
});
