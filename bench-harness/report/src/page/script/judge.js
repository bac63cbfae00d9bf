// The words of comparisons with any baseline, as in `bench-harness/analysis/src`: compare.rs and judge.rs.
(() => {
  const { unpaired, paired, ofRounds, holm, smallestP } = echolab.stats;
  const LEVEL = 0.05, BASE = 90, LETTERS = 4, MIDDLE = BASE ** LETTERS / 2;
  // What clients wait for depends on the generator; what the server spends does not.
  const FOLLOWS_THE_GENERATOR = ['throughput', 'response_p50', 'response_p99', 'first_class_p99', 'capacity'];
  const ABOUT_WORK = ['cpu', 'response_p50', 'response_p99'];
  const plain = (count, thing) => `${count} ${thing}${count === 1 ? '' : 's'}`;

  const digit = (letter) => (letter === '}' ? 60 : letter === '~' ? 92 : letter.charCodeAt(0)) - 35;
  // Packed numbers of millionths; `costs/data.rs` has the format.
  const unpacked = (text) => {
    const values = [];
    for (let at = 0; at < text.length; at += LETTERS) {
      let value = 0;
      for (const letter of text.slice(at, at + LETTERS)) value = value * BASE + digit(letter);
      values.push(value - MIDDLE);
    }
    return values;
  };
  const groups = (cell, place) => cell && cell.r[place] ? cell.r[place].split(' ').map(unpacked) : null;

  // What was measured of two contenders; `pool` are the cells of the baseline.
  const evidence = (own, against, pool, place) => {
    const [mine, other] = [groups(own, place), groups(against, place)];
    if (own.p && against.p) {
      if (mine && other) return ofRounds(mine, other);
      if (mine) return paired(mine);
      return other ? paired(other.map((logs) => logs.map((log) => -log))) : null;
    }
    if (own.p || against.p || !mine) return null;
    const values = pool.map((cell) => groups(cell, place));
    return values.every(Boolean) ? unpaired(mine.flat(), values.flat(2)) : null;
  };
  const bound = (cell) => cell.p ? (cell.b ? cell.n : 0) : cell.l || 0;
  const total = (cells, count) => cells.reduce((sum, cell) => sum + (count(cell) || 0), 0);
  // The side whose throughput is at least what was measured.
  const lowerBound = (own, base, figure) => {
    const [mine, others] = [bound(own), total(base, bound)];
    if (figure !== 'throughput' || !mine === !others) return null;
    return mine ? { own: true, trials: mine } : { own: false, trials: others };
  };
  const barred = (own, base, figure) => {
    const all = [...base, own], trials = (count) => total(all, count);
    const failed = trials((cell) => cell.f), disturbed = trials((cell) => cell.d);
    if (failed) return ['failed', `${plain(failed, 'trial')} of this pair failed`];
    if (disturbed) return ['disturbed', `other programs disturbed ${plain(disturbed, 'trial')} of this pair`];
    if (all.some((cell) => cell.b) && FOLLOWS_THE_GENERATOR.includes(figure) && !lowerBound(own, base, figure)) {
      return generator(trials((cell) => cell.b ? cell.n : 0));
    }
    if (trials((cell) => cell.a) && figure === 'capacity') return ['above-range', 'even the highest rate met the objective'];
    if (figure === 'cpu' && all.some((cell) => cell.s && !cell.b)) return ['spins', 'a server that spins uses its whole CPU even if no client asks'];
    const behind = ABOUT_WORK.includes(figure) && all.find((cell) => cell.w !== undefined);
    return behind ? ['behind', `only ${Math.round(behind.w * 100)} % of the offered requests were answered`] : null;
  };
  const generator = (trials) => ['generator', `the generator was saturated in ${plain(trials, 'trial')} of this pair`];
  const LEFT_OUT = ['left-out', 'some clients were never served or were refused'];

  const twinOf = (id) => Object.keys(echolab.data.twins).map(Number).find((twin) => echolab.data.twins[twin] === id);
  const control = () => {
    const [twin] = Object.keys(echolab.data.twins).map(Number);
    return twin === undefined ? null : [echolab.data.twins[twin], twin];
  };
  // The comparison of the baseline with itself, which tests the measurement.
  const ofControl = (load, place) => {
    const [first, twin] = (control() || []).map((id) => load.cells[id]);
    return first && twin ? evidence(twin, first, [first], place) : null;
  };
  const untrusted = (tested, border) => {
    if (!tested) return ['no-control', 'the run has no control'];
    if (!tested.interval) return null;
    const [low, high] = tested.interval, isApart = low > 0 || high < 0;
    return isApart && !(low >= -border && high <= border) ? ['control', 'the baseline differs from itself'] : null;
  };

  const enough = (count, comparisons) => smallestP(count[0], count[1]) * comparisons <= LEVEL;
  const unsure = (found, adjusted, comparisons) => {
    const [some] = found.count;
    const few = (kind, text) => ['inconclusive', kind, text];
    if (found.kind === 'trials' && !enough(found.count, comparisons)) return few('too-few-for-family', `${plain(Math.min(...found.count), 'trial')} of each are too few for ${comparisons} comparisons at once`);
    if (found.kind === 'rounds' && 0.5 ** (some - 1) * comparisons > LEVEL) return few('too-few-rounds-for-family', `${plain(some, 'round')} cannot decide ${comparisons} comparisons`);
    return few('one-of-many', `not significant after correction for multiple comparisons (Holm, p = ${adjusted.toFixed(3)})`);
  };
  const word = (pair, found, adjusted, comparisons, border, more) => {
    if (pair.bar) return ['barred', ...pair.bar];
    if (!found.interval) {
      const few = Math.min(...found.count);
      return found.kind === 'trials'
        ? ['inconclusive', 'too-few', `${plain(few, 'value')} of each are too few for a 95 % interval`]
        : ['inconclusive', 'too-few-rounds', `${plain(few, 'round')} are too few for a 95 % interval`];
    }
    const [low, high] = found.interval;
    if (low >= -border && high <= border) return ['equivalent'];
    const isMore = low > border;
    if (!isMore && high >= -border) {
      const width = Math.expm1((high - low) / 2e6) * 100;
      return ['inconclusive', 'wide', `the ratio is known only to ±${width.toPrecision(2)} %`];
    }
    if (adjusted > LEVEL) return unsure(found, adjusted, comparisons);
    if (isMore !== more) return ['worse'];
    return pair.own.o ? ['barred', ...LEFT_OUT] : ['better'];
  };
  // Only a word that a higher value of the bounded side confirms.
  const capped = ([name, ...why], lower) => {
    const isKept = !lower || name === 'barred' || name === 'inconclusive' || name === (lower.own ? 'better' : 'worse');
    return isKept ? [name, ...why] : ['barred', ...generator(lower.trials)];
  };

  // All contenders compared with a baseline under a load of the data, in a figure: for each `null`, or the ratio with its interval and
  // p-values, the word (better, worse, equivalent, inconclusive, barred, control), its kind and its reason.
  echolab.compare = (load, figure, baseline) => {
    const { data } = echolab, place = load.rounds_of.indexOf(figure), border = Math.log(data.zone) * 1e6;
    const { more } = data.figures[figure], results = load.cells.map(() => null);
    const against = load.cells[baseline], tested = ofControl(load, place);
    const finished = (found, adjusted, [name, kind, reason]) => ({
      ratio: Math.exp(found.estimate / 1e6),
      interval: found.interval && found.interval.map((end) => Math.exp(end / 1e6)),
      p: found.p, adjusted, word: name, kind, reason, count: found.count, unit: found.kind,
    });
    if (tested) results[control()[1]] = finished(tested, tested.p, ['control']);
    if (!against) return results;
    const twin = load.cells[twinOf(baseline)];
    const base = [against, ...(twin && tested && tested.interval ? [twin] : [])];
    const doubt = untrusted(tested, border), starving = base.some((cell) => cell.o) ? LEFT_OUT : null;
    const pairs = load.cells.map((own, id) => {
      if (!own || id === baseline || id in data.twins) return null;
      const found = evidence(own, against, base, place);
      return found && { id, own, found, bar: barred(own, base, figure) || starving || doubt, lower: lowerBound(own, base, figure) };
    }).filter(Boolean);
    const adjusted = holm(pairs.map((pair) => pair.found.p));
    pairs.forEach((pair, k) => {
      const given = word(pair, pair.found, adjusted[k], pairs.length, border, more);
      results[pair.id] = finished(pair.found, adjusted[k], capped(given, pair.lower));
    });
    return results;
  };
})();
