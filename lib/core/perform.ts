/** How each step is done: the effect that it has on the world, and the keyring that results. The caller saves it. */
import { verifyCanary } from './canary.ts';
import type { Policy } from './config.ts';
import { isKeyturnError } from './errors.ts';
import { dropImported } from './imports.ts';
import { documentPaths } from './issuer.ts';
import type { Intent, Keyring } from './keyring.ts';
import type { Step } from './lifecycle.ts';
import { load } from './load.ts';
import type { Look } from './look.ts';
import { publish } from './publish.ts';
import type { RotatorPorts } from './rotate.ts';
import {
  activate,
  activationTerms,
  addPending,
  disabled,
  end,
  forget,
  noteKeyMade,
  observe,
  openIntent,
  outlast,
  raiseTokenLifetime,
  retire,
  scheduledForDeletion,
  unobserve,
} from './transitions.ts';

const DAY = 86_400;

/**
 * Answers with the keyring to save; the same object means that there is nothing to save. Instants are read after the
 * last await, so that what is saved is as young as the save.
 */
export async function perform(
  ports: RotatorPorts,
  policy: Policy,
  keyring: Keyring,
  seen: Look,
  step: Step,
): Promise<Keyring> {
  const { keys, publisher, clock } = ports;
  switch (step.kind) {
    case 'intend':
      return openIntent(keyring, {
        id: `${keyring.id}.${ports.randomId()}`,
        algorithm: policy.algorithm,
        openedAt: clock(),
      });
    case 'create':
      return closeIntent(ports, keyring, (intent) => keys.create(intent));
    case 'adopt':
      return closeIntent(ports, keyring, async () => step.keyArn);
    case 'publish':
      await publish(publisher, step.documents, seen.stored);
      return keyring;
    case 'invalidate':
      await publisher.invalidate(Object.values(documentPaths(policy.issuer)));
      return keyring;
    case 'observe':
      return observe(keyring, step.kid, clock());
    case 'unobserve':
      return unobserve(keyring, step.kid);
    case 'activate': {
      await verifyCanary(await ports.canary.token(), seen.edgeBody ?? '', step.key, policy.issuer);
      // I7: the clock may have jumped since it decided, and it stamps what follows.
      await load(ports, policy);
      const now = clock();
      return activate(keyring, step.key, activationTerms(policy, now, step.leadWaived), now);
    }
    case 'end':
      return end(keyring, step.kid, clock());
    case 'disable':
      await keys.disable(arnOf(keyring, step.kid));
      return disabled(keyring, step.kid, clock());
    case 'retire':
      return retire(keyring, step.kid, step.reason, clock());
    case 'destroy': {
      const deletionAt = await keys.destroy(arnOf(keyring, step.kid), policy.deletionWindow / DAY);
      return scheduledForDeletion(keyring, step.kid, deletionAt);
    }
    case 'raise':
      return raiseTokenLifetime(keyring, step.maxTokenLifetime);
    case 'outlast':
      return outlast(keyring, step.promise);
    case 'sweep':
      await keys.destroy(step.keyArn, policy.deletionWindow / DAY);
      return keyring;
    case 'expire':
      return dropImported(keyring, step.kid, 'its time was over', clock());
    case 'forget':
      return forget(keyring, step.kid);
  }
}

const arnOf = (keyring: Keyring, kid: string): string => keyring.keys.find((key) => key.kid === kid)?.keyArn ?? '';

async function closeIntent(
  { keys, clock }: RotatorPorts,
  keyring: Keyring,
  make: (intent: Intent) => Promise<string>,
): Promise<Keyring> {
  const { intent } = keyring;
  if (!intent) return keyring;
  const keyArn = await make(intent);
  try {
    const jwk = await keys.publicKey({ keyArn, algorithm: intent.algorithm });
    return addPending(keyring, { intentId: intent.id, keyArn, jwk }, clock());
  } catch (error) {
    // Until tags and permissions have got round, which takes minutes, each tick would make another key.
    if (!isKeyturnError(error, 'key_not_visible') || intent.made?.keyArn === keyArn) throw error;
    return noteKeyMade(keyring, keyArn, clock());
  }
}
