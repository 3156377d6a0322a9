/** The tags of a KMS key, with the limits of the KMS Developer Guide, "Tagging keys". */
import { AwsError } from './wire.ts';

export type Tags = Readonly<Record<string, string>>;

const MAX_TAGS = 50;

/** The tags after `added` were put over `present`. @throws AwsError `TagException`, `ValidationException` */
export function withTags(present: Tags, added: unknown): Tags {
  if (!Array.isArray(added)) throw new AwsError(400, 'ValidationException', 'Tags must be a list.');
  const tags: Record<string, string> = { ...present };
  const seen = new Set<string>();
  for (const tag of added) {
    const { TagKey: key, TagValue: value } = (tag ?? {}) as Record<string, unknown>;
    if (typeof key !== 'string' || typeof value !== 'string') {
      throw new AwsError(400, 'ValidationException', 'A tag must have a TagKey and a TagValue.');
    }
    if (key.length < 1 || key.length > 128 || value.length > 256) {
      throw new AwsError(400, 'ValidationException', 'A tag key has 1 to 128 characters and a tag value at most 256.');
    }
    if (key.toLowerCase().startsWith('aws:')) throw tagError('Tag keys must not begin with aws:');
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value))
      throw tagError('A tag has a character that is not allowed.');
    if (seen.has(key)) throw tagError('Duplicate tag keys');
    seen.add(key);
    tags[key] = value;
  }
  if (Object.keys(tags).length > MAX_TAGS) throw tagError(`A key has at most ${MAX_TAGS} tags.`);
  return tags;
}

const tagError = (sentence: string): AwsError => new AwsError(400, 'TagException', sentence);
