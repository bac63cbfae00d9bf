// Fills the cost tables with ratios, tints and words against the baseline that the reader chose.
(() => {
  const d = document, { data, state } = echolab;
  if (!state) return;
  const STEPS = [1.5, 3];
  const ratioText = (ratio) => {
    if (ratio < 0.005) return '< 0.01';
    return ratio.toFixed(ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0).replace(/^(\d{2,})\.0$/, '$1');
  };
  const part = (name, text) => {
    const element = d.createElement(name);
    element.textContent = text;
    return element;
  };
  const isText = (node) => node.nodeName !== 'SMALL' && node.nodeName !== 'I';
  // The tables with what the page wrote into them, so that it can be put back.
  echolab.tables = [...d.querySelectorAll('.load')].map((fold) => {
    const table = fold.querySelector('table.cost'), columns = [...table.querySelectorAll('th[data-m]')].map((head) => head.dataset.m);
    const rows = [...table.querySelectorAll('tbody tr')].map((row, place) => ({ row, place, id: Number(row.dataset.c), group: row.parentElement.className, name: row.cells[0].textContent }));
    const cells = rows.filter(({ group }) => group !== 'unranked').flatMap(({ row, id, group }) => [...row.cells].slice(1).map((cell) => ({
      cell, id, column: columns[cell.cellIndex], isControl: group === 'control', html: cell.innerHTML, class: cell.className,
      text: [...cell.childNodes].filter(isText).map((node) => node.textContent).join('').trim(),
    })));
    const having = (part) => new Set(cells.filter(({ cell }) => cell.querySelector(part)).map(({ column }) => column));
    const load = data.loads.find((one) => one.id === Number(fold.dataset.load));
    return { fold, table, columns, rows, cells, withRatios: having('small'), withIntervals: having('i'), load, results: {} };
  });
  const valueOf = (load, id, column) => load.cells[id]?.v[load.metrics.indexOf(column)] ?? null;
  const isLower = (cell, column) => column === 'throughput' ? cell.b : cell.k?.includes(column);
  echolab.value = ({ load }, id, column, cell) => valueOf(load, id, column) ?? (cell?.dataset.v ? Number(cell.dataset.v) : null);
  // The comparisons with the baseline in a figure, each computed once.
  echolab.resultsOf = (shown, figure) => {
    const key = `${figure} ${state.baseline}`;
    return shown.results[key] ??= shown.load.rounds_of.includes(figure) && data.figures[figure] ? echolab.compare(shown.load, figure, state.baseline) : [];
  };

  echolab.wordOf = (result, figure) => {
    const { better, worse } = data.figures[figure];
    return { better, worse, equivalent: 'equivalent', inconclusive: 'undecided', barred: 'no verdict', control: 'control' }[result.word];
  };
  const letter = (shown, id) => {
    const { deciding, cells } = shown.load, result = echolab.resultsOf(shown, deciding)[id];
    if (!result) return null;
    const { better, worse } = data.figures[deciding], barred = cells[id].s && deciding === 'cpu' ? 'P' : 'N';
    return { better: better[0].toUpperCase(), worse: worse[0].toUpperCase(), equivalent: 'E', inconclusive: 'U', barred }[result.word];
  };
  const heat = (ratio, isWorse) => {
    const factor = Math.max(ratio, 1 / ratio);
    return (isWorse ? 'h' : 'c') + (1 + STEPS.filter((step) => factor >= step).length);
  };
  // The class of a cell, its ratio and its interval; empty where there are none.
  const compared = (shown, id, column) => {
    const { load } = shown, own = load.cells[id], base = load.cells[state.baseline], nothing = ['', '', ''];
    if (!own || !shown.withRatios.has(column)) return nothing;
    if (id === state.baseline) return valueOf(load, id, column) === null ? nothing : ['', '×1.00', ''];
    const result = echolab.resultsOf(shown, column)[id];
    if (result) {
      const isDearer = column === 'cpu' && result.kind === 'spins' && result.interval && result.interval[0] > data.zone;
      const isShown = result.word === 'better' || result.word === 'worse' || isDearer;
      const mark = isShown ? (result.ratio > 1 ? '\u{a0}▲' : '\u{a0}▼') : '';
      const range = result.interval ? result.interval.map(ratioText).join('–') : '';
      return [isShown ? heat(result.ratio, result.word !== 'better') : '', '×' + ratioText(result.ratio) + mark, range];
    }
    const [value, other] = [valueOf(load, id, column), valueOf(load, state.baseline, column)];
    if (load.rounds_of.includes(column) || !value || !other || isLower(own, column) || isLower(base, column)) return nothing;
    return ['', '×' + ratioText(value / other), ''];
  };
  const fill = (shown, place) => {
    const { cell, id, column, isControl } = place;
    if (column === 'word') {
      const given = letter(shown, id);
      cell.replaceChildren(id === state.baseline ? 'baseline' : isControl ? 'control' : given ? part('b', given) : '–');
      return;
    }
    const [heated, ratio, range] = isControl ? ['', '', ''] : compared(shown, id, column);
    cell.className = heated;
    // Empty elements keep the place, so that values are below each other.
    const ratios = shown.withRatios.has(column) ? [' ', part('small', ratio)] : [];
    const intervals = shown.withIntervals.has(column) ? [' ', part('i', range)] : [];
    cell.replaceChildren(place.text, ...ratios, ...intervals);
  };
  // Why there is no clear word, for the lines below a table.
  const reasons = (shown) => {
    const of = (word, title) => {
      const found = new Map();
      echolab.resultsOf(shown, shown.load.deciding).forEach((result, id) => {
        const isRanked = shown.rows.some((row) => row.id === id && row.group === 'ranked');
        if (result?.word !== word || !isRanked || (result.kind === 'spins' && shown.load.cells[id].s)) return;
        found.set(result.reason, [...(found.get(result.reason) ?? []), data.models[id]]);
      });
      const texts = [...found].map(([reason, names]) => `${names.join(', ')} (${reason})`);
      if (!texts.length) return [];
      const line = part('li', '');
      line.append(part('b', `${title}: `), `${texts.join('; ')}.`);
      return [line];
    };
    return [...of('inconclusive', 'Undecided'), ...of('barred', 'No verdict')];
  };
  const paint = (shown) => {
    const isOfPage = state.baseline === data.baseline;
    for (const place of shown.cells) {
      if (isOfPage) {
        place.cell.innerHTML = place.html;
        place.cell.className = place.class;
      } else fill(shown, place);
    }
    for (const { row, id } of shown.rows) row.classList.toggle('ref', id === state.baseline);
    const own = shown.fold.querySelector('.below:not(.now)');
    own?.classList.toggle('gone', !isOfPage);
    shown.fold.querySelector('.now')?.remove();
    const lines = isOfPage ? [] : reasons(shown);
    if (lines.length) {
      const list = part('ul', '');
      list.className = 'below now';
      list.append(...lines);
      shown.fold.append(list);
    }
  };
  // Sentences that name the baseline of the page.
  const said = [...d.querySelectorAll('#costs > .read, #costs > .legend')].map((element) => ({ element, text: element.textContent }));
  let painted = data.baseline;
  echolab.paint = () => {
    if (painted === state.baseline) return;
    painted = state.baseline;
    const name = data.models[painted], isOther = painted !== data.baseline;
    for (const { element, text } of said) {
      const here = text.replaceAll(data.models[data.baseline], name);
      element.textContent = here + (isOther && element.className === 'legend' ? ' Against this baseline only figures with an interval have a tint.' : '');
    }
    echolab.tables.forEach(paint);
  };

  // What a cell says when it is pointed at.
  echolab.texts ??= [];
  echolab.texts.push((cell) => {
    const shown = echolab.tables.find(({ table }) => table.contains(cell)), id = Number(cell.parentElement.dataset.c);
    const column = shown?.columns[cell.cellIndex];
    const figure = column === 'word' ? shown.load.deciding : column;
    const result = shown && echolab.resultsOf(shown, figure)[id];
    if (!result) return null;
    const range = result.interval ? `, 95 % interval ${result.interval.map(ratioText).join('–')}` : '';
    const many = { rounds: `${result.count[0]} rounds`, sittings: `${result.count[0]} sittings, which differ`, trials: `${result.count.join(' and ')} values` }[result.unit];
    const value = column === 'word' ? '' : `: ${shown.table.querySelector(`th[data-m=${column}]`).textContent} ${cell.firstChild.textContent.trim()}`;
    const base = result.word === 'control' ? 'itself' : data.models[state.baseline];
    return `${data.models[id]}${value}\n×${ratioText(result.ratio)} of ${base}${range}\n${echolab.wordOf(result, figure)}${result.reason ? ': ' + result.reason : ''}; ${many}`;
  });
})();
