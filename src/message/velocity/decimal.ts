/**
 * A decimal number of exact digits, as Java's BigDecimal: `unscaled / 10^scale`. Dialect 2.x turns
 * text into one when it calculates with it, and both dialects when a double meets a BigInteger.
 */
export class JavaDecimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** Reads what `new BigDecimal(text)` takes; undefined for anything else or over 1,000 digits. */
  static parse(text: string): JavaDecimal | undefined {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
    if (match === null || text.length > 1000) return undefined;
    const fraction = match[3] ?? "";
    const digits = match[2] + fraction;
    if (digits === "") return undefined;
    const unscaled = BigInt(digits);
    const scale = fraction.length - Number(match[4] ?? 0);
    if (Math.abs(scale) > 1000) return undefined;
    return new JavaDecimal(match[1] === "-" ? -unscaled : unscaled, scale);
  }

  /** The integer part, toward zero. */
  truncate(): bigint {
    return this.scale <= 0 ? this.unscaled * tenTo(-this.scale) : this.unscaled / tenTo(this.scale);
  }

  /** The same number with more digits after the point. */
  private unscaledAt(scale: number): bigint {
    return this.unscaled * tenTo(scale - this.scale);
  }

  add(other: JavaDecimal): JavaDecimal {
    const scale = Math.max(this.scale, other.scale);
    return new JavaDecimal(this.unscaledAt(scale) + other.unscaledAt(scale), scale);
  }

  negate(): JavaDecimal {
    return new JavaDecimal(-this.unscaled, this.scale);
  }

  multiply(other: JavaDecimal): JavaDecimal {
    return new JavaDecimal(this.unscaled * other.unscaled, this.scale + other.scale);
  }

  /** Keeps this number's scale and rounds half down, as Velocity asks Java to. */
  divide(other: JavaDecimal): JavaDecimal {
    const shift = other.scale;
    const numerator = shift > 0 ? this.unscaled * tenTo(shift) : this.unscaled;
    const denominator = shift < 0 ? other.unscaled * tenTo(-shift) : other.unscaled;
    let quotient = numerator / denominator;
    const rest = numerator % denominator;
    const twice = 2n * (rest < 0n ? -rest : rest);
    const isNegative = (numerator < 0n) !== (denominator < 0n);
    if (twice > (denominator < 0n ? -denominator : denominator)) quotient += isNegative ? -1n : 1n;
    return new JavaDecimal(quotient, this.scale);
  }

  compare(other: JavaDecimal): number {
    const scale = Math.max(this.scale, other.scale);
    const left = this.unscaledAt(scale);
    const right = other.unscaledAt(scale);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  valueOf(): number {
    return Number(`${this.unscaled}e${-this.scale}`);
  }

  /** BigDecimal.toString: scientific only for a negative scale or very small numbers. */
  toString(): string {
    const sign = this.unscaled < 0n ? "-" : "";
    const digits = String(this.unscaled).replace("-", "");
    const exponent = digits.length - 1 - this.scale;
    if (this.scale >= 0 && exponent >= -6) {
      if (this.scale === 0) return sign + digits;
      const padded = digits.padStart(this.scale + 1, "0");
      const point = padded.length - this.scale;
      return `${sign}${padded.slice(0, point)}.${padded.slice(point)}`;
    }
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return `${sign}${mantissa}E${exponent < 0 ? "" : "+"}${exponent}`;
  }
}

function tenTo(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}
