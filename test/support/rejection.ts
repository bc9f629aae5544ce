import assert from "node:assert/strict";

import { PerigeeError } from "../../src/error.ts";

/** The `PerigeeError` with which a promise rejects in time; anything else fails the test. */
export async function rejection(promise: Promise<unknown>, limitMs = 5_000): Promise<PerigeeError> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`still pending after ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([promise, late]);
  } catch (error) {
    assert.ok(error instanceof PerigeeError, `wanted a PerigeeError, found ${error}`);
    return error;
  } finally {
    clearTimeout(timer);
  }
  assert.fail("wanted a rejection, found success");
}
