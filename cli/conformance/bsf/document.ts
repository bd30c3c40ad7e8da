import { PayloadError } from '../../../lib/key-management/payload/errors.ts';
import { childrenOf, parseXml } from '../../../lib/key-management/payload/xml.ts';
import type { HttpAnswer } from '../../../lib/ue/http-post.ts';

/** The document of a BSF, by its parts: what is not there once is undefined. */
export interface BsfDocument {
  readonly text: string;
  readonly namespace: string;
  readonly btid: string | undefined;
  readonly lifetime: string | undefined;
}

/** The BootstrappingInfo of an answer (TS 24.109 annex C.1); undefined when the body is none. */
export function documentOf({ status, body }: Pick<HttpAnswer, 'status' | 'body'>): BsfDocument | undefined {
  if (status !== 200) return undefined;
  const text = Buffer.from(body).toString('utf8');
  try {
    const root = parseXml(text);
    if (root.name !== 'BootstrappingInfo') return undefined;
    const only = (name: string) => {
      const [first, ...others] = childrenOf(root, name);
      return others.length === 0 ? first?.text.trim() : undefined;
    };
    return { text, namespace: root.namespace, btid: only('btid'), lifetime: only('lifetime') };
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}
