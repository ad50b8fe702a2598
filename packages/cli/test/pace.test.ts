// Pace and time left, on a clock that the test sets.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace, phasePace } from "../src/pace.js";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

test("the time left is that of the rest at the pace since the beginning", () => {
  const pace = new Pace(40);
  expect(pace.left(40, 100)).toBe("– left");
  vi.advanceTimersByTime(10_000);
  expect(pace.perSecond(60)).toBe(2);
  expect(pace.left(60, 100)).toBe("20 s left");
  expect(pace.left(120, 100)).toBe("0 s left");
});

test("a new phase begins a pace of its own", () => {
  const paceOf = phasePace<string>();
  paceOf("read", 0);
  vi.advanceTimersByTime(10_000);
  expect(paceOf("read", 50).left(50, 100)).toBe("10 s left");
  const write = paceOf("write", 50);
  vi.advanceTimersByTime(1000);
  expect(paceOf("write", 60)).toBe(write);
  expect(write.left(60, 100)).toBe("4 s left");
});
