// What the reader chose: which load, order, baseline, filter and contenders. It stands in the address, so that a link leads to the same
// view and the back button works. `echolab:state` says that it changed.
(() => {
  const d = document, { data } = echolab;
  if (!data || !data.loads.length) return;
  const start = () => ({ load: data.loads[0].id, by: null, down: false, baseline: data.baseline, find: '', column: null, only: null, picked: undefined });
  const state = start();
  echolab.state = state;
  const idOf = (name) => data.models.indexOf(name);
  const names = (ids) => ids.map((id) => data.models[id]).join(',');
  const ids = (text) => text.split(',').map(idOf).filter((id) => id >= 0);
  const isColumn = (name) => ['name', 'word', 'server_cpu', 'memory_per_connection'].includes(name) || data.loads.some((load) => load.metrics.includes(name));

  const address = () => {
    const parts = new URLSearchParams({ load: state.load });
    if (state.by) parts.set('by', (state.down ? '-' : '') + state.by);
    if (state.baseline !== data.baseline) parts.set('against', data.models[state.baseline]);
    if (state.find) parts.set('find', state.find);
    if (state.column) parts.set('column', state.column);
    if (state.only) parts.set('only', names(state.only));
    if (state.picked) parts.set('lines', names(state.picked));
    return '#' + parts.toString().replaceAll('%2C', ',');
  };
  // What a part of an address means; nothing where it means nothing on this page.
  const readers = {
    load: (text) => data.loads.some((load) => String(load.id) === text) && { load: Number(text) },
    by: (text) => isColumn(text.replace(/^-/, '')) && { by: text.replace(/^-/, ''), down: text.startsWith('-') },
    against: (text) => idOf(text) >= 0 && !(idOf(text) in data.twins) && { baseline: idOf(text) },
    find: (text) => ({ find: text.slice(0, 100) }),
    column: (text) => isColumn(text) && { column: text },
    only: (text) => ids(text).length > 0 && { only: ids(text) },
    lines: (text) => ({ picked: ids(text) }),
  };
  // The state of an address; `null` for the address of a section, or without any part that means something.
  const read = (hash) => {
    if (hash.length < 2) return start();
    const known = [...new URLSearchParams(hash.slice(1))].map(([name, text]) => Object.hasOwn(readers, name) && readers[name](text)).filter(Boolean);
    return known.length ? Object.assign(start(), ...known) : null;
  };
  const announce = (why) => d.dispatchEvent(new CustomEvent('echolab:state', { detail: why }));

  // Changes parts of the state. `isTyping` keeps the back button from going through every letter.
  echolab.change = (parts, isTyping) => {
    Object.assign(state, parts);
    if (isTyping) location.replace(address());
    else if (location.hash !== address()) location.hash = address();
    announce('reader');
  };
  echolab.address = address;
  d.addEventListener('echolab:state', (event) => {
    if (event.detail === 'picked' && location.hash !== address()) location.hash = address();
  });
  addEventListener('hashchange', () => {
    const before = address(), found = read(location.hash);
    if (!found) return;
    Object.assign(state, found);
    if (address() !== before) announce('address');
  });
  const found = location.hash.includes('=') && read(location.hash);
  if (found) Object.assign(state, found);
  echolab.isLinked = Boolean(found);
})();
