// The statistics of the comparisons, as in `bench-harness/analysis/src`: ranks.rs, shift.rs, signed_ranks.rs, paired.rs,
// sittings.rs, family.rs. The sources of the methods are named there. Logarithms are whole millionths here and there.
(() => {
  const TAIL = 0.025, UNIT_LEVEL = 0.1, Z = 1.959963984540054;
  const EXACT_WITH_TIES = 30, EXACT_PAIRS = 10000, EXACT_ROUNDS = 200, MOST_ROUNDS = 1000;
  const sum = (values) => values.reduce((all, value) => all + value, 0);
  const mean = (values) => sum(values) / values.length;

  // A function whose results are kept.
  const kept = (make) => {
    const known = new Map();
    return (...key) => {
      const name = key.join();
      if (!known.has(name)) known.set(name, make(...key));
      return known.get(name);
    };
  };

  // The probability that a normal value is above z, for z from 0: a series near the middle, a continued fraction beyond.
  const upperNormal = (z) => {
    const density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);
    if (z < 3) {
      let term = z, all = z;
      for (let k = 3; term > 1e-17 * all; k += 2) all += term *= z * z / k;
      return 0.5 - density * all;
    }
    let below = z;
    for (let k = 60; k > 0; k--) below = z + k / below;
    return density / below;
  };

  // The probability that chi-squared with whole degrees of freedom is above x.
  const upperChi = (x, freedom) => {
    if (x <= 0) return 1;
    let degrees = freedom % 2 || 2;
    let share = degrees === 1 ? 2 * upperNormal(Math.sqrt(x)) : Math.exp(-x / 2);
    let term = degrees === 1 ? Math.sqrt(2 * x / Math.PI) * Math.exp(-x / 2) : x / 2 * Math.exp(-x / 2);
    for (; degrees < freedom; degrees += 2) {
      share += term;
      term *= x / (degrees + 2);
    }
    return share;
  };

  // The probability that Student's t with whole degrees of freedom is farther from zero than t.
  const beyondT = (t, freedom) => {
    if (!isFinite(t)) return 0;
    const angle = Math.atan(t / Math.sqrt(freedom)), [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const isOdd = freedom % 2 === 1;
    let term = isOdd ? sin * cos : sin, all = freedom === 1 ? 0 : term;
    for (let k = isOdd ? 3 : 2; k < freedom; k += 2) all += term *= (k - 1) / k * cos * cos;
    return 1 - (isOdd ? 2 / Math.PI * (angle + all) : all);
  };
  const quantileT = kept((freedom) => {
    let [low, high] = [0, 1000];
    for (let k = 0; k < 100; k++) {
      const middle = (low + high) / 2;
      if (beyondT(middle, freedom) > 2 * TAIL) low = middle; else high = middle;
    }
    return (low + high) / 2;
  });

  // Doubled middle ranks in the order of the values, and how many values share each rank.
  const ranked = (values) => {
    const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
    const ranks = [], ties = [];
    for (let first = 0; first < order.length;) {
      let end = first + 1;
      while (end < order.length && values[order[end]] === values[order[first]]) end++;
      for (let k = first; k < end; k++) ranks[order[k]] = first + end + 1;
      ties.push(end - first);
      first = end;
    }
    return { ranks, ties };
  };
  const cubes = (ties) => sum(ties.map((size) => size ** 3 - size));

  // --- Two groups: Mann and Whitney, Hodges and Lehmann ---

  // The probability that U is at most 0, 1, 2, … without ties.
  const rankTails = kept((m, n) => {
    const counts = new Float64Array(m * n + 1);
    counts[0] = 1;
    for (let i = 1; i <= m; i++) {
      for (let u = counts.length - 1; u >= n + i; u--) counts[u] -= counts[u - n - i];
      for (let u = i; u < counts.length; u++) counts[u] += counts[u - i];
    }
    const all = sum(counts);
    let reached = 0;
    return counts.map((count) => (reached += count) / all);
  });
  const tailsOf = (m, n) => rankTails(Math.min(m, n), Math.max(m, n));
  const spread = (m, n, ties) => {
    const all = m + n;
    return Math.sqrt(Math.max(0, m * n / 12 * (all + 1 - cubes(ties) / (all * (all - 1)))));
  };
  const leftOut = (m, n) => {
    if (m * n > EXACT_PAIRS) return Math.floor(m * n / 2 - Z * spread(m, n, []));
    const above = tailsOf(m, n).findIndex((tail) => tail > TAIL);
    return above > 0 ? above - 1 : null;
  };
  const binomials = (n) => {
    const row = [1];
    for (let k = 0; k < n; k++) row.push(Math.round(row[k] * (n - k) / (k + 1)));
    return row;
  };
  // Every way to give the ranks to the first group is equally probable.
  const exactWithTies = (doubled, m, ties) => {
    const total = sum(ties), most = total * (total + 1);
    const ways = Array.from({ length: m + 1 }, () => new Float64Array(most + 1));
    ways[0][0] = 1;
    let below = 0, reached = 0;
    for (const size of ties) {
      const rank = 2 * below + size + 1, choices = binomials(size);
      for (let k = Math.min(m, below + size); k > 0; k--) {
        for (let chosen = 1; chosen <= Math.min(size, k); chosen++) {
          const from = ways[k - chosen], shift = chosen * rank;
          for (let s = Math.min(reached, most - shift); s >= 0; s--) ways[k][s + shift] += choices[chosen] * from[s];
        }
      }
      below += size;
      reached += size * rank;
    }
    const middle = m * (total + 1), far = Math.abs(doubled - middle) - 1e-9;
    let extreme = 0;
    ways[m].forEach((count, s) => { if (Math.abs(s - middle) >= far) extreme += count; });
    return extreme / sum(ways[m]);
  };
  const byNormal = (u, m, n, ties) => {
    const scatter = spread(m, n, ties);
    return scatter === 0 ? 1 : 2 * upperNormal(Math.max(0, Math.abs(u - m * n / 2) - 0.5) / scatter);
  };
  const rankP = (a, b) => {
    const [m, n] = [a.length, b.length], { ranks, ties } = ranked([...a, ...b]);
    const doubled = sum(ranks.slice(0, m)), u = (doubled - m * (m + 1)) / 2;
    if (ties.some((size) => size > 1)) {
      return Math.min(1, m + n <= EXACT_WITH_TIES ? exactWithTies(doubled, m, ties) : byNormal(u, m, n, ties));
    }
    return Math.min(1, m * n <= EXACT_PAIRS ? 2 * tailsOf(m, n)[Math.min(u, m * n - u)] : byNormal(u, m, n, ties));
  };
  const smallestP = (m, n) => m * n === 0 ? 1 : m * n > EXACT_PAIRS ? 0 : Math.min(1, 2 * tailsOf(m, n)[0]);
  // The median of logarithms, and the interval that drops some at each end.
  const hodgesLehmann = (logs, skip) => {
    const sorted = Float64Array.from(logs).sort(), last = sorted.length - 1;
    const interval = skip === null ? null : [sorted[skip], sorted[last - skip]];
    return { estimate: (sorted[last >> 1] + sorted[(last + 1) >> 1]) / 2, interval };
  };
  const unpaired = (a, b) => a.length && b.length ? {
    ...hodgesLehmann(a.flatMap((x) => b.map((y) => x - y)), leftOut(a.length, b.length)),
    p: rankP(a, b), count: [a.length, b.length], kind: 'trials',
  } : null;

  // --- Pairs: Wilcoxon with the zeros of Pratt ---

  const signShares = (ranks) => {
    const shares = new Float64Array(sum(ranks) + 1);
    shares[0] = 1;
    let reached = 0;
    for (const rank of ranks) {
      reached += rank;
      for (let s = reached; s >= 0; s--) shares[s] = (shares[s] + (s >= rank ? shares[s - rank] : 0)) / 2;
    }
    return shares;
  };
  const signTails = kept((n) => {
    let reached = 0;
    return signShares(Array.from({ length: n }, (_, k) => k + 1)).map((share) => reached += share);
  });
  const signedP = (logs) => {
    const { ranks, ties } = ranked(logs.map(Math.abs)), n = logs.length;
    const kept = ranks.filter((_, k) => logs[k] !== 0), positive = sum(ranks.filter((_, k) => logs[k] > 0));
    const total = sum(kept), least = Math.min(positive, total - positive);
    if (n > EXACT_ROUNDS) {
      const squares = sum(kept.map((rank) => rank * rank));
      const off = Math.max(0, Math.abs(positive - total / 2) - 1);
      return squares === 0 ? 1 : Math.min(1, 2 * upperNormal(off / (Math.sqrt(squares) / 2)));
    }
    if (kept.length === n && ties.length === n) return Math.min(1, 2 * signTails(n)[least / 2]);
    return Math.min(1, 2 * sum(signShares(kept).slice(0, least + 1)));
  };
  const signsLeftOut = (n) => {
    if (n > EXACT_ROUNDS) return Math.floor(n * (n + 1) / 4 - Z * Math.sqrt(n * (n + 1) * (2 * n + 1) / 24) - 0.5);
    const above = signTails(n).findIndex((tail) => tail > TAIL);
    return above > 0 ? above - 1 : null;
  };
  const pairedRatio = (all) => {
    const stride = Math.max(1, Math.ceil(all.length / MOST_ROUNDS));
    const logs = all.filter((_, k) => k % stride === 0);
    return hodgesLehmann(logs.flatMap((x, k) => logs.slice(k).map((y) => (x + y) / 2)), signsLeftOut(logs.length));
  };

  // --- Sittings: Kruskal and Wallis decide about the unit, Student is its interval ---

  const differ = (groups) => {
    groups = groups.filter((group) => group.length >= 2);
    if (groups.length < 3) return false;
    const { ranks, ties } = ranked(groups.flat()), all = ranks.length;
    let first = 0, squares = 0;
    for (const group of groups) {
      squares += (sum(ranks.slice(first, first + group.length)) / 2) ** 2 / group.length;
      first += group.length;
    }
    const correction = 1 - cubes(ties) / (all ** 3 - all);
    const h = correction <= 0 ? 0 : Math.max(0, (12 / (all * (all + 1)) * squares - 3 * (all + 1)) / correction);
    return upperChi(h, groups.length - 1) <= UNIT_LEVEL;
  };
  const means = (groups) => groups.filter((group) => group.length).map(mean);
  const bySitting = (groups) => {
    const values = means(groups), n = values.length, middle = mean(values);
    const error = Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (n - 1) / n);
    const reach = quantileT(n - 1) * error, t = Math.abs(middle) / error;
    return { estimate: middle, interval: [middle - reach, middle + reach], p: error === 0 && middle === 0 ? 1 : beyondT(t, n - 1), count: [n], kind: 'sittings' };
  };
  const paired = (groups) => {
    const logs = groups.flat();
    if (!logs.length) return null;
    if (differ(groups)) return bySitting(groups);
    return { ...pairedRatio(logs), p: signedP(logs), count: [logs.length], kind: 'rounds' };
  };
  // Two contenders that were measured beside a third one.
  const ofRounds = (a, b) => {
    const values = differ(a) || differ(b) ? means : (groups) => groups.flat();
    return unpaired(values(a), values(b));
  };

  // --- Many comparisons at once ---

  const holm = (ps) => {
    const order = [...ps.keys()].sort((a, b) => ps[a] - ps[b]), adjusted = [];
    let least = 0;
    order.forEach((index, place) => adjusted[index] = least = Math.min(1, Math.max(least, ps[index] * (ps.length - place))));
    return adjusted;
  };
  echolab.stats = { unpaired, paired, ofRounds, holm, smallestP };
})();
