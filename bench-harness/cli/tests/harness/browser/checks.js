// What is wrong with the page as it is drawn now: a list of sentences.
(() => {
  const wrong = [];
  const name = (part) => `"${part.textContent.trim().slice(0, 40)}"`;
  const apart = (a, b, slack) => a.right - slack <= b.left || b.right - slack <= a.left || a.bottom - slack <= b.top || b.bottom - slack <= a.top;
  // Elements that are seen with their boxes, from the top down.
  const boxesOf = (parts) =>
    [...parts]
      .map((part) => [part, part.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && box.height > 0)
      .sort(([, a], [, b]) => a.top - b.top);
  const overlaps = (boxes, slackOf) =>
    boxes.forEach(([part, box], index) => {
      for (let next = index + 1; next < boxes.length; next += 1) {
        const [other, its] = boxes[next];
        // No box further down reaches this one.
        if (its.top >= box.bottom) break;
        const nested = part.contains(other) || other.contains(part);
        if (!nested && !apart(box, its, slackOf(box))) wrong.push(`${name(part)} overlaps ${name(other)}`);
      }
    });

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} pixels wide in a window of ${innerWidth}`);

  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    const texts = boxesOf(svg.querySelectorAll('text'));
    for (const [part, box] of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1) {
        wrong.push(`${name(part)} leaves its figure`);
      }
    }
    // Line boxes are higher than letters: they may touch by a sixth.
    overlaps(texts, (box) => box.height / 6);
  }

  const blocks = [...document.querySelectorAll('h1, h2, h3, p, li, dt, dd, summary, caption, .panels svg')];
  overlaps(boxesOf(blocks.filter((part) => part.checkVisibility())), () => 3);
  return wrong.slice(0, 20);
})()
