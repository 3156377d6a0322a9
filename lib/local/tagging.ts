/** Resource Groups Tagging API, GetResources: the KMS keys that carry given tags. The real index lags by minutes. */
import type { JsonObject, Operation } from './json-api.ts';
import type { Tags } from './key-tags.ts';
import { fromToken, toToken } from './paging.ts';
import { AwsError } from './wire.ts';

interface Resource {
  readonly arn: string;
  readonly tags: Tags;
}
interface TagFilter {
  readonly Key?: string;
  readonly Values?: readonly string[];
}

export const taggingOperations = (keys: () => Resource[]): Readonly<Record<string, Operation>> => ({
  GetResources: (input) => getResources(keys(), input),
});

function getResources(keys: Resource[], input: JsonObject): JsonObject {
  const { TagFilters: filters = [], ResourceTypeFilters: types = [], PaginationToken: token = '' } = input;
  const size = input.ResourcesPerPage ?? 100;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1 || size > 100) {
    throw new AwsError(400, 'InvalidParameterException', 'ResourcesPerPage must be from 1 to 100');
  }
  const start = token === '' ? 0 : fromToken(token);
  if (start === undefined) throw new AwsError(400, 'InvalidParameterException', 'PaginationToken is invalid');
  const found = ofType(types as string[]) ? keys.filter(({ tags }) => isTagged(tags, filters as TagFilter[])) : [];
  const end = start + size;
  return {
    PaginationToken: end < found.length ? toToken(end) : '',
    ResourceTagMappingList: found.slice(start, end).map(({ arn, tags }) => ({
      ResourceARN: arn,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    })),
  };
}

const ofType = (types: readonly string[]): boolean =>
  types.length === 0 || types.includes('kms') || types.includes('kms:key');

/** TagFilters: every filter must match, by any of its values, or by the key alone when it has none. */
function isTagged(tags: Tags, filters: readonly TagFilter[]): boolean {
  // A resource that never had a tag is unknown to this API.
  if (Object.keys(tags).length === 0) return false;
  return filters.every(({ Key = '', Values = [] }) => {
    const value = Object.hasOwn(tags, Key) ? tags[Key] : undefined;
    return value !== undefined && (Values.length === 0 || Values.includes(value));
  });
}
