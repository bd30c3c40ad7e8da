import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encodeMskRequest, encodeMskResponse } from '../../../lib/key-management/payload/msk-request.ts';
import { DEFAULT_PAYLOAD_PROFILE as XML } from '../../../lib/key-management/payload/payload-profile.ts';
import {
  encodeDeregisterRequest,
  encodeRegisterRequest,
  encodeRegisterResponse,
} from '../../../lib/key-management/payload/register.ts';
import { parseKeyDomainId } from '../../../lib/keys/key-domain-id.ts';
import { mskId } from '../../../lib/keys/msk-id.ts';
import { describeWith } from '../../peers.ts';
import { XMLLINT } from './xmllint.ts';

const key = { keyDomainId: parseKeyDomainId('00f110'), mskId: mskId(1, 0xffff) };
const serviceIds = ['urn:3gpp:service:0012', 'http://bmsc.home1.net/s?a=1&b=2', '1e5'];
const manyKeys = Array.from({ length: 64 }, (_, index) => ({ ...key, mskId: mskId(index, 0) }));

const documents = [
  ['register.xsd', XML.register, encodeRegisterRequest(serviceIds)],
  ['deregister.xsd', XML.deregister, encodeDeregisterRequest(serviceIds)],
  ['msk-request.xsd', XML.mskRequest, encodeMskRequest(manyKeys)],
  [
    'register-response.xsd',
    XML.registerResponse,
    encodeRegisterResponse(serviceIds.map((serviceId) => ({ serviceId, responseCode: 403 }))),
  ],
  [
    'msk-response.xsd',
    XML.mskResponse,
    encodeMskResponse(manyKeys.map((each) => ({ ...each, responseCode: 404 }))),
  ],
] as const;

describeWith(XMLLINT, 'xmllint', () => {
  it.each(documents)('accepts what is emitted against %s', (file, _, payload) => {
    expect(validate(file, xmlOf(payload))).toEqual({ status: 0, stderr: '- validates\n' });
  });

  it.each(documents)('has something to refuse by %s', (file, { root }, payload) => {
    const other = xmlOf(payload).replaceAll(root, `${root}s`);
    expect(validate(file, other).status).toBe(3);
  });

  it.each([
    ['a Key Domain ID of 2 octets', 'APEQ', 'APE='],
    ['an MSK ID that is no Base64', 'AAAAAA==', '1'],
  ])('refuses %s by msk-request.xsd', (_, good, bad) => {
    const xml = xmlOf(encodeMskRequest(manyKeys));
    expect(xml).toContain(good);
    expect(validate('msk-request.xsd', xml.replace(good, bad)).status).toBe(3);
  });
});

describe('the schema files', () => {
  it.each(documents)('%s has the names of the table', (file, { namespace, root }) => {
    const schema = readFileSync(pathOf(file), 'utf8');
    expect(schema).toContain(`targetNamespace="${namespace}"`);
    expect(schema).toContain(`<xs:element name="${root}">`);
  });
});

function validate(file: string, xml: string): { status: number | null; stderr: string } {
  const args = ['--noout', '--nonet', '--schema', pathOf(file), '-'];
  const { status, stderr } = spawnSync('xmllint', args, { input: xml, encoding: 'utf8' });
  return { status, stderr };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../lib/key-management/payload/schema/${file}`, import.meta.url));
}

function xmlOf(payload: string): string {
  return Buffer.from(payload, 'base64').toString('utf8');
}
