// What is pointed at, touched or reached by keyboard says its value: marks of figures, and cells of cost tables.
(() => {
  const d = document;
  const MOST = 6;
  const tip = d.createElement('div');
  tip.className = 'tip';
  tip.id = 'tip';
  tip.setAttribute('role', 'status');
  d.body.append(tip);
  const hint = d.createElement('p');
  hint.id = 'hint';
  hint.hidden = true;
  hint.textContent = 'Arrow keys move among the values; Escape closes.';
  d.body.append(hint);
  // Other scripts may add functions from a cell to a text; the first answer counts.
  echolab.texts ??= [];
  let marked = [];
  // Opens the tip of the part that has the focus again; null for a tip at the pointer.
  let again = null;

  const close = () => {
    for (const part of marked) part.classList.remove('at');
    for (const part of marked) part.removeAttribute('aria-describedby');
    marked = [];
    again = null;
    tip.textContent = '';
  };
  const open = (parts, texts, { left, right, top, bottom }) => {
    close();
    if (texts.length === 0) return;
    marked = parts;
    for (const part of parts) part.classList.add('at');
    const more = texts.length > MOST ? `\nand ${texts.length - MOST} more here` : '';
    tip.textContent = texts.slice(0, MOST).join('\n') + more;
    const room = d.documentElement.clientWidth - tip.offsetWidth - 4;
    tip.style.left = Math.max(4, Math.min((left + right) / 2 + 12, room)) + 'px';
    const above = top - tip.offsetHeight - 8;
    tip.style.top = (above >= 4 ? above : Math.min(bottom + 8, innerHeight - tip.offsetHeight - 4)) + 'px';
  };

  // The name of the contender that a mark belongs to.
  const nameOf = (part, svg) => {
    for (let up = part; up && up !== svg; up = up.parentElement) {
      const found = [...up.classList].find((name) => /^m\d+$/.test(name));
      if (found) return svg.querySelector(`.${found} .who`)?.textContent;
    }
    return undefined;
  };
  const textOf = (part, svg) => {
    const name = nameOf(part, svg);
    const said = part.dataset.v;
    return name && !said.startsWith(name) ? `${name}: ${said}` : said;
  };
  const marksOf = (svg) => [...svg.querySelectorAll('[data-v]')].filter((part) => !part.closest('.off'));
  // A row counts as a whole; of marks all that are near, because they may lie on top of each other.
  const near = (svg, x, y) => {
    const found = [];
    for (const part of marksOf(svg)) {
      const box = part.getBoundingClientRect();
      const [dx, dy] = [x - (box.left + box.right) / 2, y - (box.top + box.bottom) / 2];
      const isRow = part.classList.contains('r');
      const off = isRow ? Math.abs(dy) : Math.hypot(dx, dy);
      const reach = isRow ? box.height / 2 + 4 : Math.max(10, box.width / 2);
      if (off <= reach) found.push([off, part]);
    }
    found.sort((a, b) => a[0] - b[0]);
    const rows = found.filter(([, part]) => part.classList.contains('r'));
    return (rows.length > 0 ? rows.slice(0, 1) : found).map(([, part]) => part);
  };

  const cellOf = (target) => target.closest?.('table.cost tbody td');
  const textOfCell = (cell) => {
    for (const text of echolab.texts) {
      const said = text(cell);
      if (said) return said;
    }
    const row = cell.parentElement, table = cell.closest('table');
    const name = row.querySelector('th')?.textContent ?? '';
    if (cell.colSpan > 1) return `${name}: ${cell.textContent}`;
    const column = table.querySelectorAll('thead tr:last-child th')[cell.cellIndex];
    const [ratio, interval] = [cell.querySelector('small'), cell.querySelector('i')].map((part) => part?.textContent);
    const value = [...cell.childNodes].filter((node) => !/^(SMALL|I)$/.test(node.nodeName)).map((node) => node.textContent).join('').trim();
    const rounds = /(Medians of [^.]*)\./.exec(table.caption?.textContent ?? '')?.[1];
    return [
      `${name}: ${column?.textContent ?? ''} ${value}`,
      ratio && `${ratio.trim()} against the baseline${interval ? `, 95 % interval ${interval.trim()}` : ''}`,
      rounds,
    ].filter(Boolean).join('; ');
  };
  const openCell = (cell) => {
    open([cell], [textOfCell(cell)], cell.getBoundingClientRect());
    cell.setAttribute('aria-describedby', 'tip');
  };

  // Pointing, and touching.
  const point = (event) => {
    const cell = cellOf(event.target);
    if (cell) return openCell(cell);
    const svg = event.target.closest?.('main .panels svg[role=img], main .drawing svg[role=img]');
    const parts = svg ? near(svg, event.clientX, event.clientY) : [];
    const [x, y] = [event.clientX, event.clientY];
    return open(parts, [...new Set(parts.map((part) => textOf(part, svg)))], { left: x, right: x, top: y - 4, bottom: y + 12 });
  };
  d.addEventListener('pointermove', (event) => event.pointerType !== 'touch' && point(event));
  d.addEventListener('pointerdown', point);
  d.documentElement.addEventListener('pointerleave', (event) => event.pointerType !== 'touch' && close());
  // To focus a part may scroll it into view: its tip moves with it.
  d.addEventListener('scroll', () => (again ? again() : close()), { capture: true, passive: true });
  d.addEventListener('keydown', (event) => event.key === 'Escape' && close());

  // By keyboard: a figure is one stop, and so is a table; arrow keys move inside.
  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const lineOf = (part) => part.closest('[class*="m"]:not(use)');
  const step = (parts, from, key) => {
    if (key === 'Home') return 0;
    if (key === 'End') return parts.length - 1;
    const [along, across] = ARROWS[key];
    if (along) return from + along;
    // To the next line: past all marks of this one.
    let to = from + across;
    while (parts[to] && lineOf(parts[to]) === lineOf(parts[from])) to += across;
    return parts[to] ? to : from;
  };
  const watch = (svg) => {
    if (marksOf(svg).length === 0) return;
    const box = d.createElement('div');
    box.className = 'panel';
    box.tabIndex = 0;
    box.setAttribute('role', 'application');
    for (const name of ['aria-labelledby', 'aria-label']) if (svg.hasAttribute(name)) box.setAttribute(name, svg.getAttribute(name));
    box.setAttribute('aria-describedby', 'hint');
    svg.replaceWith(box);
    box.append(svg);
    let at = 0;
    const show = () => {
      const parts = marksOf(svg);
      at = Math.max(0, Math.min(at, parts.length - 1));
      if (parts[at]) open([parts[at]], [textOf(parts[at], svg)], parts[at].getBoundingClientRect());
      again = show;
    };
    box.addEventListener('focus', () => box.matches(':focus-visible') && show());
    box.addEventListener('blur', close);
    box.addEventListener('keydown', (event) => {
      if (!(event.key in ARROWS) && event.key !== 'Home' && event.key !== 'End') return;
      event.preventDefault();
      at = step(marksOf(svg), at, event.key);
      show();
    });
  };
  echolab.watch = watch;
  d.querySelectorAll('main .panels svg[role=img]').forEach(watch);

  for (const table of d.querySelectorAll('table.cost')) {
    const first = table.querySelector('tbody td');
    if (first) first.tabIndex = 0;
    table.addEventListener('focusin', (event) => {
      if (cellOf(event.target) !== event.target) return;
      const show = () => {
        openCell(event.target);
        again = show;
      };
      show();
    });
    table.addEventListener('focusout', close);
    table.addEventListener('keydown', (event) => {
      const cell = cellOf(event.target);
      if (!cell || !(event.key in ARROWS)) return;
      const [along, across] = ARROWS[event.key];
      const rows = [...table.querySelectorAll('tbody tr')].filter((row) => row.offsetParent);
      const row = rows[rows.indexOf(cell.parentElement) + across];
      const to = along ? cell[along > 0 ? 'nextElementSibling' : 'previousElementSibling'] : row?.cells[Math.min(cell.cellIndex, row.cells.length - 1)];
      event.preventDefault();
      if (to?.nodeName !== 'TD') return;
      cell.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
  }
})();
