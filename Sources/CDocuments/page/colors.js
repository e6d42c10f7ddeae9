// Colour scales of even lightness, computed in Oklab: the same two that the server's pictures have.

function oklab(lightness, chroma, hueDegrees) {
  const linear = (c) => {
    const [a, b] = [c * Math.cos((hueDegrees * Math.PI) / 180), c * Math.sin((hueDegrees * Math.PI) / 180)];
    const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    return [
      4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
      -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
      -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
    ];
  };
  let held = chroma;
  while (held > 0.001 && linear(held).some((channel) => channel < -0.0005 || channel > 1.0005)) held *= 0.98;
  return linear(held).map((channel) => {
    const level = Math.min(1, Math.max(0, channel));
    return Math.round(255 * (level <= 0.0031308 ? 12.92 * level : 1.055 * level ** (1 / 2.4) - 0.055));
  });
}

const scale = (color) => Array.from({ length: 256 }, (_, index) => color(index / 255));
const colorScales = {
  /** Dark violet over blue and green to light yellow. */
  sequential: scale((at) => oklab(0.24 + 0.7 * at, 0.055 + 0.115 * Math.sin(Math.PI * Math.min(0.12 + 0.8 * at, 1)), 300 - 200 * at)),
  /** Blue below the middle, orange above, nearly white in it. */
  diverging: scale((at) => oklab(0.97 - 0.52 * Math.abs(2 * at - 1), 0.15 * Math.abs(2 * at - 1) ** 0.8, at < 0.5 ? 255 : 50)),
};

/** The range of values, and the scale that shows it: with both signs, zero is the middle. */
class ColorRange {
  constructor(values, fixed) {
    let [least, greatest] = [Infinity, -Infinity];
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    if (least > greatest) [least, greatest] = [0, 0];
    [this.least, this.greatest] = [least, greatest];
    this.isDiverging = Boolean(fixed) || (least < 0 && greatest > 0);
    if (fixed) [this.from, this.to] = fixed;
    else if (this.isDiverging) [this.from, this.to] = [-Math.max(-least, greatest), Math.max(-least, greatest)];
    else [this.from, this.to] = [least, greatest];
    this.colors = this.isDiverging ? colorScales.diverging : colorScales.sequential;
  }

  color(value) {
    if (Number.isNaN(value)) return [255, 0, 200];
    const at = this.to > this.from ? (value - this.from) / (this.to - this.from) : 0.5;
    return this.colors[Math.round(Math.min(1, Math.max(0, at)) * 255)];
  }
}

const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** Black or white, whichever reads better on a colour (WCAG's relative luminance). */
function textOn(color) {
  const [red, green, blue] = color.map((level) => {
    const share = level / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "#101216" : "#ffffff";
}
