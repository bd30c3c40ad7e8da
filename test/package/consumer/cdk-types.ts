// Compiled against the construct's declarations: each line marked so must be an error.
import { App, Stack } from 'aws-cdk-lib';
import { BmscKeyManagement, type BmscKeyManagementProps, parseSettings } from 'bmsc-key-management/cdk';

const stack = new Stack(new App(), 'Types');
const props: BmscKeyManagementProps = { settings: { sender: { desiredCount: 2 } } };
const { keyManagementUrl, keyStore } = new BmscKeyManagement(stack, 'Bmsc', props);
export const table: string = keyStore.table.tableName + keyManagementUrl;
// @ts-expect-error a count is a number
new BmscKeyManagement(stack, 'Other', { settings: { sender: { desiredCount: 'two' } } });
// @ts-expect-error no setting is called so
new BmscKeyManagement(stack, 'Third', { settings: { senders: 2 } });
export const nafFqdn: string = parseSettings({}).nafFqdn;
