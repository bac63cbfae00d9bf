// One large panel for the lines of the models that the reader picks, drawn again from the small panels of the same figure.
(() => {
  const d = document;
  const section = d.querySelector('#throughput');
  const small = section ? [...section.querySelectorAll('svg[role=img]')].filter((svg) => svg.querySelector('.plot')) : [];
  if (small.length === 0) return;
  const LINE = 15;
  const svgOf = (name, attributes, text) => {
    const part = d.createElementNS(small[0].namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
    if (text !== undefined) part.textContent = text;
    return part;
  };
  // Parts of a panel; those that several panels share stand in the first of them.
  const parts = (svg, selector) => {
    const shared = [...svg.querySelectorAll('use:not([x])')].map((use) => d.querySelector(use.getAttribute('href')));
    return [svg, ...shared].flatMap((part) => (part ? [...part.querySelectorAll(selector)] : []));
  };
  const number = (part, name) => Number(part.getAttribute(name));
  const area = small[0].querySelector('.plot').dataset.area.split(' ').map(Number);
  const across = (x) => (x - area[0]) / (area[1] - area[0]);
  const down = (y) => (y - area[2]) / (area[3] - area[2]);
  const ticks = (selector) => parts(small[0], selector).map((text) => [text.textContent, number(text, 'x'), number(text, 'y')]);
  const columns = ticks('.tick.m text').map(([text, x]) => [text, across(x)]);
  const rows = ticks('.tick.e text').map(([text, , y]) => [text, down(y - 4)]);
  const titles = parts(small[0], 'text.axis').map((text) => text.textContent);
  const lineOf = (group, svg) => {
    const id = [...group.classList].find((name) => /^m\d+$/.test(name));
    const label = [...svg.querySelectorAll(`.${id}`)].find((part) => part.querySelector('.who'));
    const marks = [...group.querySelectorAll('use[x]')];
    return {
      id: Number(id.slice(1)),
      look: group.getAttribute('class'),
      dash: group.querySelector('polyline.line')?.getAttribute('class') ?? 'line',
      name: label?.querySelector('.who').textContent ?? '',
      words: label?.querySelector('.value')?.textContent ?? '',
      points: marks.map((use) => ({ x: across(number(use, 'x')), y: down(number(use, 'y')), use, bound: use.nextElementSibling?.matches('.hat') })),
    };
  };
  const families = small.map((svg) => ({
    name: svg.querySelector('title').textContent,
    lines: [...svg.querySelectorAll('.plot > g')].map((group) => lineOf(group, svg)).filter((line) => line.points.length > 0),
  }));
  const lines = families.flatMap((family) => family.lines);
  if (lines.length < 2) return;
  const height = (line) => line.points[line.points.length - 1].y;
  // At first the highest line of each family, or else the models that alone are shown.
  const best = families.filter((family) => family.lines.length > 0).map((family) => family.lines.reduce((a, b) => (height(b) < height(a) ? b : a)).id);
  const start = () => new Set(echolab.state?.picked ?? echolab.state?.only ?? best);
  let picked = start();

  // Heights of labels, from the top, none nearer than a line to the next.
  const apart = (wanted, bottom) => {
    let free = -Infinity;
    const places = wanted.map((y) => (free = Math.max(y, free + LINE)));
    let limit = bottom;
    for (let index = places.length - 1; index >= 0; index -= 1) {
      places[index] = Math.min(places[index], limit);
      limit = places[index] - LINE;
    }
    return places;
  };

  const drawing = d.createElement('div');
  drawing.className = 'drawing';
  const svg = svgOf('svg', { role: 'img', 'aria-label': 'Throughput of the picked models' });
  drawing.append(svg);
  const draw = () => {
    const only = echolab.state?.only && new Set(echolab.state.only.map(Number));
    const chosen = lines.filter((line) => picked.has(line.id) && (!only || only.has(line.id))).sort((a, b) => height(a) - height(b));
    const width = Math.max(320, Math.min(drawing.clientWidth || 900, 1200));
    const tall = Math.max(360, chosen.length * LINE + 80);
    svg.replaceChildren();
    svg.setAttribute('viewBox', `0 0 ${width} ${tall}`);
    svg.setAttribute('width', width);
    svg.setAttribute('height', tall);
    const labels = chosen.map((line) => {
      const group = svgOf('g', { class: line.look });
      group.append(svgOf('text', { class: 'who' }, line.name), svgOf('text', { class: 'value e' }, line.words));
      svg.append(group);
      return group;
    });
    const widthOf = (part) => part.getComputedTextLength();
    const room = Math.max(60, ...labels.map((group) => widthOf(group.firstChild) + widthOf(group.lastChild) + 8));
    const [left, right, top, bottom] = [58, width - room - 42, 34, tall - 44];
    const [px, py] = [(x) => left + x * (right - left), (y) => top + y * (bottom - top)];
    const axes = svgOf('g', {});
    // The last label stays, and before it each one that has room.
    let free = Infinity;
    svg.prepend(axes);
    for (const [text, x] of [...columns].reverse()) {
      axes.append(svgOf('path', { class: 'grid', d: `M${px(x)},${top}V${bottom}` }));
      const label = svgOf('text', { class: 'tick m', x: px(x), y: bottom + 17 }, text);
      axes.append(label);
      const half = widthOf(label) / 2;
      if (px(x) + half > free) label.remove();
      else free = px(x) - half - 5;
    }
    for (const [text, y] of rows) {
      axes.append(svgOf('path', { class: 'grid', d: `M${left},${py(y)}H${right}` }), svgOf('text', { class: 'tick e', x: left - 6, y: py(y) + 4 }, text));
    }
    axes.append(svgOf('text', { class: 'axis', x: 2, y: top - 16 }, titles[0] ?? ''), svgOf('text', { class: 'axis m', x: (left + right) / 2, y: bottom + 35 }, titles[1] ?? ''));
    const through = (line) => line.points.map(({ x, y }) => `${px(x)},${py(y)}`).join(' ');
    for (const line of lines) {
      if (!chosen.includes(line) && (!only || only.has(line.id))) axes.append(svgOf('polyline', { class: 'context', points: through(line) }));
    }
    const places = apart(chosen.map((line) => py(height(line))), bottom);
    chosen.forEach((line, index) => {
      const group = labels[index];
      const end = line.points[line.points.length - 1];
      group.append(svgOf('polyline', { class: line.dash, points: through(line) }));
      group.append(svgOf('path', { class: 'leader', d: `M${px(end.x) + 6},${py(end.y)}L${right + 17},${places[index]}` }));
      for (const { x, y, use, bound } of line.points) {
        const mark = use.cloneNode();
        mark.setAttribute('x', px(x));
        mark.setAttribute('y', py(y));
        group.append(mark);
        if (bound) group.append(svgOf('path', { class: 'hat', d: `M${px(x) - 4},${py(y) - 6.5}l4-3.5 4,3.5` }));
      }
      const [name, value] = group.querySelectorAll('text');
      const sample = end.use.cloneNode();
      for (const [key, at] of [['x', right + 24], ['y', places[index]]]) sample.setAttribute(key, at);
      sample.removeAttribute('data-v');
      group.append(sample);
      name.setAttribute('x', right + 33);
      value.setAttribute('x', width - 2);
      for (const text of [name, value]) text.setAttribute('y', places[index] + 4);
    });
  };

  // The boxes, by family.
  const boxes = new Map();
  const picker = d.createElement('details');
  picker.className = 'pick';
  const summary = d.createElement('summary');
  picker.append(summary);
  const told = (from) => {
    for (const [id, box] of boxes) box.checked = picked.has(id);
    summary.textContent = `Pick models for the large panel (${picked.size} of ${lines.length})`;
    draw();
    if (from !== 'reader' || !echolab.state) return;
    echolab.state.picked = [...picked];
    d.dispatchEvent(new CustomEvent('echolab:state', { detail: 'picked' }));
  };
  const button = (text, ids) => {
    const part = d.createElement('button');
    part.type = 'button';
    part.textContent = text;
    part.addEventListener('click', () => {
      picked = new Set(ids);
      told('reader');
    });
    return part;
  };
  const bar = d.createElement('p');
  bar.append(button('The best of each family', best), ' ', button('All', lines.map((line) => line.id)), ' ', button('None', []));
  picker.append(bar);
  for (const family of families) {
    if (family.lines.length === 0) continue;
    const set = d.createElement('fieldset');
    const legend = d.createElement('legend');
    legend.textContent = family.name;
    set.append(legend);
    for (const line of family.lines) {
      const label = d.createElement('label');
      const box = d.createElement('input');
      box.type = 'checkbox';
      box.addEventListener('change', () => {
        if (box.checked) picked.add(line.id);
        else picked.delete(line.id);
        told('reader');
      });
      boxes.set(line.id, box);
      label.append(box, ' ', line.name);
      set.append(label);
    }
    picker.append(set);
  }
  const panels = section.querySelector('.panels');
  panels.before(drawing, picker);
  told('start');
  echolab.watch?.(svg);
  d.addEventListener('echolab:state', (event) => {
    if (event.detail !== 'picked') picked = start();
    told('state');
  });
  new ResizeObserver(() => draw()).observe(drawing);
})();
