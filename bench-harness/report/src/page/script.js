(() => {
  const d = document, all = (s) => [...d.querySelectorAll(s)];
  d.documentElement.classList.add('js');
  // Names in the legend become buttons that show and hide a contender in all figures.
  for (const name of all('[data-m]')) {
    const button = d.createElement('button');
    button.type = 'button';
    button.dataset.m = name.dataset.m;
    button.setAttribute('aria-pressed', 'true');
    button.append(...name.childNodes);
    name.replaceWith(button);
  }
  const buttons = all('button[data-m]');
  const who = (button) => button.dataset.m.split(' ');
  const press = (button, on) => button.setAttribute('aria-pressed', on);
  const pressed = (button) => button.getAttribute('aria-pressed') === 'true';
  d.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-m]');
    if (!button) return;
    const on = !pressed(button);
    press(button, on);
    for (const m of who(button)) {
      for (const part of all('main .m' + m)) part.classList.toggle('off', !on);
      for (const one of buttons) if (one.dataset.m === m) press(one, on);
    }
    for (const family of buttons) {
      if (who(family).length > 1) press(family, buttons.some((one) => pressed(one) && who(one).length === 1 && who(family).includes(one.dataset.m)));
    }
  });
  // What is pointed at says its value.
  const tip = d.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  d.body.append(tip);
  d.addEventListener('pointermove', (event) => {
    const part = event.target.closest && event.target.closest('[data-v]');
    tip.hidden = !part;
    if (!part) return;
    const name = buttons.find((one) => who(one).length === 1 && part.closest('.m' + one.dataset.m));
    tip.textContent = (name && !part.dataset.v.startsWith(name.textContent) ? name.textContent + ': ' : '') + part.dataset.v;
    tip.style.left = Math.max(4, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 4)) + 'px';
    tip.style.top = (event.clientY > 60 ? event.clientY - tip.offsetHeight - 10 : event.clientY + 16) + 'px';
  });
})();
