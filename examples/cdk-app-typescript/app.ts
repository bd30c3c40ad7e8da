import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { BmscKeyManagement, type SettingsInput } from 'bmsc-key-management/cdk';

const settings: SettingsInput = {
  nafFqdn: 'bmsc.mnc001.mcc001.pub.3gppnetwork.org',
  keyDomains: ['001-01'],
  delivery: { pacing: { perSecond: 500 } },
};

const app = new App();
const stack = new Stack(app, 'Broadcast');
const bmsc = new BmscKeyManagement(stack, 'Bmsc', { settings });
new CfnOutput(stack, 'UesAsk', { value: bmsc.keyManagementUrl });
