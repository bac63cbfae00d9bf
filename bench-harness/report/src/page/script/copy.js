// The table of the load that is shown, without the rows that are hidden, as Markdown and as CSV.
(() => {
  const d = document, { data, state, tables } = echolab;
  if (!state) return;
  const plain = (element) => element.textContent.replace(/\s+/g, ' ').trim();
  const withSpaces = (cell) => [...cell.childNodes].map(plain).filter(Boolean).join(' ');
  const visible = (shown) => [...shown.table.querySelectorAll('tbody tr:not(.gone)')];

  echolab.markdown = (shown) => {
    const escaped = (text) => text.replaceAll('|', '\\|');
    const line = (texts) => `| ${texts.map(escaped).join(' | ')} |`;
    const heads = [...shown.table.querySelectorAll('th[data-m]')].map(plain);
    const rows = visible(shown).map((row) => {
      const texts = [...row.cells].map(withSpaces);
      return line([...texts, ...Array(heads.length - texts.length).fill('')]);
    });
    const about = `${plain(shown.table.caption)} ×: against ${data.models[state.baseline]}.`;
    return [about, '', line(heads), line(heads.map((_, place) => place < 2 ? '---' : '--:')), ...rows, ''].join('\n');
  };

  echolab.csv = (shown) => {
    // A spreadsheet takes a text that begins like this for a formula.
    const harmless = (value) => typeof value === 'string' && /^([=+@\t\r]|-(?!\d))/.test(value) ? `'${value}` : value;
    const quoted = (value) => /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? '');
    const { load, columns } = shown, figures = columns.slice(2), withIntervals = figures.filter((name) => load.rounds_of.includes(name));
    const ends = withIntervals.flatMap((name) => [`${name}_ratio`, `${name}_low`, `${name}_high`]);
    const rows = visible(shown).map((row) => {
      const id = Number(row.dataset.c), isUnranked = row.parentElement.className === 'unranked';
      const values = figures.map((name) => echolab.value(shown, id, name, isUnranked ? null : row.cells[columns.indexOf(name)]));
      const ratios = withIntervals.flatMap((name) => {
        const result = echolab.resultsOf(shown, name)[id];
        return result ? [result.ratio, ...(result.interval ?? [null, null])].map((value) => value && value.toFixed(4)) : [null, null, null];
      });
      const result = echolab.resultsOf(shown, load.deciding)[id];
      const note = isUnranked ? plain(row.cells[1]) : result?.reason;
      const names = [data.models[id], data.families[data.family[id]], load.label, data.models[state.baseline], result && echolab.wordOf(result, load.deciding)];
      return [...names, ...values, ...ratios, note].map(harmless).map(quoted).join(',');
    });
    return [['model', 'family', 'load', 'baseline', 'word', ...figures, ...ends, 'note'].join(','), ...rows, ''].join('\n');
  };

  // Copies a text; where the browser does not allow that, the text stands selected in a box.
  echolab.copy = async (text, box) => {
    box.hidden = true;
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      box.hidden = false;
      box.value = text;
      box.focus();
      box.select();
      const isCopied = d.execCommand('copy');
      box.hidden = isCopied;
      return isCopied;
    }
  };
})();
