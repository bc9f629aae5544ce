import assert from "node:assert/strict";
import { test } from "node:test";
import { Circuit } from "./circuit.ts";

function failTimes(circuit: Circuit, times: number, nowMs = 0): boolean {
  let hasOpened = false;
  for (let time = 0; time < times; time++) hasOpened = circuit.fail(nowMs) || hasOpened;
  return hasOpened;
}

test("a few faults between successes leave the circuit closed", () => {
  const circuit = new Circuit();
  for (let round = 0; round < 10; round++) {
    assert.equal(failTimes(circuit, 4), false);
    assert.equal(circuit.succeed(), false);
  }
  assert.equal(circuit.state, "closed");
});

test("five faults in a row open it, and one probe at a time goes after a pause", () => {
  const circuit = new Circuit();
  assert.equal(failTimes(circuit, 5), true);
  assert.equal(circuit.allowance(999), 0);
  assert.equal(circuit.nextProbeMs(999), 1000);
  assert.equal(circuit.allowance(1000), 1);
  assert.equal(circuit.state, "probing");
  assert.equal(circuit.succeed(), true);
  assert.equal(circuit.allowance(1000), Number.POSITIVE_INFINITY);
});

test("pauses double with each probe that fails, up to a minute", () => {
  const circuit = new Circuit();
  failTimes(circuit, 5);
  const pauses: number[] = [];
  let nowMs = 0;
  for (let probe = 0; probe < 8; probe++) {
    const next = circuit.nextProbeMs(nowMs);
    pauses.push((next - nowMs) / 1000);
    nowMs = next;
    assert.equal(circuit.allowance(nowMs), 1);
    assert.equal(circuit.fail(nowMs), true);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
});

test("requests that were under way when it opened do not make the pause longer", () => {
  const circuit = new Circuit();
  failTimes(circuit, 20);
  assert.equal(circuit.nextProbeMs(0), 1000);
});
