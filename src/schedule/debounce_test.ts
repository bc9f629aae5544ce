import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { debounce } from "./debounce.ts";

test("a burst calls at once and once more after it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let calls = 0;
  const debounced = debounce(() => calls++, 100);
  debounced.wake();
  assert.equal(calls, 1);
  for (let wakes = 0; wakes < 50; wakes++) debounced.wake();
  assert.equal(calls, 1);
  mock.timers.tick(100);
  assert.equal(calls, 2);
  mock.timers.tick(1_000);
  assert.equal(calls, 2);
  mock.timers.reset();
});

test("nothing is called after stop", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let calls = 0;
  const debounced = debounce(() => calls++, 100);
  debounced.wake();
  debounced.wake();
  debounced.stop();
  mock.timers.tick(1_000);
  assert.equal(calls, 1);
  mock.timers.reset();
});
