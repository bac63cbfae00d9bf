// Shows only the contenders of `echolab.state.only` in all figures; null shows all. Rows below a hidden one move up, so that no gap
// is left, and a panel without any of them goes.
(() => {
  const d = document;
  d.documentElement.classList.add('js');
  const number = (part) => {
    const found = [...part.classList].find((name) => /^m\d+$/.test(name));
    return found && Number(found.slice(1));
  };
  // The rows of a panel with their heights, and the height of all that is not a row.
  const read = (svg) => {
    const rows = [...svg.querySelectorAll('g.r')];
    const [, , width, height] = svg.getAttribute('viewBox').split(' ').map(Number);
    const tops = rows.map((row) => Number(/,(-?[\d.]+)/.exec(row.getAttribute('transform'))[1]));
    const below = 5;
    const heights = tops.map((top, index) => (tops[index + 1] ?? height - below) - top);
    return { svg, rows, heights, top: tops[0], below, width };
  };
  const panels = [...d.querySelectorAll('main .panels svg')];
  const ofRows = panels.filter((svg) => svg.querySelector('g.r')).map(read);
  const isHead = (row) => row.classList.contains('head');
  // A heading is shown if a row below it is, up to the next heading.
  const shown = (rows, hides) => {
    const on = rows.map((row) => !isHead(row) && !hides(row));
    rows.forEach((row, index) => {
      for (let next = index + 1; isHead(row) && next < rows.length && !isHead(rows[next]); next += 1) on[index] ||= on[next];
    });
    return on;
  };
  const arrange = (panel, hides) => {
    let y = panel.top;
    shown(panel.rows, hides).forEach((on, index) => {
      const row = panel.rows[index];
      row.classList.toggle('off', !on);
      if (!on) return;
      row.setAttribute('transform', `translate(0,${y})`);
      y += panel.heights[index];
    });
    panel.svg.setAttribute('viewBox', `0 0 ${panel.width} ${y + panel.below}`);
    return y > panel.top;
  };
  const show = () => {
    const only = echolab.state?.only && new Set(echolab.state.only.map(Number));
    const hides = (part) => Boolean(only) && number(part) !== undefined && !only.has(number(part));
    for (const svg of panels) {
      const rows = ofRows.find((panel) => panel.svg === svg);
      const parts = [...svg.querySelectorAll('g[class*="m"]')].filter((part) => number(part) !== undefined);
      let some = parts.length === 0 || parts.some((part) => !hides(part));
      if (rows) some = arrange(rows, hides);
      else for (const part of parts) part.classList.toggle('off', hides(part));
      (svg.closest('.panel') ?? svg).classList.toggle('off', !some);
    }
    for (const figure of d.querySelectorAll('main .panels')) {
      figure.classList.toggle('none', Boolean(only) && ![...figure.children].some((part) => !part.classList.contains('off')));
    }
  };
  echolab.showOnly = show;
  d.addEventListener('echolab:state', show);
})();
