// Numbers in words, as nasbed.tables.numbers writes them: three significant digits of the spread, or four of a number without one.
const lowest = (value, digits) => Number(value.toExponential(digits - 1).split("e")[1]) - digits + 1;

function number(value, spread = 0) {
  if (value === null || value === undefined) return "–";
  if (!value && !spread) return "0";
  const last = spread > 0 ? lowest(spread, 3) : lowest(Math.abs(value), 4);
  const size = Math.max(Math.abs(value), spread);
  const power = size >= 1e7 || (size < 1e-3 && last < -6) ? lowest(size, 1) : 0;
  const text = (value / 10 ** power).toFixed(Math.min(15, Math.max(0, power - last)));
  const sign = power < 0 ? "-" : "+";
  return (Number(text) ? text : text.replace("-", "")) + (power ? `e${sign}${String(Math.abs(power)).padStart(2, "0")}` : "");
}

const short = (value) => String(Number(value.toPrecision(3)));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// The place of the number nearest to a value.
function nearest(numbers, value) {
  let found = 0;
  numbers.forEach((one, at) => { if (Math.abs(one - value) < Math.abs(numbers[found] - value)) found = at; });
  return found;
}

// Scales: a function from numbers to pixels, and the numbers that are labelled.
function scaled(low, high, from, to, logarithmic) {
  const turn = logarithmic ? Math.log10 : (value) => value;
  const span = turn(high) - turn(low) || 1;
  return (value) => from + ((turn(value) - turn(low)) / span) * (to - from);
}

function ticks(low, high, logarithmic, most) {
  const found = [];
  if (logarithmic) {
    const multiples = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]];
    for (const choice of multiples) {
      found.length = 0;
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
        for (const multiple of choice) found.push(Number((multiple * 10 ** power).toPrecision(3)));
      const inside = found.filter((value) => value >= low * 0.9999 && value <= high * 1.0001);
      if (inside.length <= most || choice.length === 1) {
        const step = Math.ceil(inside.length / most);
        return inside.filter((_, at) => at % step === 0);
      }
    }
  }
  const raw = (high - low) / most;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((multiple) => multiple * power).find((size) => size >= raw) || raw;
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step)
    found.push(Number(value.toPrecision(6)));
  return found;
}
