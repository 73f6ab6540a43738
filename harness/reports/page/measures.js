// Measures of the runs themselves at a budget, as nasbed.summary has them at its end: of validation regret against evaluations.
const ROPE = 0.1; // half the region of practical equivalence, in standard deviations of the reference
const FEWEST = 6; // runs below which a posterior is not told

// Why there are none; empty where there are.
function unmeasured() {
  if (metric() !== "validation" || axis() !== "evaluations") return "IQM, AUC, ERT and equivalence are shown of validation regret against evaluations.";
  return benchmark().runs ? "" : "IQM, AUC, ERT and equivalence need every run, and this page holds none: there are too many, or no best is known. The tables below have them at the end of the budget.";
}

const valueOf = (place) => benchmark().runs.values[place];

// The regret of a run after so many evaluations; null where it has no incumbent.
function regretAfter(run, budget) {
  let found = null;
  for (let at = 0; at < run.length && run[at] < budget; at += 2) found = valueOf(run[at + 1]);
  return found;
}

const total = (numbers) => numbers.reduce((sum, one) => sum + one, 0);
const meanOf = (numbers) => total(numbers) / numbers.length;
const ascending = (numbers) => [...numbers].sort((one, other) => one - other);

function spreadOf(numbers) {
  const middle = meanOf(numbers);
  return Math.sqrt(total(numbers.map((one) => (one - middle) ** 2)) / (numbers.length - 1));
}

function medianOf(numbers) {
  const sorted = ascending(numbers);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// Mean of the middle half.
function interquartileMean(numbers) {
  const cut = numbers.length >> 2;
  return meanOf(ascending(numbers).slice(cut, numbers.length - cut));
}

// Mean over the evaluations up to the budget; null where a run had no incumbent at its first.
function area(run, budget) {
  let sum = 0;
  for (let at = 0; at < run.length && run[at] < budget; at += 2) {
    if (valueOf(run[at + 1]) === null) return null;
    sum += valueOf(run[at + 1]) * (Math.min(run[at + 2] ?? budget, budget) - run[at]);
  }
  return sum / budget;
}

// Evaluations until a regret is at most the target; Infinity where it is not within the budget.
function runtime(run, target, budget) {
  for (let at = 0; at < run.length && run[at] < budget; at += 2) {
    const value = valueOf(run[at + 1]);
    if (value !== null && value <= target) return run[at] + 1;
  }
  return Infinity;
}

function logGamma(x) {
  // Stirling's series, from 10 on; below by the recurrence.
  let shift = 0;
  while (x < 10) shift -= Math.log(x++);
  const inverse = 1 / (x * x);
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x;
}

// The regularised incomplete beta function, by its continued fraction (Lentz's way of evaluating it).
function beta(x, a, b) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    for (const term of [(m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)), (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))]) {
      d = 1 / (1 + term * d);
      c = 1 + term / c;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-14) break;
  }
  const front = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x);
  return (Math.exp(front) / a) * fraction;
}

// Student's distribution: the chance of less than t, with so many degrees of freedom.
function student(t, freedom) {
  const tail = beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

// The probability that the mean difference from the reference lies within the region of practical equivalence.
function equivalent(ours, theirs) {
  const both = ours.map((one, at) => [one, theirs[at]]).filter(([one, other]) => one !== null && other !== null);
  if (both.length < FEWEST) return null;
  const rope = ROPE * spreadOf(both.map(([, other]) => other));
  if (!(rope > 1e-12)) return null;
  const differences = both.map(([one, other]) => one - other);
  const scale = spreadOf(differences) / Math.sqrt(both.length);
  const mean = meanOf(differences);
  if (scale < 1e-12) return Math.abs(mean) <= rope * (1 + 1e-9) ? 1 : 0;
  return student((rope - mean) / scale, both.length - 1) - student((-rope - mean) / scale, both.length - 1);
}

// What the runs of a strategy are worth after so many evaluations.
function measures(strategy, budget) {
  const { runs, count, reference } = benchmark().runs;
  const [ours, theirs] = [strategy, reference].map((one) => runs[one].map((run) => regretAfter(run, budget)));
  const [there, ends] = [ours, theirs].map((values) => values.filter((one) => one !== null));
  const areas = runs[strategy].map((run, at) => (ours[at] === null ? null : area(run, budget))).filter((one) => one !== null);
  const target = ends.length ? medianOf(ends) : -Infinity;
  const times = runs[strategy].map((run) => runtime(run, target, budget));
  const reached = times.filter(Number.isFinite).length;
  const spent = total(times.map((time, at) => (Number.isFinite(time) ? time : Math.min(count[strategy][at], budget))));
  return {
    iqm: there.length ? interquartileMean(there) : null,
    area: areas.length ? meanOf(areas) : null,
    reached: ends.length ? reached / times.length : null,
    time: !ends.length ? null : reached ? spent / reached : Infinity,
    equivalent: strategy === reference ? null : equivalent(ours, theirs),
  };
}
