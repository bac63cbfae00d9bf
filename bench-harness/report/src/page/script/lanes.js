// Who waits for whom: draws any two models above one another, as `figure/lanes.rs` does, and plays them slowly.
(() => {
  const d = document, section = d.getElementById('lanes'), source = d.getElementById('lanes-data');
  if (!section || !source) return;
  const { place, loads } = JSON.parse(source.textContent);
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  // How long it plays, in milliseconds; and the parts of it where nothing may move.
  const PLAYS = 12000, STEPS = 10, LONGEST = 50000, REPLIES = 4;
  const [left, right] = place.ends;
  const svg = section.querySelector('.panels svg');
  const node = (name, attributes = {}, ...children) => {
    const one = d.createElementNS(svg.namespaceURI, name);
    for (const key in attributes) one.setAttribute(key, attributes[key]);
    one.append(...children);
    return one;
  };
  const px = (x) => String(Math.round(x * 10) / 10);

  // The requests of a client: when each was sent, and when its reply came, in microseconds.
  const requests = ([, ...numbers]) => {
    const all = [];
    for (let i = 0, before = 0; i < numbers.length; i += 2) {
      const sent = before + numbers[i], reply = i + 1 < numbers.length ? sent + numbers[i + 1] : null;
      all.push([sent, reply]);
      before = reply === null ? sent : reply;
    }
    return all;
  };
  // The end of the axis: the fourth reply of the last client that is answered, if that is known for one of the two models.
  const end = (models) => {
    const enough = models.flatMap((model) => model.lanes.map((lane) => Math.max(0, ...requests(lane).slice(0, REPLIES).map((one) => one[1] || 0))));
    const known = models.map((model) => (model.known === null ? Infinity : model.known));
    return Math.min(LONGEST, Math.max(1, Math.min(Math.max(...enough), Math.max(...known))));
  };
  const ticks = (until) => {
    const power = 10 ** Math.floor(Math.log10(until / 4)), step = [1, 2, 5, 10].map((f) => f * power).find((s) => until / s <= 6);
    return Array.from({ length: Math.floor(until / step + 1e-9) + 1 }, (_, i) => i * step);
  };
  const height = (model) => Math.min(place.lane[0], Math.max(place.lane[1], place.lane[2] / Math.max(1, model.lanes.length)));

  let load = loads[0], pair = load.pick.slice(), until = 1, clip, cursor, heights = [], played = 1;
  const x = (us) => left + Math.min(1, us / until) * (right - left);

  const model = (one, top) => {
    const lane = height(one), known = Math.min(until, one.known === null ? until : one.known);
    const parts = [
      node('text', { class: 'panel-title', x: 2, y: px(top - 24) }, one.name),
      node('text', { class: 'tick', x: 2, y: px(top - 8) }, one.note),
    ];
    const g = node('g', { class: `m${one.id} ${one.look}` });
    let waits = '', served = '';
    one.lanes.forEach((numbers, index) => {
      const y = px(top + lane * (index + .5));
      if (lane >= place.named) g.append(node('text', { class: 'tick', x: 2, y: px(top + lane * (index + .5) + 4) }, `client ${numbers[0] + 1}`));
      for (const [sent, reply] of requests(numbers)) {
        if (sent >= known) break;
        const turn = reply === null ? known : Math.min(known, Math.max(sent, reply - load.work));
        const length = x(turn) - x(sent) - place.gap;
        if (length > 0) waits += `M${px(x(sent))},${y}h${px(length)}`;
        if (reply === null || reply > known) continue;
        const from = Math.max(left, Math.min(x(turn), x(reply) - place.reply));
        served += `M${px(from)},${y}h${px(Math.max(place.reply, x(reply) - from))}`;
      }
    });
    const thick = px(Math.min(11, lane * .72));
    g.append(node('g', { 'clip-path': 'url(#lanes-clip)' },
      node('path', { class: 'span waits', 'stroke-width': thick, d: waits }),
      node('path', { class: 'span served', 'stroke-width': thick, d: served })));
    parts.push(g);
    const bottom = top + lane * Math.max(1, one.lanes.length) + 2;
    if (x(known) < right - 1) parts.push(node('rect', { class: 'unrecorded', x: px(x(known)), y: px(top), width: px(right - x(known)), height: px(bottom - top) }));
    return [parts, bottom];
  };

  const draw = () => {
    const models = pair.map((id) => load.models.find((one) => one.id === id));
    until = end(models);
    const marks = ticks(until), legend = node('g', { class: 'neutral' });
    ['a request waits', load.dark].forEach((meaning, index) => {
      const at = left + 118 * index;
      legend.append(node('path', { class: `span ${index ? 'served' : 'waits'}`, 'stroke-width': 9, d: `M${px(at)},9.5h16` }), node('text', { class: 'tick', x: px(at + 21), y: 13.5 }, meaning));
    });
    clip = node('rect', { x: 0, y: 0, width: right, height: 9999 });
    const title = node('title', { id: 'lanes-0t' }, section.querySelector('h2').textContent);
    const desc = node('desc', { id: 'lanes-0d' }, models.map((one) => `${one.name}: ${one.note}.`).join(' '));
    const all = [title, desc, node('defs', {}, node('clipPath', { id: 'lanes-clip' }, clip)), legend];
    let top = place.legend, bottom = top;
    heights = [];
    for (const one of models) {
      top += place.head;
      const [parts, below] = model(one, top);
      all.push(node('path', { class: 'grid', d: marks.map((us) => `M${px(x(us))},${px(top)}V${px(below)}`).join('') }), ...parts);
      bottom = below;
      heights.push([top, below]);
      top = bottom + place.below;
    }
    const digits = Math.max(0, -Math.floor(Math.log10((marks[1] || 1) / 1000) + 1e-9));
    for (const us of marks) all.push(node('text', { class: 'tick m', x: px(Math.min(x(us), right - 6)), y: px(bottom + 17) }, (us / 1000).toFixed(digits).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')));
    all.push(node('text', { class: 'axis m', x: px((left + right) / 2), y: px(bottom + 34) }, 'milliseconds since the first requests'));
    cursor = node('path', { class: 'now' });
    svg.setAttribute('viewBox', `0 0 ${right + 8} ${px(bottom + place.axis)}`);
    svg.replaceChildren(...all, cursor);
    show(1);
  };

  // Shows a part of the time, from 0 to 1.
  const show = (part) => {
    played = part;
    const at = left + part * (right - left);
    clip.setAttribute('width', px(part < 1 ? at : right + 8));
    cursor.setAttribute('d', heights.map(([top, bottom]) => `M${px(at)},${px(top)}V${px(bottom)}`).join(''));
    cursor.setAttribute('visibility', part < 1 ? 'visible' : 'hidden');
  };

  const controls = d.createElement('div'), clock = d.createElement('output'), play = d.createElement('button');
  controls.className = 'pick';
  play.type = 'button';
  const select = (name, options, value, change) => {
    const label = d.createElement('label'), list = d.createElement('select');
    for (const [key, text] of options) list.add(new Option(text, key, false, String(key) === String(value)));
    list.addEventListener('change', () => change(list.value));
    label.append(name, list);
    return label;
  };
  let frame = 0;
  const says = () => {
    const of = `${(played * until / 1000).toFixed(2)} of ${(until / 1000).toFixed(2)} ms`;
    const slower = Math.round(PLAYS * 1000 / until / 10) * 10;
    play.textContent = frame ? 'Pause' : still.matches ? (played < 1 ? 'Next step' : 'Step by step') : played < 1 ? 'Go on' : 'Play slowly';
    clock.textContent = played < 1 ? of + (still.matches ? '' : `, ${slower.toLocaleString('en')} times slower`) : '';
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    says();
  };
  const run = () => {
    const from = played < 1 ? played : 0;
    let began;
    const tick = (now) => {
      began = began === undefined ? now : began;
      show(Math.min(1, from + (now - began) / PLAYS));
      frame = played < 1 ? requestAnimationFrame(tick) : 0;
      says();
    };
    frame = requestAnimationFrame(tick);
    says();
  };
  play.addEventListener('click', () => {
    if (frame) return stop();
    if (!still.matches) return run();
    show(played < 1 ? Math.min(1, played + 1 / STEPS) : 1 / STEPS);
    says();
  });
  const build = () => {
    const names = load.models.map((one) => [one.id, one.name]);
    const lists = pair.map((id, index) => select(pair.length < 2 ? 'Model' : index ? 'Below' : 'Above', names, id, (value) => {
      pair[index] = Number(value);
      stop();
      draw();
      says();
    }));
    const which = loads.map((one, index) => [index, one.label]);
    if (loads.length > 1) lists.unshift(select('Load', which, loads.indexOf(load), (value) => {
      load = loads[value];
      const known = pair.filter((id) => load.models.some((one) => one.id === id));
      pair = known.length === pair.length ? pair : load.pick.slice();
      section.querySelector('h2').textContent = `Who waits for whom, with ${load.label}?`;
      stop();
      draw();
      build();
      controls.querySelector('select').focus();
    }));
    controls.replaceChildren(...lists, play, clock);
    says();
  };
  section.querySelector('.panels').prepend(controls);
  draw();
  build();
})();
