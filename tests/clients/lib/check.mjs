// Counts and prints checks: `ok …` or `FAIL …`, one line each.

let passed = 0;
let failed = 0;

/** Runs one check. Its value is what `body` answers, or undefined after a failure, which is printed and counted. */
export async function check(name, body) {
  try {
    const value = await body();
    passed += 1;
    console.log(`ok ${name}`);
    return value;
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}: ${reason(error)}`);
    return undefined;
  }
}

/** Throws unless both are equal; numbers are compared as bigint, addresses and hex without regard to case. */
export function equal(actual, expected, what) {
  if (normal(actual) !== normal(expected)) throw new Error(`${what} is ${actual}, not ${expected}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Prints the last line; the exit code is 0 if and only if checks ran and all passed. */
export function summary() {
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

function normal(value) {
  if (typeof value === 'number') return BigInt(value).toString();
  if (typeof value === 'string' && value.startsWith('0x')) return value.toLowerCase();
  return String(value);
}

function reason(error) {
  const text = error?.shortMessage ?? error?.message ?? String(error);
  return text.length > 600 ? `${text.slice(0, 600)} …` : text;
}
