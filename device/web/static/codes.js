// @ts-check
/** Words for the numbers of security resources (OCF Security 13), beside the numbers. */

const OXM = { 0: "Just Works", 1: "random PIN", 2: "manufacturer certificate", 4: "preconfigured PIN" };
const STATE = ["RESET", "RFOTM", "RFPRO", "RFNOP", "SRESET"];
const CRED = /** @type {[number, string][]} */ ([
  [1, "symmetric pair-wise key"],
  [2, "symmetric group key"],
  [4, "asymmetric signing key"],
  [8, "asymmetric signing key with certificate"],
  [16, "PIN or password"],
  [32, "asymmetric encryption key"],
]);
const MODE = /** @type {[number, string][]} */ ([
  [1, "manufacturer reset"],
  [2, "take ownership"],
  [8, "credential services"],
  [16, "access management"],
  [32, "local access rules"],
  [64, "software validation"],
  [128, "software update"],
]);
const OPERATION = /** @type {[number, string][]} */ ([
  [1, "server-directed, several services"],
  [2, "server-directed, one service"],
  [4, "client-directed"],
]);
const PERMISSION = /** @type {[number, string][]} */ ([
  [1, "C"],
  [2, "R"],
  [4, "U"],
  [8, "D"],
  [16, "N"],
]);

/**
 * @param {[number, string][]} bits
 * @param {string} [between]
 * @returns {(value: number) => string}
 */
const bits = (bits, between = ", ") => (value) =>
  bits
    .filter(([bit]) => value & bit)
    .map(([, word]) => word)
    .join(between);

/** @type {Record<string, (value: any) => string | undefined>} */
const WORDS = {
  oxmsel: (value) => /** @type {any} */ (OXM)[value],
  oxms: (value) => (Array.isArray(value) ? value.map((each) => /** @type {any} */ (OXM)[each] ?? each).join(", ") : ""),
  dos: (value) => STATE[value?.s],
  cm: bits(MODE),
  tm: bits(MODE),
  om: bits(OPERATION),
  sm: bits(OPERATION),
  sct: bits(CRED),
  credtype: bits(CRED),
  permission: bits(PERMISSION, ""),
};

/**
 * Return words for the value of a property; "" where it says all itself.
 * @param {string} name
 * @param {any} value
 * @returns {string}
 */
export function wordsFor(name, value) {
  return WORDS[name]?.(value) ?? "";
}
