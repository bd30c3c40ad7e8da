import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { KeyStore, tableOfSettings } from '../constructs/key-store.ts';
import type { Settings } from '../settings/index.ts';

/** What must survive a new deployment: keys and registrations. */
export class DataStack extends Stack {
  readonly keyStore: KeyStore;

  constructor(scope: Construct, id: string, { settings }: { settings: Settings }) {
    super(scope, id, {
      description: 'BM-SC key management: key store',
      terminationProtection: settings.retention.data === 'retain',
    });
    this.keyStore = new KeyStore(this, 'KeyStore', {
      retain: settings.retention.data === 'retain',
      ...tableOfSettings(this, settings),
    });
  }
}
