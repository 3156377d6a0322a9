/**
 * What KMS does to a caller: an answer takes its time, and there are so many a second and no more. Log-normal, because most
 * answers are quick and a few are slow; the quota is a bucket that fills over the second.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../lib/local/endpoint.ts';
import type { AwsCall } from '../../lib/local/wire.ts';

export interface KmsWeather {
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** Sign calls a second. */
  readonly quota: number;
}

/** How many standard deviations above the middle of a normal distribution 99 of 100 lie. */
const Z99 = 2.326;
const THROTTLED: Fault = {
  status: 400,
  code: 'ThrottlingException',
  message: 'You have exceeded the rate at which you may call KMS.',
};

export class KmsGate {
  readonly #weather: KmsWeather;
  #left: number;
  #filledAt = performance.now();
  signed = 0;
  throttled = 0;

  constructor(weather: KmsWeather) {
    this.#weather = weather;
    this.#left = weather.quota;
  }

  /** For the endpoint's hook `before`. */
  async pass({ service, operation }: AwsCall): Promise<Fault | undefined> {
    if (service !== 'kms' || operation !== 'Sign') return undefined;
    if (!this.#take()) {
      this.throttled += 1;
      return THROTTLED;
    }
    this.signed += 1;
    await sleep(this.#latency());
    return undefined;
  }

  #take(): boolean {
    const { quota } = this.#weather;
    const now = performance.now();
    this.#left = Math.min(quota, this.#left + ((now - this.#filledAt) / 1000) * quota);
    this.#filledAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  #latency(): number {
    const { p50Milliseconds, p99Milliseconds } = this.#weather;
    const spread = Math.log(p99Milliseconds / p50Milliseconds) / Z99;
    const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    return p50Milliseconds * Math.exp(spread * normal);
  }
}
