// Sorts and filters the cost tables, and shows one load at a time. It runs last, since it announces the first state.
(() => {
  const d = document, { data, state, tables, change } = echolab;
  if (!state) return;
  const NARROW = '@media screen and (max-width: 700px)';
  const section = d.querySelector('#costs'), bar = d.querySelector('#controls');
  section.classList.add('controlled');
  const make = (name, properties = {}, ...inner) => {
    const element = Object.assign(d.createElement(name), properties);
    element.append(...inner);
    return element;
  };
  const labelled = (text, control) => make('label', {}, `${text} `, control);
  const options = (pairs) => pairs.map(([value, text]) => make('option', { value, textContent: text }));
  const button = (text, press) => {
    const element = make('button', { type: 'button', textContent: text });
    element.addEventListener('click', press);
    return element;
  };
  const current = () => tables.find(({ load }) => load.id === state.load) ?? tables[0];
  const headOf = (shown, column) => shown.table.querySelector(`th[data-m="${column}"]`);

  // --- The controls ---

  const loads = make('select', {}, ...options(tables.map(({ load, fold }) => [load.id, fold.querySelector('summary').textContent])));
  loads.addEventListener('change', () => change({ load: Number(loads.value) }));
  const models = data.models.map((name, id) => [id, name]).filter(([id]) => !(id in data.twins));
  const against = make('select', {}, ...options(models));
  against.addEventListener('change', () => change({ baseline: Number(against.value) }));
  const find = make('input', { type: 'search', placeholder: 'design or family' });
  find.addEventListener('input', () => change({ find: find.value.trim() }, true));
  const column = make('select');
  column.addEventListener('change', () => change({ column: column.value }));
  const ticks = new Map();
  const ticked = () => [...ticks].filter(([, boxes]) => boxes[0].checked).map(([id]) => id);
  const tickAll = (isOn) => {
    for (const boxes of ticks.values()) for (const box of boxes) box.checked = isOn;
    count();
  };
  const only = button('Only these', () => change({ only: ticked() }));
  const all = button('Show all', () => {
    tickAll(false);
    change({ only: null, find: '' });
  });
  const none = button('Untick all', () => tickAll(false));
  const count = () => {
    const many = ticked().length;
    only.disabled = none.disabled = many === 0;
    only.textContent = many ? `Only these ${many}` : 'Only these';
  };
  const status = make('p', { className: 'small' });
  status.setAttribute('role', 'status');
  const box = make('textarea', { rows: 8, readOnly: true, hidden: true });
  box.setAttribute('aria-label', 'Text to copy');
  const copied = (text, what) => async () => {
    const isDone = await echolab.copy(text(), box);
    status.textContent = isDone ? `${what} copied.` : `${what} is selected in the box: copy it with Ctrl+C.`;
  };
  const link = make('a', { textContent: 'Link to this view' });
  link.addEventListener('click', copied(() => new URL(echolab.address(), location.href).href, 'The address'));
  const narrow = labelled('Show', column);
  narrow.className = 'narrow';
  bar.append(
    make('p', {}, labelled('Load', loads), ' ', labelled('Compare with', against), ' ', labelled('Find', find), ' ', narrow),
    make('p', {}, only, ' ', none, ' ', all, ' ', button('Copy as Markdown', copied(() => echolab.markdown(current()), 'Markdown')), ' ',
      button('Copy as CSV', copied(() => echolab.csv(current()), 'CSV')), ' ', link),
    status, box,
  );

  // --- Parts of the tables that only a script needs ---

  for (const { table, columns, rows } of tables) {
    for (const head of table.querySelectorAll('th[data-m]')) {
      const press = button('', () => sortBy(head.dataset.m));
      press.append(...head.childNodes);
      head.append(press);
    }
    const stable = table.querySelector('[aria-sort]');
    table.dataset.by = stable ? stable.dataset.m : columns[0];
    for (const { row, id, group, name } of rows) {
      if (group === 'control') continue;
      const tick = make('input', { type: 'checkbox' });
      tick.setAttribute('aria-label', `Tick ${name}`);
      ticks.set(id, [...(ticks.get(id) ?? []), tick]);
      tick.addEventListener('change', () => {
        for (const other of ticks.get(id)) other.checked = tick.checked;
        count();
      });
      row.cells[0].prepend(tick);
    }
  }

  // --- What the state says ---

  const isDescending = (column) => ['throughput', 'capacity', 'fairness', 'server_cpu'].includes(column);
  const sortBy = (column) => {
    const order = orderOf(current());
    change({ by: column, down: order.by === column ? !order.down : isDescending(column) });
  };
  const orderOf = (shown) => {
    const isThere = shown.columns.includes(state.by), by = isThere ? state.by : shown.table.dataset.by;
    return { by, down: isThere ? state.down : isDescending(by) };
  };
  const sort = (shown) => {
    const { by, down } = orderOf(shown), place = shown.columns.indexOf(by);
    const key = ({ row, id, name }) => {
      if (by === 'name') return name;
      return by === 'word' ? row.cells[1].textContent : echolab.value(shown, id, by, row.cells[place]);
    };
    const isEmpty = (value) => value === null || value === '';
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (isEmpty(x) || isEmpty(y)) return isEmpty(x) - isEmpty(y) || a.place - b.place;
      const order = typeof x === 'string' ? x.localeCompare(y, 'en') : x - y;
      return (down ? -order : order) || a.place - b.place;
    };
    const ranked = shown.rows.filter(({ group }) => group === 'ranked').sort(compare);
    ranked[0]?.row.parentElement.append(...ranked.map(({ row }) => row));
    for (const head of shown.table.querySelectorAll('[aria-sort]')) head.removeAttribute('aria-sort');
    headOf(shown, by).setAttribute('aria-sort', down ? 'descending' : 'ascending');
  };
  const isFound = (id) => {
    const text = `${data.models[id]} ${data.families[data.family[id]]}`.toLowerCase();
    return state.find.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  };
  // The baseline and the control stay, because all others are read against them.
  const filter = ({ rows }) => {
    for (const { row, id, group } of rows) {
      const isChosen = (!state.only || state.only.includes(id)) && isFound(id);
      row.classList.toggle('gone', !isChosen && id !== state.baseline && group !== 'control');
    }
  };
  // A bar below each value of the column that a narrow screen shows.
  const drawBars = (shown, chosen) => {
    const bars = shown.cells.filter(({ column, isControl }) => column === chosen && !isControl);
    const values = bars.map(({ id, cell }) => echolab.value(shown, id, chosen, cell) ?? 0), most = Math.max(...values);
    for (const { cell } of shown.cells) cell.removeAttribute('style');
    bars.forEach(({ cell }, place) => cell.style.setProperty('--share', most > 0 ? values[place] / most : 0));
  };
  const sheet = new CSSStyleSheet();
  d.adoptedStyleSheets = [...d.adoptedStyleSheets, sheet];
  // On a narrow screen one column is shown beside name and word.
  const showColumn = (shown) => {
    const figures = shown.columns.slice(2), chosen = figures.includes(state.column) ? state.column : shown.load.deciding;
    column.replaceChildren(...options(figures.map((name) => [name, headOf(shown, name).textContent])));
    column.value = chosen;
    const others = `:nth-child(n+3):not(:nth-child(${shown.columns.indexOf(chosen) + 1}))`;
    drawBars(shown, chosen);
    sheet.replaceSync(`${NARROW}{.controlled .cost tr > ${others}{display:none}.controlled .cost thead tr:first-child{display:none}}`);
  };
  const described = (shown) => {
    const hidden = shown.rows.filter(({ row }) => row.classList.contains('gone')).length, { by, down } = orderOf(shown);
    const isText = by === 'name' || by === 'word', order = down ? (isText ? ' from Z to A' : ', highest first') : (isText ? ' from A to Z' : ', lowest first');
    const load = loads.selectedOptions[0].textContent, all = hidden ? `; ${hidden} hidden.` : '.';
    return `${shown.rows.length - hidden} rows at ${load}, by ${headOf(shown, by).textContent}${order}, against ${data.models[state.baseline]}${all}`;
  };
  const apply = () => {
    const shown = current();
    loads.value = shown.load.id;
    against.value = state.baseline;
    if (d.activeElement !== find) find.value = state.find;
    echolab.paint();
    for (const one of tables) {
      one.fold.classList.toggle('away', one !== shown);
      filter(one);
      sort(one);
    }
    shown.fold.open = true;
    showColumn(shown);
    all.disabled = !state.only && !state.find;
    link.href = echolab.address();
    status.textContent = described(shown);
  };
  d.addEventListener('echolab:state', (event) => event.detail !== 'picked' && apply());
  if (state.only) for (const id of state.only) for (const tick of ticks.get(id) ?? []) tick.checked = true;
  count();
  d.dispatchEvent(new CustomEvent('echolab:state', { detail: 'start' }));
  if (echolab.isLinked) section.scrollIntoView();
})();
