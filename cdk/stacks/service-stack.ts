import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BmscKeyManagement } from '../constructs/bmsc-key-management.ts';
import type { KeyStoreBase } from '../constructs/key-store.ts';
import type { Settings } from '../settings/index.ts';

/** Everything but the key store: what can be made anew. */
export class ServiceStack extends Stack {
  readonly bmsc: BmscKeyManagement;

  constructor(scope: Construct, id: string, props: { settings: Settings; keyStore: KeyStoreBase }) {
    super(scope, id, { description: 'BM-SC key management: service' });
    this.bmsc = new BmscKeyManagement(this, 'Bmsc', props);
  }
}
