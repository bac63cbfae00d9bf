// What is wrong with the page as it is drawn now: a list of sentences.
(() => {
  const wrong = [];
  const seen = (box) => box.width > 0 && box.height > 0;
  const name = (part) => `"${part.textContent.trim().slice(0, 40)}"`;
  const apart = (a, b, slack) => a.right - slack <= b.left || b.right - slack <= a.left || a.bottom - slack <= b.top || b.bottom - slack <= a.top;

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} pixels wide in a window of ${innerWidth}`);

  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map((part) => [part, part.getBoundingClientRect()]).filter(([, box]) => seen(box));
    // Line boxes are higher than letters: they may touch by a sixth.
    texts.forEach(([part, box], index) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        wrong.push(`${name(part)} leaves its figure`);
      }
      for (const [other, its] of texts.slice(index + 1)) {
        if (!apart(box, its, box.height / 6)) wrong.push(`${name(part)} overlaps ${name(other)}`);
      }
    });
  }

  const blocks = [...document.querySelectorAll('h1, h2, h3, p, li, dt, dd, summary, caption, .panels svg')];
  const boxes = blocks.filter((part) => part.checkVisibility()).map((part) => [part, part.getBoundingClientRect()]).filter(([, box]) => seen(box));
  boxes.forEach(([part, box], index) => {
    for (const [other, its] of boxes.slice(index + 1)) {
      if (!part.contains(other) && !apart(box, its, 3)) wrong.push(`${name(part)} overlaps ${name(other)}`);
    }
  });
  return wrong.slice(0, 20);
})()
